"""A large node rotates among six: what its peers' searches feel of it, and how long it takes beside a first import.

Minutes long, so it runs only when it is named: `python -m benchmarks.run --only rotation`.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.importing import OWNER, run_import
from benchmarks.people import query_lines, record_lines
from benchmarks.rows import Limit, Row, Spread
from node.v1 import operator_epochs_pb2, operator_epochs_pb2_grpc, operator_pb2
from node.v1.operator_pb2_grpc import OperatorServiceStub
from tests.support import disk
from tests.support.federation import RunningFederation, running_federation, wait_for
from tests.support.six_nodes import wait_spread

REQUESTER = "cn"
RECORDS = 100_000
CALM = 400
# Officers search now and then; a machine that does nothing but search has nothing left to rotate with.
PAUSE_SECONDS = 0.15
SECONDS = 1_800.0


def measure(records: int = RECORDS) -> list[Row]:
    """A first import, calm searches, then searches without a pause while the node rotates."""
    with tempfile.TemporaryDirectory() as scratch, running_federation(Path(scratch) / "federation") as running:
        begun = time.perf_counter()
        run_import(running, record_lines(records, seed=71))
        wait_for(lambda: running.published(OWNER), f"{OWNER} has published", SECONDS)
        first_import = time.perf_counter() - begun
        wait_spread(running, OWNER)
        queries = itertools.cycle(query_lines(500, seed=72))
        with running.officer(REQUESTER) as stub:
            calm = [_search(stub, next(queries)) for _ in range(CALM)]
            _begin(running)
            meanwhile: list[float] = []
            while _newest(running) < 2:
                meanwhile.append(_search(stub, next(queries)))
            after = list(_until_taken_up(running, stub, queries))
        # Alone, as the first import was: beside searches without end it gives way to them.
        begun = time.perf_counter()
        _begin(running)
        wait_for(lambda: _newest(running) == 3, "the third epoch opens", SECONDS)
        rotation = time.perf_counter() - begun
    measured, floor = Spread.of(meanwhile, "ms"), Spread.of(calm, "ms")
    slowest, calm_slowest = _p99([*meanwhile, *after]), _p99(calm)
    notes = {
        "p99 in calm, and meanwhile": f"{calm_slowest:.3g} ms, {slowest:.3g} ms",
        "worst": f"{max(*meanwhile, *after):.3g} ms",
        "searches that failed": f"0 of {len(meanwhile) + len(after)}, {len(after)} of them while peers took it up",
    }
    took = {"first import": f"{first_import:.1f} s", "rotation": f"{rotation:.1f} s"}
    return [
        Row(
            f"p99 of searches while a node of {records:,} records rotates",
            measured,
            floor,
            slowest / calm_slowest,
            Limit(2.0, "x"),
            notes,
        ),
        Row(
            f"rotation of {records:,} records until the new epoch is open, beside their first import",
            Spread.of([rotation], "s"),
            Spread.of([first_import], "s"),
            rotation / first_import,
            Limit(1.2, "x"),
            took,
        ),
    ]


def _search(stub: OperatorServiceStub, line: bytes) -> float:
    """Milliseconds of one search of five peers, then a pause. Raises AssertionError if a peer did not answer."""
    request = operator_pb2.SearchRequest(query=line, purpose="telecom-fraud", case_number="BENCH-7")
    begun = time.perf_counter()
    result = stub.Search(request, timeout=60.0).result
    if not result.complete:
        raise AssertionError(f"a search failed: {[(each.node, each.code) for each in result.answers]}")
    took = time.perf_counter() - begun
    time.sleep(PAUSE_SECONDS)
    return took * 1e3


def _begin(running: RunningFederation) -> None:
    with running.officer_channel(OWNER, "administrator") as channel:
        stub = operator_epochs_pb2_grpc.OperatorEpochsServiceStub(channel)
        stub.RotateEpoch(operator_epochs_pb2.RotateEpochRequest(reason="benchmark"), timeout=30.0)


def _newest(running: RunningFederation) -> int:
    return disk.number(running.node(OWNER).home, "SELECT max(epoch) FROM own_epoch WHERE state = 'open'")


def _until_taken_up(running: RunningFederation, stub: OperatorServiceStub, queries: Iterator[bytes]) -> Iterator[float]:
    """Searches until the requester has the new copy, and as many more."""
    count = 0
    while not _taken_up(running):
        yield _search(stub, next(queries))
        count += 1
    for _ in range(max(50, count)):
        yield _search(stub, next(queries))


def _taken_up(running: RunningFederation) -> bool:
    return all(peer.epoch == 2 for peer in running.peers(REQUESTER) if peer.node_id == OWNER)


def _p99(values: list[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 99 // 100) - 1)]
