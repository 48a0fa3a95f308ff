"""`lancang operator`: who is an officer of this node, and in which one role: so that nobody decides alone."""

from __future__ import annotations

from typing import Annotated

import typer

from node.cli.certs import say
from node.cli.failures import usage
from node.cli.invocation import examples, invocation, noun
from node.cli.screen import console, echo_json, table

app = noun("Officers of this node: give one a certificate, list them, revoke one at once.")


@app.command(
    epilog=examples("lancang --home DIR/th operator add somchai --role analyst", exits="0 added")
    + "\n\nNeeds the node's secret and the directory authority/ in the home for as long as it takes."
)
def add(
    context: typer.Context,
    officer: Annotated[str, typer.Argument(help="The new officer's id: lower-case letters, digits, hyphens.")],
    role: Annotated[str, typer.Option("--role", help="analyst, approver, auditor or administrator.")],
) -> None:
    """Give a new officer of this node a key and a certificate. An id has one role."""
    from node.acts.membership.renew import add_officer
    from node.cli.secret import secret_of
    from node.clock import SystemClock
    from node.model.officer import OFFICER_ROLES, Role

    if role not in {one.value for one in OFFICER_ROLES}:
        raise usage(f"--role: one of {', '.join(sorted(one.value for one in OFFICER_ROLES))}")
    home = invocation(context).the_home()
    say(add_officer(home, officer, Role(role), secret_of(home), SystemClock().now_ms()))


@app.command(
    "list", epilog=examples("lancang --home DIR/th operator list", "lancang --home DIR/th operator list --json")
)
def list_(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False
) -> None:
    """Show the officers of this home with their roles, and whose certificates are revoked."""
    from certs.reading import claimed_identity
    from node.acts.founding.authority_files import pem_to_der
    from node.acts.membership.renew import officers_of
    from node.acts.membership.revocations import read_revocations

    at = invocation(context)
    home = at.the_home()
    leaves = {
        officer: claimed_identity(pem_to_der(home.officer_certificate(officer).read_bytes()))
        for officer in officers_of(home)
    }
    revoked = read_revocations(home)
    if as_json:
        echo_json(
            {
                "version": 1,
                "officers": [
                    {"officer": officer, "role": leaf.role, "until": leaf.not_after.isoformat()}
                    for officer, leaf in leaves.items()
                ],
                "revoked": [{"officer": one.officer, "fingerprint": one.fingerprint} for one in revoked],
            }
        )
        return
    rows = [(officer, leaf.role or "", f"{leaf.not_after:%Y-%m-%d}", "") for officer, leaf in leaves.items()]
    rows += [(one.officer, "", "", f"revoked, certificate {one.fingerprint[:16]}") for one in revoked]
    table(console(at), ("Officer", "Role", "Until", ""), rows)


@app.command(
    epilog=examples("lancang --home DIR/th operator revoke somchai", exits="0 revoked")
    + "\n\nNeeds neither secret nor authority. A running node reads the list at the next call, also of open streams."
)
def revoke(context: typer.Context, officer: Annotated[str, typer.Argument(help="The officer's id.")]) -> None:
    """Believe an officer's certificate no more, at once. His approvals that wait for a second one count no more."""
    from node.acts.membership.revocations import revoke_officer
    from node.clock import SystemClock

    done = revoke_officer(invocation(context).the_home(), officer, SystemClock().now_ms())
    typer.echo(
        f"officer {done.officer}: revoked, certificate {done.fingerprint[:16]}…; its key is removed from this home."
    )
