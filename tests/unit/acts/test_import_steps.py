"""How an import goes through a file: in steps that get smaller towards its end, none of them long."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from node.acts.records.import_records import CHUNK, SMALLEST_CHUNK, ImportOrder, Progress, import_records
from tests.support.people import numbered
from tests.unit.acts.owner import founded_owner, owner_at

LINES = [json.dumps(record, ensure_ascii=False).encode() for record in numbered("TH", 900, 1, 1)]


@pytest.mark.parametrize("told", [len(LINES), 0], ids=["length told", "length unknown"])
async def test_steps_are_short_and_get_shorter_where_the_end_is_known(tmp_path: Path, told: int) -> None:
    async def batches() -> AsyncIterator[tuple[int, list[bytes]]]:
        for at in range(0, len(LINES), 512):
            yield at + 1, LINES[at : at + 512]

    order = ImportOrder(os.urandom(32), told, dry_run=True, officer="analyst")
    async with owner_at(founded_owner(tmp_path / "federation")) as node:
        items = [item async for item in import_records(node, order, batches())]
    reached = [item.lines_done for item in items if isinstance(item, Progress)]
    steps = [later - earlier for earlier, later in pairwise(reached)]
    assert reached[-1] == len(LINES)
    assert max(steps) <= CHUNK
    assert steps[-1] <= SMALLEST_CHUNK if told else steps[0] == CHUNK
