"""`lancang correction`: what this node has corrected and who has not acknowledged it; what came to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.connection import SHORT_SECONDS, channel_of
from node.cli.invocation import examples, invocation, noun
from node.cli.screen import console, echo_json, iso, local, table

if TYPE_CHECKING:
    from node.v1.operator_corrections_pb2 import CameCorrection, SentCorrection

app = noun("Corrections: a record that changed or is gone follows everyone who was given it.")


@app.callback()
def corrections() -> None:
    """Keep it a noun with one verb."""


@app.command(
    "list",
    epilog=examples("lancang --home DIR/th correction list", "lancang --home DIR/cn correction list --all --json"),
)
def list_(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Acknowledged ones too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Show corrections written here that are outstanding, for whom and since when; and those that came here."""
    from node.v1 import operator_corrections_pb2 as messages
    from node.v1.operator_corrections_pb2_grpc import OperatorCorrectionsServiceStub

    at = invocation(context)
    with channel_of(at, "analyst") as channel:
        node = OperatorCorrectionsServiceStub(channel)
        found = node.ListCorrections(messages.ListCorrectionsRequest(every=every), timeout=SHORT_SECONDS)
    if as_json:
        shown = {"sent": [_sent_json(one) for one in found.sent], "came": [_came_json(one) for one in found.came]}
        echo_json({"version": 1} | shown)
        return
    to = console(at)
    if found.sent:
        rows = [
            (one.request_id[:8], one.requester.upper(), f"{one.number}: {one.kind}", local(one.made_ms), _stands(one))
            for one in found.sent
        ]
        table(to, ("Request", "For", "Correction", "Since", "State"), rows)
    else:
        typer.echo("No correction was written here." if every else "Every correction written here is acknowledged.")
    if found.came:
        came = [
            (one.request_id[:8], one.owner.upper(), f"{one.number}: {one.kind}", local(one.received_ms), _seen(one))
            for one in found.came
        ]
        table(to, ("Request", "From", "Correction", "Came", "Seen"), came)


def _stands(one: SentCorrection) -> str:
    """Acknowledged, or why not yet."""
    if one.state == "delivered":
        return f"acknowledged {local(one.settled_ms)}"
    if one.state == "refused":
        return f"REFUSED there: {one.error} {one.reason}".rstrip()
    if one.state == "returned":
        return "OUTSTANDING: has left the alliance, tell them by another way"
    return f"OUTSTANDING, tried {one.attempts} times {one.error}".rstrip()


def _seen(one: CameCorrection) -> str:
    return local(one.seen_ms) if one.seen_ms else "not yet"


def _sent_json(one: SentCorrection) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "request_id": one.request_id,
        "requester": one.requester,
        "number": one.number,
        "kind": one.kind,
        "since": iso(one.made_ms),
        "state": one.state,
        "outstanding": one.state != "delivered",
    }
    if one.state == "delivered":
        shown["acknowledged"] = iso(one.settled_ms)
    if one.error:
        shown["code"] = one.error
    return shown


def _came_json(one: CameCorrection) -> dict[str, Any]:
    return {
        "request_id": one.request_id,
        "owner": one.owner,
        "number": one.number,
        "kind": one.kind,
        "made": iso(one.made_ms),
        "received": iso(one.received_ms),
        "seen": iso(one.seen_ms) if one.seen_ms else None,
    }
