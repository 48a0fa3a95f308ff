"""`lancang alarms`: what looks like probing, at peers and at this node's own officers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acts import shortened
from node.cli.connection import SHORT_SECONDS, channel_of
from node.cli.invocation import Invocation, examples, invocation, noun
from node.cli.screen import console, echo_json, iso, local, table

if TYPE_CHECKING:
    from node.v1.operator_alarms_pb2 import Alarm
    from node.v1.operator_alarms_pb2_grpc import OperatorAlarmsServiceStub

app = noun("Alarms: what looks like probing. List them, and say that one has been looked into.")


@app.command(
    "list",
    epilog=examples(
        "lancang --home DIR/th --as auditor alarms list",
        "lancang --home DIR/th --as administrator alarms list --all --json",
    ),
)
def list_(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Those that were acknowledged, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Show open alarms, newest first: what was counted, of whom, and from which number on it is one."""
    from node.v1 import operator_alarms_pb2 as messages

    at = invocation(context)
    with _alarms(at) as node:
        found = node.ListAlarms(messages.ListAlarmsRequest(acknowledged=every), timeout=SHORT_SECONDS).alarms
    if as_json:
        echo_json({"version": 1, "alarms": [_json(alarm) for alarm in found]})
        return
    if not found:
        typer.echo("No alarm." if every else "No open alarm.")
        return
    rows = [
        (
            str(alarm.alarm_no),
            local(alarm.last_ms),
            alarm.meaning,
            alarm.peer.upper(),
            shortened(alarm.officer),
            f"{alarm.number} (from {alarm.threshold})",
            f"{alarm.acknowledged_by}: {alarm.note}" if alarm.acknowledged_ms else "",
        )
        for alarm in found
    ]
    heads = ("No", "Last", "What", "Peer", "Officer", "Counted", "Acknowledged")
    table(console(at), heads if every else heads[:-1], rows if every else [row[:-1] for row in rows])


@app.command(
    epilog=examples(
        'lancang --home DIR/th --as auditor alarms ack 3 --note "asked CN: a joint raid that night"',
        exits="0 acknowledged",
    )
    + "\n\nThe note stands in the log of acts: name no person in it."
)
def ack(
    context: typer.Context,
    number: Annotated[int, typer.Argument(min=1, max=2**53, help="The alarm's number.")],
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What you found out; 1 to 200 characters.")],
) -> None:
    """Say that an alarm has been looked into. What it counted is not counted again."""
    from node.v1 import operator_alarms_pb2 as messages

    with _alarms(invocation(context)) as node:
        request = messages.AcknowledgeAlarmRequest(alarm_no=number, note=note)
        seen = node.AcknowledgeAlarm(request, timeout=SHORT_SECONDS).alarm
    typer.echo(f"Acknowledged: alarm {seen.alarm_no}, {seen.kind}.")


@contextmanager
def _alarms(at: Invocation) -> Iterator[OperatorAlarmsServiceStub]:
    from node.v1.operator_alarms_pb2_grpc import OperatorAlarmsServiceStub

    with channel_of(at, "auditor") as channel:
        yield OperatorAlarmsServiceStub(channel)


def _json(alarm: Alarm) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "alarm": alarm.alarm_no,
        "kind": alarm.kind,
        "meaning": alarm.meaning,
        "peer": alarm.peer,
        "officer": alarm.officer,
        "number": alarm.number,
        "threshold": alarm.threshold,
        "first": iso(alarm.first_ms),
        "last": iso(alarm.last_ms),
    }
    if not alarm.acknowledged_ms:
        return shown
    seen = {"acknowledged": iso(alarm.acknowledged_ms), "acknowledged_by": alarm.acknowledged_by, "note": alarm.note}
    return shown | seen
