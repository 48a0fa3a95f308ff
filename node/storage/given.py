"""What this owner has given: of which record, in which version, and so whom a change of that record concerns.

An import becomes visible by one short UPDATE and names no record. So what changed is found afterwards, from what
was given: a version that is no longer how its record stands. That survives any crash, and costs a look-up for each
disclosure whose copy still lives, however many records there are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from node.crypto.sealing import Place, Sealer
from node.storage.schema_corrections import correction_out, given
from node.storage.schema_records import change_set, record_version

_STANDING = (
    select(record_version.c.version)
    .join(change_set, change_set.c.set_no == record_version.c.set_no)
    .where(record_version.c.row == given.c.row, change_set.c.visible_no.is_not(None))
    .order_by(change_set.c.visible_no.desc())
    .limit(1)
    .correlate(given)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True, repr=False)
class Given:
    """One disclosure at its owner. row: the record's; version: the newest looked at; number: of the last correction.

    request: SHA-256 of it; fields: names of those that were given; salt: of the content; told: SHA-256 of the content
    that the recipient knows. until_ms: when its copy is erased; ended_ms: when it was told to erase it, or 0.
    """

    request_id: bytes
    requester: str
    row: bytes
    version: int
    number: int
    given_ms: int
    until_ms: int
    ended_ms: int
    request: bytes
    fields: tuple[str, ...]
    salt: bytes
    told: bytes


def add(connection: Connection, sealer: Sealer, one: Given) -> None:
    """Remember what was given, in the transaction that gives it."""
    connection.execute(
        insert(given).values(
            request_id=one.request_id,
            requester=one.requester,
            row=one.row,
            version=one.version,
            number=one.number,
            given_ms=one.given_ms,
            until_ms=one.until_ms,
            ended_ms=one.ended_ms,
            body=_sealed(sealer, one),
        )
    )


def get(connection: Connection, sealer: Sealer, request_id: bytes) -> Given | None:
    """What was given under a request, None if nothing was."""
    row = connection.execute(select(given).where(given.c.request_id == request_id)).first()
    return None if row is None else _given(sealer, row)


def of_row(connection: Connection, sealer: Sealer, row: bytes) -> list[Given]:
    """Everything that was given of a record, the earliest first."""
    found = connection.execute(select(given).where(given.c.row == row).order_by(given.c.given_ms))
    return [_given(sealer, each) for each in found]


def changed(connection: Connection, now_ms: int, limit: int) -> list[bytes]:
    """Ids of requests whose record stands in another version than the one looked at, while the copy there lives."""
    query = (
        select(given.c.request_id)
        .where(given.c.ended_ms == 0, given.c.until_ms > now_ms)
        .where(given.c.version != func.coalesce(_STANDING, 0))
        .limit(limit)
    )
    return list(connection.scalars(query))


def looked_at(
    connection: Connection, sealer: Sealer, one: Given, version: int, *, told: bytes, number: int, ended_ms: int
) -> None:
    """The record was looked at in a version: with what the recipient is told of it, or knows already."""
    now = replace(one, told=told)
    connection.execute(
        update(given)
        .where(given.c.request_id == one.request_id)
        .values(version=version, number=number, ended_ms=ended_ms, body=_sealed(sealer, now))
    )


def forget(connection: Connection, before_ms: int, limit: int) -> int:
    """Forget up to limit of what was given whose copies were over by then, with its corrections. Returns how many."""
    over = select(given.c.request_id).where(given.c.until_ms <= before_ms).limit(limit)
    ids = connection.scalars(over).all()
    if ids:
        connection.execute(delete(correction_out).where(correction_out.c.request_id.in_(ids)))
        connection.execute(delete(given).where(given.c.request_id.in_(ids)))
    return len(ids)


def _sealed(sealer: Sealer, one: Given) -> bytes:
    said = {
        "request": one.request.hex(),
        "fields": list(one.fields),
        "salt": one.salt.hex(),
        "told": one.told.hex(),
    }
    return sealer.seal(json.dumps(said).encode(), _place(one.request_id))


def _given(sealer: Sealer, row: Row[Any]) -> Given:
    said = json.loads(sealer.open(row.body, _place(row.request_id)))
    return Given(
        request_id=row.request_id,
        requester=row.requester,
        row=row.row,
        version=row.version,
        number=row.number,
        given_ms=row.given_ms,
        until_ms=row.until_ms,
        ended_ms=row.ended_ms,
        request=bytes.fromhex(said["request"]),
        fields=tuple(said["fields"]),
        salt=bytes.fromhex(said["salt"]),
        told=bytes.fromhex(said["told"]),
    )


def _place(request_id: bytes) -> Place:
    return Place("given", request_id, "body")
