"""Imports: staged out of sight, visible at once, resumed, dropped, and overtaken by single changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, func, select

from node.crypto.sealing import Sealer
from node.errors import Code, LancangError
from node.storage import changes, imports, records
from node.storage.changes import OVERTAKEN
from node.storage.engine import Database
from node.storage.imports import Import, ImportState, Line, Refusal
from node.storage.row_keys import RowKeys
from node.storage.schema_records import evaluation, record_version
from tests.unit.storage.builders import MS, sealed

_FILE = b"f" * 16


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.writing.connect() as connection, connection.begin():
        yield connection


class _Desk:
    """Stages named records, one a line."""

    def __init__(self, connection: Connection, sealer: Sealer, keys: RowKeys) -> None:
        self.connection, self.sealer, self.keys = connection, sealer, keys

    def begin(self, file: bytes = _FILE) -> Import:
        return imports.begin(self.connection, file, file, MS)

    def stage(self, begun: Import, *names: str, content: str = "content") -> Import:
        done = imports.get(self.connection, begun.import_no).lines_done
        lines = [
            Line(done + place, sealed(self.keys, self.sealer, name, content)) for place, name in enumerate(names, 1)
        ]
        return imports.stage(self.connection, begun.import_no, lines, [], through=done + len(names), ms=MS)

    def live(self) -> dict[str, bytes]:
        return {record.record_id: record.content for record in records.live(self.connection, self.sealer)}


@pytest.fixture
def desk(connection: Connection, sealer: Sealer, keys: RowKeys) -> _Desk:
    return _Desk(connection, sealer, keys)


def test_nothing_is_visible_until_all_is(desk: _Desk) -> None:
    begun = desk.begin()
    desk.stage(begun, "a", "b")
    desk.stage(begun, "c")
    assert desk.live() == {}
    done = imports.make_visible(desk.connection, begun.import_no, MS + 5)
    assert desk.live() == {"a": b"content", "b": b"content", "c": b"content"}
    assert (done.state, done.accepted, done.finished_ms) == (ImportState.VISIBLE, 3, MS + 5)


def test_becoming_visible_changes_a_constant_number_of_rows(desk: _Desk) -> None:
    begun = desk.begin()
    for start in range(0, 200, 50):
        desk.stage(begun, *(f"r{start + each}" for each in range(50)))
    changed = "SELECT total_changes()"
    before = int(desk.connection.exec_driver_sql(changed).scalar_one())
    imports.make_visible(desk.connection, begun.import_no, MS)
    assert int(desk.connection.exec_driver_sql(changed).scalar_one()) - before <= 3  # import, change set, counter
    assert len(desk.live()) == 200


def test_the_same_file_twice_changes_nothing(desk: _Desk) -> None:
    first = desk.begin()
    desk.stage(first, "a", "b")
    imports.make_visible(desk.connection, first.import_no, MS)
    versions = desk.connection.scalar(select(func.count()).select_from(record_version))
    second = imports.begin(desk.connection, b"2" * 16, _FILE, MS)
    assert second.import_no != first.import_no
    assert desk.stage(second, "a", "b").unchanged == 2
    imports.make_visible(desk.connection, second.import_no, MS)
    assert desk.connection.scalar(select(func.count()).select_from(record_version)) == versions


def test_an_import_is_resumed_where_it_stopped(desk: _Desk) -> None:
    begun = desk.begin()
    desk.stage(begun, "a", "b")
    assert [each.import_no for each in imports.unfinished(desk.connection)] == [begun.import_no]
    again = imports.begin(desk.connection, b"another id......", _FILE, MS)
    assert (again.import_no, again.import_id, again.lines_done) == (begun.import_no, _FILE, 2)
    line = Line(2, sealed(desk.keys, desk.sealer, "b"))
    with pytest.raises(LancangError) as refused:
        imports.stage(desk.connection, begun.import_no, [line], [], through=3, ms=MS)
    assert refused.value.code is Code.INPUT_INVALID
    with pytest.raises(LancangError):
        imports.stage(desk.connection, begun.import_no, [], [], through=2, ms=MS)


def test_of_two_lines_with_one_record_the_later_counts(desk: _Desk) -> None:
    begun = desk.begin()
    desk.stage(begun, "a", "b", "a")
    desk.stage(begun, "b", content="later")
    imports.make_visible(desk.connection, begun.import_no, MS)
    assert desk.live() == {"a": b"content", "b": b"later"}


def test_a_dropped_import_leaves_nothing(desk: _Desk) -> None:
    begun = desk.begin()
    desk.stage(begun, "a", "b", "c")
    imports.drop(desk.connection, begun.import_no, MS)
    assert imports.clean_dropped(desk.connection, 2)
    assert not imports.clean_dropped(desk.connection, 2)
    assert desk.connection.scalar(select(func.count()).select_from(record_version)) == 0
    assert desk.connection.scalar(select(func.count()).select_from(evaluation)) == 0
    assert imports.unfinished(desk.connection) == []
    with pytest.raises(LancangError):
        imports.make_visible(desk.connection, begun.import_no, MS)
    with pytest.raises(LancangError):
        desk.stage(begun, "d")


def test_a_single_change_overtakes_a_staged_line(desk: _Desk) -> None:
    changes.put(desk.connection, sealed(desk.keys, desk.sealer, "a", "first"), MS)
    begun = desk.begin()
    desk.stage(begun, "a", "b", content="imported")
    changes.withdraw(desk.connection, desk.keys.record("a"), MS)
    changes.put(desk.connection, sealed(desk.keys, desk.sealer, "b", "by hand"), MS)
    imports.make_visible(desk.connection, begun.import_no, MS)
    assert desk.live() == {"b": b"by hand"}
    assert [(line.number, line.code) for line in imports.report(desk.connection, begun.import_no)] == [
        (1, OVERTAKEN),
        (2, OVERTAKEN),
    ]


def test_of_two_imports_the_one_visible_later_counts(desk: _Desk) -> None:
    first, second = desk.begin(b"1" * 16), desk.begin(b"2" * 16)
    desk.stage(first, "a", content="of the first")
    desk.stage(second, "a", content="of the second")
    imports.make_visible(desk.connection, second.import_no, MS)
    assert desk.live() == {"a": b"of the second"}
    imports.make_visible(desk.connection, first.import_no, MS)
    assert desk.live() == {"a": b"of the first"}


def test_refused_lines_are_reported_by_line(desk: _Desk) -> None:
    begun = desk.begin()
    refusals = [Refusal(2, "LCG-101", "birth_date: not a date"), Refusal(1, "LCG-101", "names: missing")]
    done = imports.stage(desk.connection, begun.import_no, [], refusals, through=2, ms=MS)
    assert (done.refused, done.accepted, done.lines_done) == (2, 0, 2)
    assert [each.number for each in imports.report(desk.connection, begun.import_no)] == [1, 2]
    assert imports.report(desk.connection, begun.import_no, after_line=1) == [refusals[0]]
