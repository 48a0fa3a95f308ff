"""Copies of other owners' indexes: applied in order, merged into runs, erased with their secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, select, update

from node.crypto.sealing import Sealer
from node.errors import Code, LancangError
from node.model.batch import ChainPosition
from node.storage import copies
from node.storage.copies import AppliedDelta, CopyState, Run, SignedHead
from node.storage.engine import Database
from node.storage.schema_copies import copy
from tests.unit.storage.builders import MS

_S = bytes(range(32))


@pytest.fixture
def connection(database: Database, sealer: Sealer) -> Iterator[Connection]:
    with database.writing.connect() as connection, connection.begin():
        copies.begin(connection, sealer, "th", 1, _S)
        copies.complete(connection, "th", 1, Run("0-0.run", 0, 0), ms=MS, snapshot_hash=b"h0")
        yield connection


def _delta(seq: int, *revoked: bytes) -> AppliedDelta:
    pairs = b"".join(old + b"new" + bytes([seq]) * 4 for old in revoked)
    return AppliedDelta(seq, MS + seq, f"h{seq}".encode(), f"postings {seq}".encode(), pairs)


def test_a_copy_is_searchable_once_its_snapshot_is_whole(connection: Connection, sealer: Sealer) -> None:
    copies.begin(connection, sealer, "vn", 1, _S)
    receiving, ready = (copies.get(connection, owner, 1) for owner in ("vn", "th"))
    assert receiving is not None
    assert (receiving.state, receiving.position) == (CopyState.RECEIVING, None)
    assert ready == copies.Copy("th", 1, CopyState.READY, ChainPosition(0, b"h0"), MS, None, (Run("0-0.run", 0, 0),))
    assert copies.every(connection) == [ready, receiving]
    assert copies.get(connection, "th", 2) is None


def test_deltas_are_applied_in_order_only(connection: Connection) -> None:
    copies.apply(connection, "th", 1, _delta(1))
    for seq in (1, 3):
        with pytest.raises(LancangError) as refused:
            copies.apply(connection, "th", 1, _delta(seq))
        assert refused.value.code is Code.BATCH_GAP
    copies.apply(connection, "th", 1, _delta(2))
    found = copies.get(connection, "th", 1)
    assert found is not None
    assert (found.position, found.ms) == (ChainPosition(2, b"h2"), MS + 2)
    assert copies.unmerged(connection, "th", 1) == [(1, b"postings 1"), (2, b"postings 2")]


def test_a_faulty_copy_takes_nothing_more(connection: Connection) -> None:
    copies.mark_faulty(connection, "th", 1)
    with pytest.raises(LancangError):
        copies.apply(connection, "th", 1, _delta(1))


def test_revocations_are_kept_and_a_second_one_is_the_owners_fault(connection: Connection) -> None:
    copies.apply(connection, "th", 1, _delta(1, b"a" * 7, b"b" * 7))
    copies.apply(connection, "th", 1, _delta(2, b"c" * 7))
    assert set(copies.revocations(connection, "th", 1)) == {b"a" * 7, b"b" * 7, b"c" * 7}
    assert copies.revocations(connection, "th", 1, after_seq=1) == {b"c" * 7: b"new" + b"\2" * 4}
    for again in (_delta(3, b"a" * 7), _delta(3, b"d" * 7, b"d" * 7)):
        savepoint = connection.begin_nested()
        with pytest.raises(LancangError) as refused:
            copies.apply(connection, "th", 1, again)
        savepoint.rollback()
        assert refused.value.code is Code.INDEX_FAULT


def test_merging_forgets_what_the_new_run_holds(connection: Connection) -> None:
    for seq in range(1, 5):
        copies.apply(connection, "th", 1, _delta(seq))
    assert copies.merge(connection, "th", 1, Run("1-2.run", 1, 2)) == []
    assert copies.merge(connection, "th", 1, Run("1-3.run", 1, 3)) == ["1-2.run"]
    found = copies.get(connection, "th", 1)
    assert found is not None
    assert found.runs == (Run("0-0.run", 0, 0), Run("1-3.run", 1, 3))
    assert copies.unmerged(connection, "th", 1) == [(4, b"postings 4")]


def test_the_newest_head_is_kept(connection: Connection) -> None:
    newer, older = SignedHead(2, MS + 2, b"h2", bytes(64)), SignedHead(1, MS + 1, b"h1", bytes(64))
    for head in (older, newer, older):
        copies.record_head(connection, "th", 1, head)
    found = copies.get(connection, "th", 1)
    assert found is not None
    assert found.head == newer


def test_the_head_of_a_later_batch_is_kept_though_it_bears_an_earlier_time(connection: Connection) -> None:
    """The owner's clock was set back between the two: both are its word, and the later batch needs one that vouches."""
    before, after = SignedHead(1, MS + 100, b"h1", bytes(64)), SignedHead(2, MS, b"h2", bytes(64))
    for head in (before, after):
        copies.record_head(connection, "th", 1, head)
    found = copies.get(connection, "th", 1)
    assert found is not None
    assert found.head == after


def test_erasing_forgets_the_secret_and_names_the_files(connection: Connection, sealer: Sealer) -> None:
    copies.apply(connection, "th", 1, _delta(1, b"a" * 7))
    assert copies.begin(connection, sealer, "th", 1, bytes(32)) == ["0-0.run"]
    assert copies.revocations(connection, "th", 1) == {}
    assert copies.shared_secret(connection, sealer, "th", 1) == bytes(32)
    assert copies.erase(connection, "th", 1) == []
    with pytest.raises(LancangError) as refused:
        copies.shared_secret(connection, sealer, "th", 1)
    assert refused.value.code is Code.INDEX_MISSING


def test_a_secret_moved_to_another_copy_is_refused(connection: Connection, sealer: Sealer) -> None:
    copies.begin(connection, sealer, "th", 2, bytes(32))
    moved = select(copy.c.shared_secret).where(copy.c.epoch == 1).scalar_subquery()
    connection.execute(update(copy).where(copy.c.epoch == 2).values(shared_secret=moved))
    with pytest.raises(LancangError) as refused:
        copies.shared_secret(connection, sealer, "th", 2)
    assert refused.value.code is Code.STORAGE_DAMAGED


def test_nothing_is_completed_that_was_not_begun(connection: Connection) -> None:
    for owner in ("vn", "th"):
        with pytest.raises(LancangError) as refused:
            copies.complete(connection, owner, 1, Run("x", 0, 0), ms=MS, snapshot_hash=b"h")
        assert refused.value.code is Code.INDEX_MISSING
