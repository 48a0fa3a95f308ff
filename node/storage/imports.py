"""Imports: begun, staged in short transactions, made visible by one short one; resumed or dropped after a kill.

The lines of a file are staged in order, so that one number, lines_done, says where to go on. Several imports may be
under way; where two hold the same record, the one made visible later counts. A single change overtakes what is
staged (changes.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from node.errors import Code, LancangError
from node.storage import evaluations
from node.storage.counters import Counter, take
from node.storage.many_rows import insert_rows
from node.storage.records import Kind
from node.storage.schema_records import change_set, import_report, record_import, record_version
from node.storage.sealed_records import SealedRecord


class ImportState(StrEnum):
    """How far an import is."""

    STAGING = "staging"
    VISIBLE = "visible"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Import:
    """One import. file_digest: RowKeys.file(); lines_done: lines that need not be read again."""

    import_no: int
    import_id: bytes
    file_digest: bytes
    state: ImportState
    lines_done: int
    accepted: int
    unchanged: int
    refused: int
    started_ms: int
    finished_ms: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """An accepted line: its number (from 1) and its record."""

    number: int
    record: SealedRecord


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused line, or a remark on one. code: of the error catalogue or of this module; message: no personal data."""

    number: int
    code: str
    message: str


def begin(connection: Connection, import_id: bytes, file_digest: bytes, ms: int) -> Import:
    """Begin an import, or find the one of the same file that is still being staged: resume it after its lines_done."""
    query = select(record_import).where(
        record_import.c.file_digest == file_digest, record_import.c.state == ImportState.STAGING
    )
    found = connection.execute(query).first()
    if found is not None:
        return _import(found)
    import_no, set_no = take(connection, Counter.IMPORT), take(connection, Counter.CHANGE_SET)
    connection.execute(insert(change_set).values(set_no=set_no))
    connection.execute(
        insert(record_import).values(
            import_no=import_no,
            import_id=import_id,
            set_no=set_no,
            file_digest=file_digest,
            state=ImportState.STAGING,
            lines_done=0,
            accepted=0,
            unchanged=0,
            refused=0,
            started_ms=ms,
        )
    )
    return get(connection, import_no)


def get(connection: Connection, import_no: int) -> Import:
    """The import of that number. Raises LancangError RECORD_NOT_FOUND."""
    return _import(_row(connection, import_no))


def unfinished(connection: Connection) -> list[Import]:
    """The imports that were being staged: after a restart each is resumed with begin(), or dropped."""
    query = select(record_import).where(record_import.c.state == ImportState.STAGING)
    return [_import(row) for row in connection.execute(query.order_by(record_import.c.import_no))]


def stage(
    connection: Connection,
    import_no: int,
    lines: Sequence[Line],
    refusals: Sequence[Refusal],
    *,
    through: int,
    ms: int,
) -> Import:
    """Stage the lines after lines_done up to and with `through` (BULK; at most 128 at once keep it under 20 ms).

    Of two lines with the same record the later counts. A record that stands exactly so already is counted unchanged,
    as is a line that a later one replaces.
    Raises LancangError INPUT_INVALID if the import is not being staged or the lines do not follow those done.
    """
    known = _row(connection, import_no)
    numbers = [line.number for line in lines] + [refusal.number for refusal in refusals]
    if known.state != ImportState.STAGING or through <= known.lines_done:
        raise LancangError(Code.INPUT_INVALID, f"import {import_no} does not take these lines")
    if not all(known.lines_done < number <= through for number in numbers):
        raise LancangError(Code.INPUT_INVALID, f"line numbers outside {known.lines_done + 1} to {through}")
    last = {line.record.row: line for line in lines}
    standing = _standing(connection, list(last), known.set_no)
    if standing.staged:
        connection.execute(delete(record_version).where(record_version.c.version.in_(standing.staged)))
    new = [line for row, line in last.items() if standing.digests.get(row) != line.record.digest]
    _insert(connection, known.set_no, new, ms)
    if refusals:
        connection.execute(
            insert(import_report),
            [
                {"import_no": import_no, "line": each.number, "code": each.code, "message": each.message}
                for each in refusals
            ],
        )
    connection.execute(
        update(record_import)
        .where(record_import.c.import_no == import_no)
        .values(
            lines_done=through,
            accepted=record_import.c.accepted + len(new),
            unchanged=record_import.c.unchanged + len(lines) - len(new),
            refused=record_import.c.refused + len(refusals),
        )
    )
    return get(connection, import_no)


