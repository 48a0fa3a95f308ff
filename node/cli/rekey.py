"""`lancang node rekey`: new keys for a node, to be taken up with the roster that names them."""

from __future__ import annotations

from typing import Annotated

import typer

from node.cli.invocation import examples, invocation


def rekey(
    context: typer.Context,
    new_authority: Annotated[
        bool, typer.Option("--new-authority", help="A new CA too; certificates of the old one end with the roster.")
    ] = False,
) -> None:
    """Make new signing, sealing and TLS keys beside the present ones. They hold once a roster names them."""
    from node.acts.membership.next_keys import prepare_next_keys
    from node.cli.secret import secret_of
    from node.clock import SystemClock
    from node.config import Home, load_settings

    home = invocation(context).the_home()
    node_id = load_settings(home).node_id
    prepare_next_keys(home, node_id, secret_of(home), SystemClock().now_ms(), new_authority=new_authority)
    entry = Home(home.next).member
    typer.echo(entry.read_text(encoding="utf-8"), nl=False)
    typer.echo(f"New keys wait in {home.next}. Send {entry} to the coordinator (public).", err=True)
    typer.echo("The present keys hold until this node takes up the roster that names the new ones.", err=True)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "rekey",
        epilog=examples("lancang --home DIR/th node rekey", "lancang --home DIR/th node rekey --new-authority")
        + "\n\nNeeds the node's secret, and authority/ in the home unless --new-authority makes another. The entry it "
        "prints revokes the node's present certificate.",
    )(rekey)
