"""The journal: numbered without a gap, in the transaction of the act, never changed."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from node.audit import journal
from node.audit.journal import ActKind, record_act
from node.storage.engine import Database
from node.storage.writer import Writer
from tests.unit.storage.builders import MS


def _act(connection: Connection, number: int) -> bytes:
    return record_act(connection, ActKind.ASK_ANSWERED, "cn", "cn", MS + number, {"evaluations": 64})


def test_acts_are_read_by_page_and_kind(database: Database, writer: Writer) -> None:
    ids = [writer.call(lambda connection, n=number: _act(connection, n)) for number in range(5)]  # type: ignore[misc]  # a bound default
    writer.call(lambda connection: record_act(connection, ActKind.REFUSAL, "", "vn", MS, {"code": "LCG-501"}))
    with database.reading() as reading:
        first, rest = journal.page(reading, limit=4), journal.page(reading, after=4)
        refusals = journal.page(reading, kind=ActKind.REFUSAL)
        assert journal.count(reading) == 6
    assert [act.act_no for act in first + rest] == [1, 2, 3, 4, 5, 6]
    assert [act.act_id for act in (first + rest)[:5]] == ids
    assert [(act.peer, act.detail) for act in refusals] == [("vn", {"code": "LCG-501"})]


def test_an_act_undone_leaves_no_gap(database: Database, writer: Writer) -> None:
    def fail(connection: Connection) -> None:
        _act(connection, 0)
        raise ValueError("undone")

    writer.call(lambda connection: _act(connection, 1))
    with pytest.raises(ValueError, match="undone"):
        writer.call(fail)
    writer.call(lambda connection: _act(connection, 2))
    with database.reading() as reading:
        assert [(act.act_no, act.ms) for act in journal.page(reading)] == [(1, MS + 1), (2, MS + 2)]


def test_an_act_id_given_by_both_ends_is_used_once(writer: Writer) -> None:
    def shared(connection: Connection) -> bytes:
        return record_act(connection, ActKind.SEARCH, "analyst", "", MS, act_id=b"i" * 16)

    assert writer.call(shared) == b"i" * 16
    with pytest.raises(IntegrityError):
        writer.call(shared)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE act SET peer = 'nobody'",
        "DELETE FROM act",
        "INSERT OR REPLACE INTO act SELECT act_no, act_id, ms, kind, actor, '', detail FROM act",
    ],
)
def test_an_act_is_neither_changed_nor_deleted(database: Database, writer: Writer, statement: str) -> None:
    writer.call(lambda connection: _act(connection, 1))
    with pytest.raises(IntegrityError, match="append-only"):
        writer.call(lambda connection: connection.exec_driver_sql(statement))
    with database.reading() as reading:
        assert [act.peer for act in journal.page(reading)] == ["cn"]
