"""Exclusions as they are kept: found by the marks of a subject, and by those of a record's tags or by its row."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from node.crypto.sealing import Place, Sealer
from node.errors import Code, LancangError
from node.model.exclusion import Exclusion, ExclusionGround, ExclusionSide
from node.storage.schema_exclusions import exclusion, exclusion_subject, exclusion_tag

_AT_ONCE = 500


def add(connection: Connection, sealer: Sealer, one: Exclusion, subject_marks: Iterable[bytes]) -> None:
    """Keep an exclusion with the marks of whom it is about. One that is there already stays as it is."""
    if find(connection, sealer, one.exclusion_id) is not None:
        return
    connection.execute(
        insert(exclusion).values(
            exclusion_id=one.exclusion_id,
            side=one.side.value,
            peer=one.peer,
            officer=one.officer,
            ground=one.ground.value,
            made_ms=one.made_ms,
            removed_ms=one.removed_ms,
            row=one.row or None,
            body=_sealed(sealer, one),
        )
    )
    marks = [{"mark": mark, "exclusion_id": one.exclusion_id} for mark in dict.fromkeys(subject_marks)]
    if marks:
        connection.execute(insert(exclusion_subject), marks)


def find(connection: Connection, sealer: Sealer, exclusion_id: bytes) -> Exclusion | None:
    """The exclusion of that id, None if there is none."""
    row = connection.execute(select(exclusion).where(exclusion.c.exclusion_id == exclusion_id)).first()
    return None if row is None else _exclusion(sealer, row)


def named(connection: Connection, sealer: Sealer, beginning: str) -> Exclusion:
    """The standing one whose id begins so (hex). Raises LancangError EXCLUSION_UNKNOWN, INPUT_INVALID if several do."""
    found = [one for one in listed(connection, sealer) if one.exclusion_id.hex().startswith(beginning)]
    if not found or not beginning:
        raise LancangError(Code.EXCLUSION_UNKNOWN)
    if len(found) > 1:
        raise LancangError(Code.INPUT_INVALID, "several exclusions begin so", remedy="Give more of the id.")
    return found[0]


def listed(connection: Connection, sealer: Sealer, *, every: bool = False) -> list[Exclusion]:
    """Standing exclusions, or every one, the newest first."""
    query = select(exclusion).order_by(exclusion.c.made_ms.desc(), exclusion.c.exclusion_id)
    if not every:
        query = query.where(exclusion.c.removed_ms == 0)
    return [_exclusion(sealer, row) for row in connection.execute(query)]


def remove(connection: Connection, sealer: Sealer, one: Exclusion, now_ms: int, reason: str = "") -> None:
    """Take an exclusion back; that it stood is kept, with the reason why it no longer does."""
    now = replace(one, reason=f"{one.reason}; removed: {reason}" if reason else one.reason)
    standing = update(exclusion).where(exclusion.c.exclusion_id == one.exclusion_id, exclusion.c.removed_ms == 0)
    connection.execute(standing.values(removed_ms=now_ms, body=_sealed(sealer, now)))


def of_subjects(connection: Connection, marks: Collection[bytes]) -> dict[bytes, set[bytes]]:
    """The standing exclusions that each of these marks of subjects is in; others are absent."""
    found: dict[bytes, set[bytes]] = {}
    wanted = list(marks)
    for start in range(0, len(wanted), _AT_ONCE):
        query = (
            select(exclusion_subject.c.mark, exclusion_subject.c.exclusion_id)
            .join(exclusion, exclusion.c.exclusion_id == exclusion_subject.c.exclusion_id)
            .where(exclusion.c.removed_ms == 0, exclusion_subject.c.mark.in_(wanted[start : start + _AT_ONCE]))
        )
        for mark, exclusion_id in connection.execute(query):
            found.setdefault(mark, set()).add(exclusion_id)
    return found


def of_row(connection: Connection, peer: str, row: bytes, marks: Collection[bytes]) -> bytes | None:
    """At the owner: a standing exclusion of a record for a requester and any of these marks, or None."""
    query = (
        select(exclusion.c.exclusion_id)
        .join(exclusion_subject, exclusion_subject.c.exclusion_id == exclusion.c.exclusion_id)
        .where(exclusion.c.row == row, exclusion.c.peer == peer, exclusion.c.removed_ms == 0)
        .where(exclusion_subject.c.mark.in_(list(marks)))
    )
    found: bytes | None = connection.scalar(query.limit(1))
    return found


def add_tag(connection: Connection, exclusion_id: bytes, mark: bytes, owner: str, epoch: int) -> None:
    """Know an excluded record by one more mark of a tag."""
    known = select(exclusion_tag.c.mark).where(
        exclusion_tag.c.mark == mark, exclusion_tag.c.exclusion_id == exclusion_id
    )
    if connection.execute(known).first() is None:
        connection.execute(insert(exclusion_tag).values(mark=mark, exclusion_id=exclusion_id, owner=owner, epoch=epoch))


def tags_of(connection: Connection, exclusion_ids: Collection[bytes]) -> dict[bytes, set[bytes]]:
    """The marks of each of these exclusions' records."""
    query = select(exclusion_tag.c.exclusion_id, exclusion_tag.c.mark).where(
        exclusion_tag.c.exclusion_id.in_(list(exclusion_ids))
    )
    found: dict[bytes, set[bytes]] = {}
    for exclusion_id, mark in connection.execute(query):
        found.setdefault(exclusion_id, set()).add(mark)
    return found


def marks_of_owner(connection: Connection, owner: str, epoch: int) -> set[bytes]:
    """Every mark of an excluded record of an owner in an epoch."""
    query = select(exclusion_tag.c.mark).where(exclusion_tag.c.owner == owner, exclusion_tag.c.epoch == epoch)
    return set(connection.scalars(query))


def carry(connection: Connection, epoch: int, successors: Mapping[bytes, bytes]) -> None:
    """Let a record that is excluded under one mark be so under its successor too (old mark -> new, of that epoch)."""
    for old, new in successors.items():
        query = select(exclusion_tag.c.exclusion_id, exclusion_tag.c.owner).where(exclusion_tag.c.mark == old)
        for exclusion_id, owner in connection.execute(query).all():
            add_tag(connection, exclusion_id, new, owner, epoch)


def _sealed(sealer: Sealer, one: Exclusion) -> bytes:
    said = {"request": one.request.hex(), "reason": one.reason}
    return sealer.seal(json.dumps(said).encode(), _place(one.exclusion_id))


def _exclusion(sealer: Sealer, row: Row[Any]) -> Exclusion:
    said = json.loads(sealer.open(row.body, _place(row.exclusion_id)))
    return Exclusion(
        exclusion_id=row.exclusion_id,
        side=ExclusionSide(row.side),
        peer=row.peer,
        officer=row.officer,
        ground=ExclusionGround(row.ground),
        made_ms=row.made_ms,
        removed_ms=row.removed_ms,
        row=row.row or b"",
        request=bytes.fromhex(said["request"]),
        reason=said["reason"],
    )


def _place(exclusion_id: bytes) -> Place:
    return Place("exclusion", exclusion_id, "body")
