"""One owner in this process, without doors or jobs: its database, epochs and chains as a running node has them."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from node.acts.epochs.open_epochs import open_epochs
from node.acts.epochs.own_epoch import open_publications
from node.acts.founding.found_federation import found_federation
from node.acts.records.import_records import ImportOrder, import_records
from node.acts.runtime.node import Node
from node.app.run import _opened
from node.clock import SystemClock
from node.config import Home, load_settings
from node.model.records import ImportReport
from node.storage.index_files import Run
from tests.support import disk
from tests.support.federation import roomy_policy
from tests.support.people import Line


def founded_owner(directory: Path) -> Home:
    """The home of th, whose audiences are cn and la."""
    federation = found_federation(directory, ("cn", "la", "th"), roomy_policy(), SystemClock().now_ms())
    return next(node.home for node in federation.nodes if node.node_id == "th")


@asynccontextmanager
async def owner_at(home: Home) -> AsyncIterator[Node]:
    """The node, its epochs and chains open."""
    with _opened(home, load_settings(home)) as node:
        await open_epochs(node)
        await open_publications(node)
        yield node


async def imported(node: Node, records: Sequence[Line]) -> ImportReport:
    """Import records as an officer does."""
    lines = [json.dumps(record, ensure_ascii=False).encode() for record in records]

    async def batches() -> AsyncIterator[tuple[int, list[bytes]]]:
        yield 1, lines

    order = ImportOrder(os.urandom(32), len(lines), dry_run=False, officer="analyst")
    told = [item async for item in import_records(node, order, batches())]
    assert isinstance(told[-1], ImportReport)
    return told[-1]


def check_chains(home: Home) -> None:
    """In every chain each live record has one standing tag, no other has one, and no label stands twice."""
    live = {row for (row,) in disk.rows(home, _LIVE)}
    for (chain_no,) in disk.rows(home, "SELECT chain_no FROM chain"):
        standing = disk.rows(home, "SELECT row FROM tag WHERE chain_no = ? AND revoked_seq IS NULL", chain_no)
        assert sorted(row for (row,) in standing) == sorted(live)
        deltas = disk.rows(home, "SELECT postings FROM delta WHERE chain_no = ? ORDER BY seq", chain_no)
        snapshot = Run.open(home.index / "own" / str(chain_no), disk.SNAPSHOT)
        chain = disk.PublishedChain(chain_no, b"", len(deltas), snapshot, tuple(each for (each,) in deltas))
        labels = chain.labels().tolist()
        assert len(labels) == len(set(labels))


_LIVE = """
SELECT version.row FROM record_version version JOIN change_set own ON own.set_no = version.set_no
WHERE own.visible_no IS NOT NULL AND version.kind = 'put' AND NOT EXISTS (
    SELECT 1 FROM record_version later JOIN change_set its ON its.set_no = later.set_no
    WHERE later.row = version.row AND its.visible_no > own.visible_no)
"""