def make_visible(connection: Connection, import_no: int, ms: int) -> Import:
    """Make all that is staged visible: two rows change, whatever the import's size. Raises as stage()."""
    _end(connection, import_no, ImportState.VISIBLE, ms)
    connection.execute(
        update(change_set)
        .where(change_set.c.set_no == _row(connection, import_no).set_no)
        .values(visible_no=take(connection, Counter.VISIBLE))
    )
    return get(connection, import_no)


def drop(connection: Connection, import_no: int, ms: int) -> None:
    """Give an import up; nothing of it was ever visible. clean_dropped() then deletes what was staged."""
    _end(connection, import_no, ImportState.DROPPED, ms)


def clean_dropped(connection: Connection, limit: int = 64) -> bool:
    """Delete up to limit versions that dropped imports left (BULK). Returns whether there may be more."""
    doomed = (
        select(record_version.c.version)
        .join(record_import, record_import.c.set_no == record_version.c.set_no)
        .where(record_import.c.state == ImportState.DROPPED)
        .limit(limit)
    )
    versions = connection.scalars(doomed).all()
    if versions:
        connection.execute(delete(record_version).where(record_version.c.version.in_(versions)))
    return len(versions) == limit


def report(connection: Connection, import_no: int, after_line: int = 0, limit: int = 1000) -> list[Refusal]:
    """What is said of an import's lines, by line, after after_line."""
    query = (
        select(import_report.c.line, import_report.c.code, import_report.c.message)
        .where(import_report.c.import_no == import_no, import_report.c.line > after_line)
        .order_by(import_report.c.line)
        .limit(limit)
    )
    return [Refusal(*row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class _Standing:
    """digests: of the live records, by row; staged: versions this import has staged of the same records."""

    digests: dict[bytes, bytes]
    staged: list[int]


def _standing(connection: Connection, rows: list[bytes], set_no: int) -> _Standing:
    query = (
        select(
            record_version.c.version,
            record_version.c.row,
            record_version.c.kind,
            record_version.c.digest,
            record_version.c.set_no,
            change_set.c.visible_no,
        )
        .join(change_set, change_set.c.set_no == record_version.c.set_no)
        .where(record_version.c.row.in_(rows))
        .order_by(change_set.c.visible_no)
    )
    digests: dict[bytes, bytes] = {}
    staged = []
    for version, row, kind, digest, in_set, visible_no in connection.execute(query):
        if in_set == set_no:
            staged.append(version)
        elif visible_no is not None and kind == Kind.PUT:
            digests[row] = digest
        elif visible_no is not None:
            digests.pop(row, None)
    return _Standing(digests, staged)


def _insert(connection: Connection, set_no: int, lines: Sequence[Line], ms: int) -> None:
    if not lines:
        return
    first = take(connection, Counter.VERSION, len(lines))
    kind = Kind.PUT.value
    insert_rows(
        connection,
        tuple(record_version.c),
        [
            (version, set_no, line.record.row, kind, line.record.digest, line.record.body, line.number, ms)
            for version, line in enumerate(lines, first)
        ],
    )
    evaluations.add_new(connection, [(first + place, line.record) for place, line in enumerate(lines)])


def _end(connection: Connection, import_no: int, state: ImportState, ms: int) -> None:
    ended = connection.execute(
        update(record_import)
        .where(record_import.c.import_no == import_no, record_import.c.state == ImportState.STAGING)
        .values(state=state, finished_ms=ms)
    )
    if ended.rowcount != 1:
        raise LancangError(Code.INPUT_INVALID, f"import {import_no} is not being staged")


def _row(connection: Connection, import_no: int) -> Row[*tuple[Any, ...]]:
    found = connection.execute(select(record_import).where(record_import.c.import_no == import_no)).first()
    if found is None:
        raise LancangError(Code.RECORD_NOT_FOUND, f"no import {import_no}")
    return found


def _import(row: Row[*tuple[Any, ...]]) -> Import:
    return Import(
        row.import_no,
        row.import_id,
        row.file_digest,
        ImportState(row.state),
        row.lines_done,
        row.accepted,
        row.unchanged,
        row.refused,
        row.started_ms,
        row.finished_ms,
    )
