"""A large import, and live work beside it: searches at the owner, charges, single records. Latencies are printed."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from statistics import median

import pytest

from node.v1 import operator_pb2
from tests.support import disk
from tests.support.people import Line, numbered
from tests.support.rough_line import OWNER, RoughLine, check_charges
from tests.support.six_nodes import wait_spread

_numbers = count(1_000_000, 100_000)
# Far beyond what is promised (100 ms): two cores are shared with the import's own workers and other tests.
SANE_SECONDS = 5.0


def test_searches_and_single_records_go_on_during_an_import(
    rough: RoughLine, capsys: pytest.CaptureFixture[str]
) -> None:
    _import_beside_live_work(rough, capsys, 1_500)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_they_go_on_during_a_long_import(rough: RoughLine, capsys: pytest.CaptureFixture[str]) -> None:
    _import_beside_live_work(rough, capsys, 20_000)


def _import_beside_live_work(rough: RoughLine, capsys: pytest.CaptureFixture[str], lines: int) -> None:
    first = next(_numbers)
    standing = numbered("TH", 3, first, first)
    rough.imported(standing)
    wait_spread(rough.running, OWNER)
    records = numbered("TH", lines, first, first + 10)
    with ThreadPoolExecutor(1) as pool:
        importing = pool.submit(rough.imported, records)
        searches, changes = _live_work(rough, standing[0], importing)
        assert importing.result().added == lines
    assert len(searches) >= 3
    assert len(changes) >= 3
    with capsys.disabled():
        print(f"\nduring an import of {lines}: search {_told(searches)}; show and log a record {_told(changes)}")  # noqa: T201 - measured, not asserted
    assert max(searches + changes) < SANE_SECONDS
    # Leave the line to others as it was found: nothing of these thousands needs to be searched.
    home = rough.running.node(OWNER).home
    assert disk.number(home, "SELECT count(*) FROM record_import WHERE state = 'staging'") == 0
    check_charges(rough.running, OWNER)


def _live_work(rough: RoughLine, held: Line, importing: Future[operator_pb2.ImportSummary]) -> tuple[list[float], ...]:
    """How long each search by cn and each logged act at th took, in seconds, until the import ended."""
    searches, changes = [], []

    def search() -> None:
        assert rough.search("cn", held["phones"][0], peers=[OWNER])[OWNER].outcome == "hit"

    def show() -> None:
        with rough.running.officer(OWNER) as stub:
            stub.ShowRecord(operator_pb2.ShowRecordRequest(record_id=held["record_id"]), timeout=10.0)

    while not importing.done():
        searches.append(_seconds(search))
        changes.append(_seconds(show))
    return searches, changes


def _seconds(act: Callable[[], None]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _told(times: list[float]) -> str:
    ordered = sorted(times)
    return f"p50 {median(ordered) * 1000:.0f} ms, worst {ordered[-1] * 1000:.0f} ms of {len(ordered)}"
