"""See the alarms, and say that one has been looked into: by name, with a note, for good."""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.membership.suspend import checked_reason
from node.acts.probing.watch_probing import show_alarms
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.model.alarm import Alarm
from node.storage import alarms

MOST_SHOWN = 500


async def list_alarms(node: Node, *, acknowledged: bool) -> list[Alarm]:
    """Open alarms, newest first; acknowledged ones too if wanted."""
    return await node.read(lambda connection: alarms.newest(connection, MOST_SHOWN, acknowledged=acknowledged))


async def acknowledge_alarm(node: Node, alarm_no: int, note: str, officer: str) -> Alarm:
    """Close an alarm. What it counted is not counted again. Raises LancangError(INPUT_INVALID)."""
    why, now = checked_reason(note), node.clock.now_ms()

    def store(connection: Connection) -> Alarm:
        seen = alarms.acknowledge(connection, alarm_no, officer, why, now)
        if seen is None:
            raise _none_open(alarms.get(connection, alarm_no), alarm_no)
        detail: Detail = {"alarm": alarm_no, "kind": seen.concern.kind.value, "note": why}
        record_act(connection, ActKind.ALARM_ACKNOWLEDGED, officer, seen.concern.peer, now, detail)
        return seen

    seen = await node.write(store)
    await show_alarms(node)
    return seen


def _none_open(known: Alarm | None, alarm_no: int) -> LancangError:
    if known is None:
        return LancangError(Code.INPUT_INVALID, f"alarm: there is no alarm {alarm_no}", remedy="`lancang alarms list`.")
    return LancangError(
        Code.INPUT_INVALID, f"alarm: {known.acknowledged_by} has acknowledged it", remedy="`lancang alarms list --all`."
    )
