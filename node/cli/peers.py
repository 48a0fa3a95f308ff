"""`lancang peers`: the other members as this node sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.connection import SHORT_SECONDS, operator
from node.cli.invocation import examples, invocation
from node.cli.screen import console, echo_json, iso, seen_at, table

if TYPE_CHECKING:
    from node.v1 import operator_pb2


def peers(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List the other members: reachable or not, how fresh their index is, what may still be asked today."""
    from node.v1 import operator_pb2

    at = invocation(context)
    with operator(at) as node:
        found = node.ListPeers(operator_pb2.ListPeersRequest(), timeout=SHORT_SECONDS).peers
    if as_json:
        echo_json({"version": 1, "peers": [_json(peer) for peer in found]})
        return
    rows = [
        (
            peer.node_id.upper(),
            peer.name if peer.role == "member" else f"{peer.name} ({peer.role})",
            peer.endpoint,
            peer.state,
            f"{peer.epoch} / {peer.seq}" if peer.epoch else "",
            seen_at(peer.as_of_ms),
            str(peer.roster_version or ""),
            str(peer.budget_left_day),
            str(peer.budget_left_here_day),
        )
        for peer in found
    ]
    to = console(at)
    columns = ("Node", "Name", "Endpoint", "State", "Epoch / batch", "As of", "Roster", "We may ask", "They may ask")
    table(to, columns, rows)
    for peer in found:
        if peer.code:
            typer.echo(f"{peer.node_id.upper()}: {peer.code} {peer.reason}")
    typer.echo("What may be asked: evaluations left today; a search takes as many as the roster's ask size.")


def _json(peer: operator_pb2.Peer) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "node": peer.node_id,
        "name": peer.name,
        "role": peer.role,
        "endpoint": peer.endpoint,
        "state": peer.state,
    }
    if peer.code:
        shown |= {"code": peer.code, "reason": peer.reason}
    if peer.epoch:
        shown |= {"epoch": peer.epoch, "seq": peer.seq, "postings": peer.postings}
    if peer.roster_version:
        shown["roster_version"] = peer.roster_version
    if peer.as_of_ms:
        shown["as_of"] = iso(peer.as_of_ms)
    return shown | {"budget_left_day": peer.budget_left_day, "budget_left_here_day": peer.budget_left_here_day}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("peers", epilog=examples("lancang --home DIR/cn peers", "lancang --home DIR/cn peers --json"))(peers)
