"""Publishing at an owner in this process: two epochs at once, rounds ahead, withdrawals between, a round not stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from node.acts.publishing.outbox import plan_after, plan_next, still_holds
from node.acts.publishing.publish import FIRST_ROUND, full_delta_waits, publish_pending
from node.acts.records.records import withdraw_record
from node.acts.runtime.node import Node
from node.config import Home
from node.errors import Code, LancangError
from node.storage import publishing
from node.storage.chains import Cursor
from node.storage.publishing import Batch
from tests.support import disk
from tests.support.people import numbered
from tests.unit.acts.owner import check_chains, founded_owner, imported, owner_at


@pytest.fixture
async def home(tmp_path: Path) -> Home:
    return founded_owner(tmp_path / "federation")


@pytest.fixture
async def node(home: Home) -> AsyncIterator[Node]:
    async with owner_at(home) as opened:
        yield opened


def _seqs(home: Home) -> list[int]:
    return [seq for (seq,) in disk.rows(home, "SELECT seq FROM chain ORDER BY chain_no")]


@pytest.mark.parametrize("records", [5, 2 * FIRST_ROUND + 40])
async def test_an_import_in_the_grace_is_encoded_for_the_older_epoch_too(
    home: Home, monkeypatch: pytest.MonkeyPatch, records: int
) -> None:
    async with owner_at(home) as node:
        await imported(node, numbered("TH", 3, 1, 1))
        await publish_pending(node)
    # As if the first epoch had been opened by a program with other tables: a second one begins beside it.
    monkeypatch.setattr("node.acts.epochs.open_epochs.tables_hash", lambda: b"\x07" * 32)
    async with owner_at(home) as node:
        assert sorted(node.epochs) == [1, 2]
        await imported(node, numbered("TH", records, 1_000, 1_000))
        by_epoch = "SELECT count(*) FROM evaluation WHERE epoch = ?"
        assert [disk.number(home, by_epoch, epoch) for epoch in (1, 2)] == [3, 3 + records]
        await publish_pending(node)
        assert [disk.number(home, by_epoch, epoch) for epoch in (1, 2)] == [3 + records] * 2
        check_chains(home)


async def test_a_record_without_evaluations_that_cannot_be_encoded_stops_publishing(
    home: Home, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    await imported(node, numbered("TH", 2, 1, 1))
    await node.write(lambda connection: connection.exec_driver_sql("DELETE FROM evaluation"))

    async def nothing(*_: object) -> None:
        """An encoding that stores nothing."""

    with monkeypatch.context() as broken:
        broken.setattr("node.acts.publishing.outbox.encode_versions", nothing)
        with pytest.raises(LancangError) as refused:
            await publish_pending(node)
        assert refused.value.code is Code.STORAGE_DAMAGED
    assert _seqs(home) == [0, 0]
    await publish_pending(node)
    check_chains(home)


async def test_records_withdrawn_and_changed_while_rounds_are_derived_ahead_are_published_as_they_stand(
    home: Home, node: Node
) -> None:
    records = numbered("TH", 3 * FIRST_ROUND + 100, 1, 1)
    await imported(node, records)
    publishing_all = asyncio.create_task(publish_pending(node))
    for record in records[FIRST_ROUND - 20 :: 70]:
        await withdraw_record(node, record["record_id"], "analyst")
    await imported(node, [{**record, "sex": "female"} for record in records[FIRST_ROUND + 3 :: 90]])
    await publishing_all
    await publish_pending(node)
    check_chains(home)


@pytest.mark.parametrize("deltas", [8, 128], ids=["in parts", "at once"])
async def test_a_round_that_could_not_be_stored_is_built_anew(
    home: Home, node: Node, monkeypatch: pytest.MonkeyPatch, deltas: int
) -> None:
    monkeypatch.setattr("node.acts.publishing.store_rounds.MOST_DELTAS", deltas)
    await imported(node, numbered("TH", 200, 1, 1))
    store = publishing.publish
    stored: list[int] = []

    def fails_once(connection: Any, chain_no: int, batches: Sequence[Batch], through: Cursor) -> None:
        stored.append(chain_no)
        if len(stored) == 2:
            raise LancangError(Code.DISK_FULL)
        store(connection, chain_no, batches, through)

    monkeypatch.setattr(publishing, "publish", fails_once)
    with pytest.raises(LancangError):
        await publish_pending(node)
    for publication in node.publications:
        assert publication.state.position == publication.told
        assert publication.seq == disk.number(home, "SELECT seq FROM chain WHERE chain_no = ?", publication.chain_no)
    await publish_pending(node)
    assert len(set(_seqs(home))) == 1
    check_chains(home)


async def test_a_full_delta_waits_for_no_more(node: Node) -> None:
    assert not await full_delta_waits(node)
    await imported(node, numbered("TH", 7, 1, 1))
    assert not await full_delta_waits(node)
    await imported(node, numbered("TH", 1, 100, 100))
    assert await full_delta_waits(node)
    await publish_pending(node)
    assert not await full_delta_waits(node)


async def test_what_became_visible_while_a_round_was_stored_is_told_of_its_record(home: Home, node: Node) -> None:
    records = numbered("TH", FIRST_ROUND + 40, 1, 1)
    await imported(node, records)
    before = await plan_next(node, FIRST_ROUND, {})
    ahead = await plan_after(node, before, FIRST_ROUND)
    assert await still_holds(node, ahead)
    assert {*before.outboxes[0].records()}.isdisjoint(ahead.outboxes[0].records())
    # A record of the round before, which no tag stands for in the database yet.
    await withdraw_record(node, records[0]["record_id"], "analyst")
    assert not await still_holds(node, ahead)
    assert not await still_holds(node, await plan_after(node, before, FIRST_ROUND))
    await publish_pending(node)
    check_chains(home)
