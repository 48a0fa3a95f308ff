"""Records as they stand: by id, by row, by version, all of them. They are changed by changes.py and by imports.py.

A record is a sequence of versions. Versions belong to a change set (one for an import, one for each single change)
that becomes visible by getting its visible_no; the visible version of the highest visible_no is the record. Nothing
else says which version counts, so an import of any size becomes visible by one UPDATE. Version numbers run over all
records.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, select

from node.crypto.sealing import Sealer
from node.storage.row_keys import RowKeys
from node.storage.schema_records import change_set, record_version
from node.storage.sealed_records import open_body

Found: TypeAlias = Row[int, bytes, str, bytes, bytes, int]
"""What is read of a version: version, row, kind, digest, body, ms; a withdrawal has neither digest nor body."""

Versions: TypeAlias = Select[int, bytes, str, bytes, bytes, int]

_PAGE = 500


class Kind(StrEnum):
    """What a version does to its record."""

    PUT = "put"
    WITHDRAW = "withdraw"


class RecordState(StrEnum):
    """How a record stands."""

    LIVE = "live"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    """A record as it stands. content: as given when it was stored, empty once withdrawn, as is record_id."""

    row: bytes
    version: int
    state: RecordState
    record_id: str
    content: bytes
    ms: int


@dataclass(frozen=True, slots=True, repr=False)
class Content:
    """What a version of a record holds, and the digest that its evaluations are sealed to."""

    version: int
    row: bytes
    digest: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records stand how."""

    live: int
    withdrawn: int


@cache
def newest() -> ColumnElement[bool]:
    """The condition that a row of record_version (joined with change_set) is visible and is how its record stands."""
    later, later_set = record_version.alias("later"), change_set.alias("later_set")
    return change_set.c.visible_no.is_not(None) & ~exists(
        select(later.c.version)
        .join(later_set, later_set.c.set_no == later.c.set_no)
        .where(later.c.row == record_version.c.row, later_set.c.visible_no > change_set.c.visible_no)
    )


def versions() -> Versions:
    """Every version with its change set, visible or not: what the readers here and in other files narrow down."""
    return select(
        record_version.c.version,
        record_version.c.row,
        record_version.c.kind,
        record_version.c.digest,
        record_version.c.body,
        record_version.c.ms,
    ).join(change_set, change_set.c.set_no == record_version.c.set_no)


def get(connection: Connection, sealer: Sealer, keys: RowKeys, record_id: str) -> Record | None:
    """The record of that id as it stands (it may be withdrawn), or None. Raises LancangError STORAGE_DAMAGED."""
    return get_row(connection, sealer, keys.record(record_id))


def get_row(connection: Connection, sealer: Sealer, row: bytes) -> Record | None:
    """As get(), by row."""
    found = connection.execute(versions().where(record_version.c.row == row, newest())).first()
    return None if found is None else _open(sealer, found)


def get_version(connection: Connection, sealer: Sealer, version: int) -> Record | None:
    """One visible version, superseded or not; None if it was never visible or is purged."""
    query = versions().where(record_version.c.version == version, change_set.c.visible_no.is_not(None))
    found = connection.execute(query).first()
    return None if found is None else _open(sealer, found)


def contents(connection: Connection, sealer: Sealer, wanted: Sequence[int]) -> list[Content]:
    """Of these versions those that hold a record and were ever visible, by version. Raises STORAGE_DAMAGED."""
    query = versions().where(
        record_version.c.version.in_(wanted),
        record_version.c.kind == Kind.PUT,
        change_set.c.visible_no.is_not(None),
    )
    return [
        Content(found.version, found.row, found.digest, open_body(sealer, found.row, found.digest, found.body)[1])
        for found in connection.execute(query.order_by(record_version.c.version))
    ]


def kept_versions(connection: Connection, row: bytes) -> list[tuple[int, str, int]]:
    """(version, kind, ms) of every visible version of a record that is still kept, the earliest first."""
    query = versions().where(record_version.c.row == row, change_set.c.visible_no.is_not(None))
    return [(one.version, one.kind, one.ms) for one in connection.execute(query.order_by(change_set.c.visible_no))]


def live(connection: Connection, sealer: Sealer) -> Iterator[Record]:
    """Every live record by ascending version. Read to the end within one transaction."""
    for found in live_pages(connection, versions()):
        yield _open(sealer, found)


def counts(connection: Connection) -> Counts:
    """Count the records. Reads all of them: for a reader, not for the writer."""
    query = (
        select(record_version.c.kind, func.count())
        .join(change_set, change_set.c.set_no == record_version.c.set_no)
        .where(newest())
        .group_by(record_version.c.kind)
    )
    found: dict[str, int] = dict(connection.execute(query).all())
    return Counts(found.get(Kind.PUT, 0), found.get(Kind.WITHDRAW, 0))


def live_pages(connection: Connection, query: Versions) -> Iterator[Found]:
    """What `query` (made from versions()) gives for the live records, by ascending version, a page at a time."""
    after = 0
    query = query.where(newest(), record_version.c.kind == Kind.PUT).order_by(record_version.c.version).limit(_PAGE)
    while page := connection.execute(query.where(record_version.c.version > after)).all():
        yield from page
        after = page[-1].version


def _open(sealer: Sealer, found: Found) -> Record:
    if found.kind == Kind.WITHDRAW:
        return Record(found.row, found.version, RecordState.WITHDRAWN, "", b"", found.ms)
    record_id, content = open_body(sealer, found.row, found.digest, found.body)
    return Record(found.row, found.version, RecordState.LIVE, record_id, content, found.ms)
