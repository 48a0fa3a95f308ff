"""How many records stand how, asked for many at once: what an import compares its lines with."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, exists, func, select

from node.storage.records import Kind, newest, versions
from node.storage.schema_records import change_set, record_import, record_version


def digests(connection: Connection, rows: Sequence[bytes]) -> dict[bytes, bytes]:
    """The content digest of each live record among rows (500 at most); rows without a live record are absent."""
    query = versions().where(record_version.c.row.in_(rows), newest(), record_version.c.kind == Kind.PUT)
    return {found.row: found.digest for found in connection.execute(query)}


def count_added(connection: Connection, import_no: int) -> int:
    """How many records an import has staged that are not live yet. Reads all of its versions: for a reader."""
    other, other_set = record_version.alias("other"), change_set.alias("other_set")
    stands = exists(
        select(other.c.version)
        .join(other_set, other_set.c.set_no == other.c.set_no)
        .where(other.c.row == record_version.c.row, other.c.kind == Kind.PUT, other_set.c.visible_no.is_not(None))
    )
    query = (
        select(func.count())
        .select_from(record_version)
        .join(record_import, record_import.c.set_no == record_version.c.set_no)
        .where(record_import.c.import_no == import_no, ~stands)
    )
    return connection.scalar(query) or 0
