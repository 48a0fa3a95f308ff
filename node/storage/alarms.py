"""Alarms, kept until long after somebody has looked: one open at a time for each concern."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from node.model.alarm import Alarm, AlarmKind, Concern, Measured
from node.storage.schema_acts import alarm


def raise_alarm(connection: Connection, measured: Measured, ms: int) -> int | None:
    """Keep an alarm. Returns its number if it is new, None if one is open for this concern: that one grows."""
    concern = measured.concern
    query = select(alarm.c.alarm_no, alarm.c.number).where(
        alarm.c.kind == concern.kind,
        alarm.c.peer == concern.peer,
        alarm.c.officer == concern.officer,
        alarm.c.acknowledged_ms == 0,
    )
    there = connection.execute(query).first()
    if there is not None:
        if measured.number > there.number:
            grown = update(alarm).where(alarm.c.alarm_no == there.alarm_no)
            connection.execute(grown.values(number=measured.number, last_ms=ms))
        return None
    number = (connection.scalar(select(func.max(alarm.c.alarm_no))) or 0) + 1
    connection.execute(
        insert(alarm).values(
            alarm_no=number,
            kind=concern.kind.value,
            peer=concern.peer,
            officer=concern.officer,
            number=measured.number,
            threshold=measured.threshold,
            first_ms=ms,
            last_ms=ms,
            acknowledged_ms=0,
            acknowledged_by="",
            note="",
        )
    )
    return number


def acknowledge(connection: Connection, alarm_no: int, officer: str, note: str, ms: int) -> Alarm | None:
    """Say that somebody has looked. Returns the alarm as it was; None if there is no open one of that number."""
    row = connection.execute(select(alarm).where(alarm.c.alarm_no == alarm_no, alarm.c.acknowledged_ms == 0)).first()
    if row is None:
        return None
    seen = update(alarm).where(alarm.c.alarm_no == alarm_no)
    connection.execute(seen.values(acknowledged_ms=ms, acknowledged_by=officer, note=note))
    return _alarm(row)


def get(connection: Connection, alarm_no: int) -> Alarm | None:
    """The alarm of that number, None if there is none."""
    row = connection.execute(select(alarm).where(alarm.c.alarm_no == alarm_no)).first()
    return None if row is None else _alarm(row)


def newest(connection: Connection, limit: int, *, acknowledged: bool) -> list[Alarm]:
    """Open alarms, newest first and at most limit; acknowledged ones too if wanted."""
    query: Select[Any] = select(alarm).order_by(alarm.c.alarm_no.desc()).limit(limit)
    return [_alarm(row) for row in connection.execute(query if acknowledged else query.where(_OPEN))]


def open_by_kind(connection: Connection) -> dict[AlarmKind, int]:
    """How many are open of each kind."""
    query = select(alarm.c.kind, func.count()).where(_OPEN).group_by(alarm.c.kind)
    return {AlarmKind(kind): number for kind, number in connection.execute(query)}


def open_numbers(connection: Connection) -> dict[Concern, int]:
    """How much each open alarm has counted."""
    query = select(alarm.c.kind, alarm.c.peer, alarm.c.officer, alarm.c.number).where(_OPEN)
    return {
        Concern(AlarmKind(kind), peer, officer): number for kind, peer, officer, number in connection.execute(query)
    }


def acknowledged_since(connection: Connection, since_ms: int) -> dict[Concern, int]:
    """When each concern was last acknowledged, if that was after since_ms: what was seen is not counted again."""
    query = select(alarm.c.kind, alarm.c.peer, alarm.c.officer, func.max(alarm.c.acknowledged_ms))
    query = query.where(alarm.c.acknowledged_ms > since_ms).group_by(alarm.c.kind, alarm.c.peer, alarm.c.officer)
    return {Concern(AlarmKind(kind), peer, officer): ms for kind, peer, officer, ms in connection.execute(query)}


_OPEN = alarm.c.acknowledged_ms == 0


def _alarm(row: Row[Any]) -> Alarm:
    return Alarm(
        alarm_no=row.alarm_no,
        concern=Concern(AlarmKind(row.kind), row.peer, row.officer),
        number=row.number,
        threshold=row.threshold,
        first_ms=row.first_ms,
        last_ms=row.last_ms,
        acknowledged_ms=row.acknowledged_ms,
        acknowledged_by=row.acknowledged_by,
        note=row.note,
    )
