"""`lancang certs`: renew what this member's own CA issued, while the node runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.invocation import examples, invocation, noun

if TYPE_CHECKING:
    from certs.reading import LeafIdentity

app = noun("Certificates of this node and its officers: renew them. Who is an officer: `lancang operator`.")


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
        say(renew_node_certificate(home, secret, now))
    for one in officer or officers_of(home):
        say(renew_officer_certificate(home, one, secret, now))


def say(leaf: LeafIdentity) -> None:
    """Say whose certificate it is, and until when it holds."""
    who = f"officer {leaf.officer_id} ({leaf.role})" if leaf.officer_id else f"node {leaf.node_id}"
    typer.echo(f"{who}: valid until {leaf.not_after:%Y-%m-%d %H:%M} UTC")
