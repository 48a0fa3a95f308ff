"""OperatorAlarmsService: what looks like probing, and who has looked into it."""

from __future__ import annotations

from typing import Any

from node.acts.probing.alarms import acknowledge_alarm, list_alarms
from node.acts.runtime.node import Node
from node.model.alarm import Alarm
from node.services.gate import Call, Method
from node.v1 import operator_alarms_pb2 as messages


def alarm_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of alarms."""

    async def listed(request: messages.ListAlarmsRequest, _call: Call) -> messages.ListAlarmsResponse:
        found = await list_alarms(node, acknowledged=request.acknowledged)
        return messages.ListAlarmsResponse(alarms=map(_message, found))

    async def acknowledged(request: messages.AcknowledgeAlarmRequest, call: Call) -> messages.AcknowledgeAlarmResponse:
        seen = await acknowledge_alarm(node, request.alarm_no, request.note, call.caller.name)
        return messages.AcknowledgeAlarmResponse(alarm=_message(seen))

    service = "/node.v1.OperatorAlarmsService"
    return (
        Method(f"{service}/ListAlarms", messages.ListAlarmsRequest, listed, most_bytes=256),
        Method(f"{service}/AcknowledgeAlarm", messages.AcknowledgeAlarmRequest, acknowledged, most_bytes=2_048),
    )


def _message(alarm: Alarm) -> messages.Alarm:
    return messages.Alarm(
        alarm_no=alarm.alarm_no,
        kind=alarm.concern.kind.value,
        meaning=alarm.concern.kind.meaning,
        peer=alarm.concern.peer,
        officer=alarm.concern.officer,
        number=alarm.number,
        threshold=alarm.threshold,
        first_ms=alarm.first_ms,
        last_ms=alarm.last_ms,
        acknowledged_ms=alarm.acknowledged_ms,
        acknowledged_by=alarm.acknowledged_by,
        note=alarm.note,
    )
