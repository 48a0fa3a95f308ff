"""`lancang node restored`: what to look at after a restore, and the word that lets the node serve again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.confirm import confirmed
from node.cli.connection import SHORT_SECONDS, channel_of
from node.cli.invocation import Invocation, examples, invocation
from node.cli.screen import console, echo_json, iso, local, table

if TYPE_CHECKING:
    from node.config import Home
    from node.v1.operator_restored_pb2 import GetRestoredResponse

_LOST = (
    "What was decided after the backup is not here, and nobody else knows it. Before you let the node go:",
    "  - suspend again every member that was suspended since: lancang peer suspend CN --reason ...",
    "  - revoke again every officer that was revoked since: lancang operator revoke ID",
    "  - read whether the roster is the newest one, by another way: lancang roster show",
)


def restored(
    context: typer.Context,
    confirm: Annotated[bool, typer.Option("--confirm", help="Let the node serve: all of it was looked at.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """After a restore: show what to look at, and with --confirm let the node serve.

    Until then it answers no member and no search: whoever was suspended or revoked since the backup would be let in.
    """
    at = invocation(context)
    found = look(at)
    if as_json and not confirm:
        echo_json(_json(found))
        return
    if not found.held:
        typer.echo("This node is not held after a restore. Nothing is to be done.")
        return
    rows = [
        ("backup of", f"{local(found.backup_ms)}, after {found.acts} acts"),
        ("roster in force", f"version {found.roster_version}, until {local(found.roster_expires_ms)}"),
        ("suspended here", ", ".join(found.suspended).upper() or "nobody"),
        ("officers believed", ", ".join(found.officers) or "nobody"),
        ("members not heard", ", ".join(found.not_heard).upper() or "none"),
    ]
    table(console(at), ("What", "As it is now"), rows)
    if not confirm:
        for line in (*_LOST, "Then: lancang node restored --confirm"):
            typer.echo(line)
        return
    confirmed("Let this node serve members and officers, as it is now?", yes=yes)
    from node.v1 import operator_restored_pb2 as messages
    from node.v1.operator_restored_pb2_grpc import OperatorRestoredServiceStub

    with channel_of(at, "administrator") as channel:
        OperatorRestoredServiceStub(channel).ConfirmRestored(messages.ConfirmRestoredRequest(), timeout=SHORT_SECONDS)
    typer.echo("The node serves. For a day the members are told that their budget is spent.")


def look(at: Invocation) -> GetRestoredResponse:
    """What the running node says of its restore."""
    from node.v1 import operator_restored_pb2 as messages
    from node.v1.operator_restored_pb2_grpc import OperatorRestoredServiceStub

    with channel_of(at, "administrator") as channel:
        return OperatorRestoredServiceStub(channel).GetRestored(messages.GetRestoredRequest(), timeout=SHORT_SECONDS)


def waits_for(home: Home) -> str:
    """Whom a restored node waits to hear before it opens its doors, in words; '' if it does not wait."""
    from node.cli.running import is_node_of

    try:
        told = json.loads(home.waiting.read_text(encoding="utf-8"))
        if not is_node_of(int(told["pid"]), home):
            return ""
        return ", ".join(f"{name.upper()} ({why})" for name, why in told["missing"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""


def _json(found: GetRestoredResponse) -> dict[str, object]:
    if not found.held:
        return {"version": 1, "held": False}
    return {
        "version": 1,
        "held": True,
        "backup": iso(found.backup_ms),
        "acts": found.acts,
        "roster_version": found.roster_version,
        "roster_expires": iso(found.roster_expires_ms),
        "suspended": list(found.suspended),
        "officers": list(found.officers),
        "not_heard": list(found.not_heard),
    }


def add_to(app: typer.Typer) -> None:
    """Add the command to `lancang node`."""
    app.command(
        "restored",
        epilog=examples(
            "lancang --home DIR/th node restored",
            "lancang --home DIR/th node restored --confirm",
            exits="0 shown, or let go; 24 not confirmed: nothing was changed",
        ),
    )(restored)
