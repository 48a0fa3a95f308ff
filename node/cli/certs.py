"""`lancang certs`: renew what this member's own CA issued, while the node runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.failures import usage
from node.cli.invocation import examples, invocation, noun

if TYPE_CHECKING:
    from certs.reading import LeafIdentity

app = noun("Certificates of this node and its officers.")


@app.command(
    epilog=examples("lancang --home DIR/th certs renew", "lancang --home DIR/th certs renew --officer analyst")
    + "\n\nNeeds the node's secret and the directory authority/ in the home for as long as it takes."
)
def renew(
    context: typer.Context,
    officer: Annotated[
        list[str] | None, typer.Option("--officer", help="Only this officer's. May be repeated. Default: all.")
    ] = None,
) -> None:
    """Renew the node's certificate and its officers'. The keys stay; nothing needs a restart."""
    from node.acts.membership.renew import officers_of, renew_node_certificate, renew_officer_certificate
    from node.cli.secret import secret_of
    from node.clock import SystemClock

    home = invocation(context).the_home()
    secret, now = secret_of(home), SystemClock().now_ms()
    if not officer:
        _say(renew_node_certificate(home, secret, now))
    for one in officer or officers_of(home):
        _say(renew_officer_certificate(home, one, secret, now))


@app.command("add-officer", epilog=examples("lancang --home DIR/th certs add-officer somchai --role analyst"))
def add_officer(
    context: typer.Context,
    officer: Annotated[str, typer.Argument(help="The new officer's id: lower-case letters, digits, hyphens.")],
    role: Annotated[str, typer.Option("--role", help="analyst, approver, auditor or administrator.")],
) -> None:
    """Give a new officer of this node a key and a certificate."""
    from node.acts.membership.renew import add_officer as add
    from node.cli.secret import secret_of
    from node.clock import SystemClock
    from node.model.officer import OFFICER_ROLES, Role

    if role not in {one.value for one in OFFICER_ROLES}:
        raise usage(f"--role: one of {', '.join(sorted(one.value for one in OFFICER_ROLES))}")
    home = invocation(context).the_home()
    _say(add(home, officer, Role(role), secret_of(home), SystemClock().now_ms()))


@app.command(
    "revoke-officer",
    epilog=examples("lancang --home DIR/th certs revoke-officer somchai")
    + "\n\nNeeds neither secret nor authority. A running node reads the list at the next call, also of open streams.",
)
def revoke_officer(context: typer.Context, officer: Annotated[str, typer.Argument(help="The officer's id.")]) -> None:
    """Believe an officer's certificate no more, at once, and remove it and its key from the home."""
    from node.acts.membership.revocations import revoke_officer as revoke
    from node.clock import SystemClock

    done = revoke(invocation(context).the_home(), officer, SystemClock().now_ms())
    typer.echo(
        f"officer {done.officer}: revoked, certificate {done.fingerprint[:16]}…; its key is removed from this home."
    )


def _say(leaf: LeafIdentity) -> None:
    who = f"officer {leaf.officer_id} ({leaf.role})" if leaf.officer_id else f"node {leaf.node_id}"
    typer.echo(f"{who}: valid until {leaf.not_after:%Y-%m-%d %H:%M} UTC")
