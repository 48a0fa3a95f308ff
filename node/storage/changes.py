"""Changing one record at a time, visible at once; and forgetting versions that no longer count."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from node.errors import Code, LancangError
from node.storage import evaluations
from node.storage.counters import Counter, take
from node.storage.records import Found, Kind, newest, versions
from node.storage.schema_records import change_set, import_report, record_import, record_version
from node.storage.sealed_records import SealedRecord

OVERTAKEN = "overtaken"
"""Report code of an imported line that a single change of the same record overtook."""


class Stored(StrEnum):
    """What storing a record did."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


def put(connection: Connection, record: SealedRecord, ms: int) -> Stored:
    """Store one record, visible at once; what an import has staged of it is dropped, for this is later."""
    standing = _standing(connection, record.row)
    if standing is not None and standing.kind == Kind.PUT and standing.digest == record.digest:
        return Stored.UNCHANGED
    version = _change(connection, record.row, Kind.PUT, digest=record.digest, body=record.body, ms=ms)
    if record.evaluations:
        evaluations.add_new(connection, [(version, record)])
    return Stored.ADDED if standing is None or standing.kind == Kind.WITHDRAW else Stored.REPLACED


def withdraw(connection: Connection, row: bytes, ms: int) -> int:
    """Withdraw a live record and erase its content and evaluations at once. Returns the version of the withdrawal.

    Raises LancangError RECORD_NOT_FOUND if there is no live record.
    """
    standing = _standing(connection, row)
    if standing is None or standing.kind == Kind.WITHDRAW:
        raise LancangError(Code.RECORD_NOT_FOUND, "no live record of that id")
    version = _change(connection, row, Kind.WITHDRAW, digest=None, body=None, ms=ms)
    connection.execute(delete(record_version).where(record_version.c.row == row, record_version.c.version != version))
    return version


def superseded(connection: Connection, limit: int, before_ms: int) -> list[int]:
    """Visible versions that a later one replaced before that time, up to limit. For a reader: it may read them all."""
    later, later_set = record_version.alias("later"), change_set.alias("later_set")
    query = (
        select(record_version.c.version)
        .join(change_set, change_set.c.set_no == record_version.c.set_no)
        .join(later, (later.c.row == record_version.c.row) & (later.c.version != record_version.c.version))
        .join(later_set, later_set.c.set_no == later.c.set_no)
        .where(later_set.c.visible_no > change_set.c.visible_no, later.c.ms <= before_ms)
        .distinct()
        .limit(limit)
    )
    return list(connection.scalars(query))


def purge(connection: Connection, versions: Sequence[int]) -> None:
    """Delete versions that superseded() named (BULK, 100 at a time): once superseded they stay so, and have no use."""
    connection.execute(delete(record_version).where(record_version.c.version.in_(versions)))


def _standing(connection: Connection, row: bytes) -> Found | None:
    return connection.execute(versions().where(record_version.c.row == row, newest())).first()


def _change(
    connection: Connection, row: bytes, kind: Kind, *, digest: bytes | None, body: bytes | None, ms: int
) -> int:
    """A change set of one version, visible at once."""
    _unstage(connection, row)
    set_no = take(connection, Counter.CHANGE_SET)
    version = take(connection, Counter.VERSION)
    connection.execute(insert(change_set).values(set_no=set_no, visible_no=take(connection, Counter.VISIBLE)))
    connection.execute(
        insert(record_version).values(
            version=version, set_no=set_no, row=row, kind=kind, digest=digest, body=body, ms=ms
        )
    )
    return version


def _unstage(connection: Connection, row: bytes) -> None:
    """Drop what imports under way have staged of a record; their reports say so."""
    staged = connection.execute(
        select(record_version.c.version, record_version.c.line, record_import.c.import_no)
        .join(change_set, change_set.c.set_no == record_version.c.set_no)
        .join(record_import, record_import.c.set_no == change_set.c.set_no)
        .where(record_version.c.row == row, change_set.c.visible_no.is_(None))
    ).all()
    for version, line, import_no in staged:
        connection.execute(delete(record_version).where(record_version.c.version == version))
        connection.execute(
            insert(import_report).values(
                import_no=import_no, line=line, code=OVERTAKEN, message="the record was changed by hand meanwhile"
            )
        )
