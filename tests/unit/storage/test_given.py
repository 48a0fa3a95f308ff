"""What was given, and which of its records stands otherwise now: by single changes, imports and withdrawals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from node.crypto.sealing import Sealer
from node.model.correction import CorrectionKind
from node.model.courier import Letter, OutboxState
from node.storage import changes, corrections, courier, given, imports, records
from node.storage.engine import Database
from node.storage.given import Given
from node.storage.imports import Line
from node.storage.row_keys import RowKeys
from tests.unit.storage.builders import sealed

DAY = 86_400_000


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.writing.connect() as connection, connection.begin():
        yield connection


def gave(connection: Connection, sealer: Sealer, keys: RowKeys, record_id: str, number: int = 1) -> Given:
    """A disclosure of a record as it stands."""
    record = records.get(connection, sealer, keys, record_id)
    assert record is not None
    request_id = bytes([number]) * 16
    one = Given(
        request_id, "cn", record.row, record.version, 0, 10, 10 * DAY, 0, b"r" * 32, ("names",), b"s" * 32, b"t" * 32
    )
    given.add(connection, sealer, one)
    return one


def test_only_what_stands_otherwise_is_looked_at(connection: Connection, sealer: Sealer, keys: RowKeys) -> None:
    for record_id in ("A", "B"):
        changes.put(connection, sealed(keys, sealer, record_id), 1)
    one, two = gave(connection, sealer, keys, "A", 1), gave(connection, sealer, keys, "B", 2)
    assert given.changed(connection, 20, 10) == []
    changes.put(connection, sealed(keys, sealer, "A", "other"), 2)
    assert given.changed(connection, 20, 10) == [one.request_id]
    changes.withdraw(connection, keys.record("B"), 3)
    assert set(given.changed(connection, 20, 10)) == {one.request_id, two.request_id}
    record = records.get(connection, sealer, keys, "A")
    assert record is not None
    given.looked_at(connection, sealer, one, record.version, told=b"n" * 32, number=1, ended_ms=0)
    assert given.changed(connection, 20, 10) == [two.request_id]
    kept = given.get(connection, sealer, one.request_id)
    assert kept == replace(one, version=record.version, number=1, told=b"n" * 32)


def test_an_import_counts_once_it_is_visible(connection: Connection, sealer: Sealer, keys: RowKeys) -> None:
    changes.put(connection, sealed(keys, sealer, "A"), 1)
    one = gave(connection, sealer, keys, "A")
    begun = imports.begin(connection, b"i" * 16, b"f" * 16, 2)
    imports.stage(connection, begun.import_no, [Line(1, sealed(keys, sealer, "A", "other"))], [], through=1, ms=2)
    assert given.changed(connection, 20, 10) == []
    imports.make_visible(connection, begun.import_no, 3)
    assert given.changed(connection, 20, 10) == [one.request_id]


def test_a_copy_whose_time_is_over_and_one_that_is_erased_are_left_alone(
    connection: Connection, sealer: Sealer, keys: RowKeys
) -> None:
    changes.put(connection, sealed(keys, sealer, "A"), 1)
    one = gave(connection, sealer, keys, "A")
    changes.put(connection, sealed(keys, sealer, "A", "other"), 2)
    assert given.changed(connection, one.until_ms - 1, 10)
    assert given.changed(connection, one.until_ms, 10) == []
    given.looked_at(connection, sealer, one, one.version, told=b"", number=1, ended_ms=5)
    assert given.changed(connection, 20, 10) == []


def _sent(connection: Connection, sealer: Sealer, one: Given, number: int, ms: int) -> bytes:
    message_id = bytes([number]) * 16
    letter = Letter(message_id, one.request_id, number, "correction", b"body", ms, "th", "cn")
    courier.add(connection, sealer, letter, b"h" * 32, None)
    corrections.add_sent(connection, one.request_id, number, CorrectionKind.RECTIFIED, ms, message_id)
    return message_id


def test_a_correction_is_outstanding_until_it_is_delivered_and_late_after_a_day(
    connection: Connection, sealer: Sealer, keys: RowKeys
) -> None:
    changes.put(connection, sealed(keys, sealer, "A"), 1)
    one = gave(connection, sealer, keys, "A")
    first = _sent(connection, sealer, one, 1, 100)
    _sent(connection, sealer, one, 2, 200)
    corrections.add_sent(connection, one.request_id, 3, CorrectionKind.ERASED, 300, None)
    assert [each.number for each in corrections.sent(connection, 10, every=False)] == [1, 2, 3]
    assert corrections.outstanding_since(connection, 150) == 1
    waiting = courier.get(connection, first)
    assert waiting is not None
    courier.close(connection, waiting, 500, b"receipt", OutboxState.DELIVERED, None)
    assert [each.number for each in corrections.sent(connection, 10, every=False)] == [2, 3]
    assert corrections.outstanding_since(connection, 150) == 0
    assert corrections.outstanding_since(connection, 1_000) == 2
    assert [each.outstanding for each in corrections.sent(connection, 10, every=True)] == [True, True, False]


def test_what_was_given_is_forgotten_with_its_corrections(
    connection: Connection, sealer: Sealer, keys: RowKeys
) -> None:
    changes.put(connection, sealed(keys, sealer, "A"), 1)
    one = gave(connection, sealer, keys, "A")
    _sent(connection, sealer, one, 1, 100)
    assert given.forget(connection, one.until_ms - 1, 10) == 0
    assert given.forget(connection, one.until_ms, 10) == 1
    assert given.get(connection, sealer, one.request_id) is None
    assert corrections.sent(connection, 10, every=True) == []
