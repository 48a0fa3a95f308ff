"""Records: stored once, replaced, withdrawn, found by id without their id standing in the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from node.crypto.sealing import Sealer
from node.errors import Code, LancangError
from node.storage import changes, evaluations, imports, records
from node.storage.changes import Stored
from node.storage.engine import Database
from node.storage.imports import Line
from node.storage.records import RecordState
from node.storage.row_keys import RowKeys
from node.storage.schema_records import evaluation, record_version
from node.storage.sealed_records import seal_evaluations
from node.storage.writer import Writer
from tests.unit.storage import builders
from tests.unit.storage.builders import MS, sealed


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.writing.connect() as connection, connection.begin():
        yield connection


def test_a_record_is_stored_and_found_by_id_and_row(connection: Connection, sealer: Sealer, keys: RowKeys) -> None:
    assert changes.put(connection, sealed(keys, sealer, "R-1", "somchai"), MS) is Stored.ADDED
    found = records.get(connection, sealer, keys, "R-1")
    assert found is not None
    assert (found.record_id, found.content, found.state, found.ms) == ("R-1", b"somchai", RecordState.LIVE, MS)
    assert records.get_row(connection, sealer, found.row) == found
    assert records.get_version(connection, sealer, found.version) == found
    assert records.get(connection, sealer, keys, "R-2") is None


def test_the_same_record_again_changes_nothing(connection: Connection, sealer: Sealer, keys: RowKeys) -> None:
    changes.put(connection, sealed(keys, sealer, "R-1"), MS)
    before = records.get(connection, sealer, keys, "R-1")
    assert changes.put(connection, sealed(keys, sealer, "R-1"), MS + 1) is Stored.UNCHANGED
    assert records.get(connection, sealer, keys, "R-1") == before


def test_a_changed_record_replaces_the_old_version(connection: Connection, sealer: Sealer, keys: RowKeys) -> None:
    changes.put(connection, sealed(keys, sealer, "R-1", "old"), MS)
    assert changes.put(connection, sealed(keys, sealer, "R-1", "new"), MS) is Stored.REPLACED
    found = records.get(connection, sealer, keys, "R-1")
    assert found is not None
    assert found.content == b"new"
    assert records.counts(connection) == records.Counts(live=1, withdrawn=0)
    assert changes.superseded(connection, 10, MS - 1) == []
    (old,) = records_superseded = changes.superseded(connection, 10, MS)
    assert old < found.version
    changes.purge(connection, records_superseded)
    assert records.get_version(connection, sealer, old) is None
    assert records.get(connection, sealer, keys, "R-1") == found
    assert changes.superseded(connection, 10, MS) == []


def test_withdrawing_erases_the_content(connection: Connection, sealer: Sealer, keys: RowKeys) -> None:
    row = keys.record("R-1")
    changes.put(connection, sealed(keys, sealer, "R-1"), MS)
    version = changes.withdraw(connection, row, MS + 1)
    found = records.get(connection, sealer, keys, "R-1")
    assert found == records.Record(row, version, RecordState.WITHDRAWN, "", b"", MS + 1)
    assert records.counts(connection) == records.Counts(live=0, withdrawn=1)
    assert connection.execute(select(evaluation)).all() == []
    for again in (row, keys.record("never")):
        with pytest.raises(LancangError) as refused:
            changes.withdraw(connection, again, MS)
        assert refused.value.code is Code.RECORD_NOT_FOUND


def test_a_withdrawn_record_can_be_stored_again(connection: Connection, sealer: Sealer, keys: RowKeys) -> None:
    changes.put(connection, sealed(keys, sealer, "R-1"), MS)
    changes.withdraw(connection, keys.record("R-1"), MS)
    assert changes.put(connection, sealed(keys, sealer, "R-1"), MS) is Stored.ADDED
    assert records.counts(connection).live == 1


def test_all_live_records_come_in_order_over_many_pages(
    connection: Connection, sealer: Sealer, keys: RowKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_PAGE", 3)
    for number in range(8):
        changes.put(connection, sealed(keys, sealer, str(number)), MS)
    changes.withdraw(connection, keys.record("4"), MS)
    changes.put(connection, sealed(keys, sealer, "2", "new"), MS)
    assert [record.record_id for record in records.live(connection, sealer)] == ["0", "1", "3", "5", "6", "7", "2"]


def test_contents_are_those_of_records_that_were_ever_visible(
    connection: Connection, sealer: Sealer, keys: RowKeys
) -> None:
    changes.put(connection, sealed(keys, sealer, "kept", "one"), MS)
    changes.put(connection, sealed(keys, sealer, "gone", "two"), MS)
    kept, gone = records.live(connection, sealer)
    begun = imports.begin(connection, b"import", b"file", MS)
    imports.stage(connection, begun.import_no, [Line(1, sealed(keys, sealer, "staged"))], [], through=1, ms=MS)
    changes.withdraw(connection, keys.record("gone"), MS)
    found = records.contents(connection, sealer, [gone.version + 2, gone.version + 1, gone.version, kept.version])
    assert [(each.version, each.content) for each in found] == [(kept.version, kept.content)]


def test_evaluations_come_back_by_epoch(connection: Connection, sealer: Sealer, keys: RowKeys) -> None:
    changes.put(connection, sealed(keys, sealer, "R-1"), MS)
    ((row, version, opened),) = evaluations.live(connection, sealer, 1)
    assert opened == builders.evaluations("R-1content")
    assert evaluations.get(connection, sealer, version, 1) == opened
    assert list(evaluations.live(connection, sealer, 2)) == [(row, version, None)]
    (held,) = records.contents(connection, sealer, [version, version + 100])
    assert (held.version, held.row) == (version, row)
    new = builders.evaluations("epoch 2")
    body = seal_evaluations(sealer, row, held.digest, 2, new)
    for _ in range(2):  # the second time it is there already
        evaluations.add(connection, 2, [(version, body), (version + 100, body)])
    assert evaluations.many(connection, sealer, [version, version + 100], 2) == {version: new}
    assert not evaluations.erase(connection, 1, 10)
    assert evaluations.get(connection, sealer, version, 1) is None
    assert evaluations.get(connection, sealer, version, 2) == new


def test_a_body_or_evaluations_moved_to_another_record_are_refused(
    connection: Connection, sealer: Sealer, keys: RowKeys
) -> None:
    for name in ("R-1", "R-2"):
        changes.put(connection, sealed(keys, sealer, name), MS)
    first, second = connection.execute(select(record_version).order_by(record_version.c.version)).all()
    of_first = connection.scalar(select(evaluation.c.body).where(evaluation.c.version == first.version))
    connection.execute(update(record_version).where(record_version.c.version == second.version).values(body=first.body))
    connection.execute(update(evaluation).where(evaluation.c.version == second.version).values(body=of_first))
    with pytest.raises(LancangError) as refused:
        records.get(connection, sealer, keys, "R-2")
    assert refused.value.code is Code.STORAGE_DAMAGED
    with pytest.raises(LancangError) as refused:
        evaluations.get(connection, sealer, second.version, 1)
    assert refused.value.code is Code.STORAGE_DAMAGED


def test_a_body_under_another_digest_or_evaluations_of_another_epoch_are_refused(
    connection: Connection, sealer: Sealer, keys: RowKeys
) -> None:
    changes.put(connection, sealed(keys, sealer, "R-1"), MS)
    connection.execute(update(evaluation).values(epoch=2))
    with pytest.raises(LancangError) as refused:
        list(evaluations.live(connection, sealer, 2))
    assert refused.value.code is Code.STORAGE_DAMAGED
    connection.execute(update(record_version).values(digest=keys.content(keys.record("R-1"), b"other")))
    with pytest.raises(LancangError) as refused:
        records.get(connection, sealer, keys, "R-1")
    assert refused.value.code is Code.STORAGE_DAMAGED


def test_equal_contents_of_two_records_cannot_be_seen(sealer: Sealer, keys: RowKeys) -> None:
    first, second = sealed(keys, sealer, "R-1", "same"), sealed(keys, sealer, "R-2", "same")
    assert first.digest != second.digest
    assert first.row != second.row


def test_neither_id_nor_content_stands_in_the_file(path: Path, writer: Writer, sealer: Sealer, keys: RowKeys) -> None:
    writer.call(lambda connection: changes.put(connection, sealed(keys, sealer, "RECORD-ID", "SOMCHAI"), MS))
    bytes_on_disk = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert keys.record("RECORD-ID") in bytes_on_disk
    assert b"RECORD-ID" not in bytes_on_disk
    assert b"SOMCHAI" not in bytes_on_disk
