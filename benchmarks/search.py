"""Searches among six real nodes on loopback: one at a time, and a file of 500, against their cryptography alone."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.floors import ASK_SIZE, PEERS, cores, search_floor, searches_a_second
from benchmarks.people import query_lines
from benchmarks.processor_time import processor_seconds
from benchmarks.rows import Limit, Row, Spread
from node.v1 import operator_pb2
from tests.support.federation import RunningFederation

SEARCHES = 60
WARM_UP = 6
SUBJECTS = 500
REQUESTER = "cn"


def measure(running: RunningFederation) -> list[Row]:
    """Both ways of searching, at one requester."""
    return [*_one_at_a_time(running), _file(running)]


def _one_at_a_time(running: RunningFederation) -> list[Row]:
    """Each search beside the floor of the same subject, so that both meet the machine in one mood."""
    lines = query_lines(SEARCHES + WARM_UP, seed=31)
    took: list[float] = []
    floors: list[float] = []
    used: list[float] = []
    with running.officer(REQUESTER) as stub:
        for number, line in enumerate(lines):
            floor = search_floor(line).total
            request = operator_pb2.SearchRequest(query=line, purpose="telecom-fraud", case_number="BENCH-1")
            before = processor_seconds(running)
            begun = time.perf_counter()
            result = stub.Search(request, timeout=60.0).result
            elapsed = time.perf_counter() - begun
            if not result.complete or len(result.answers) != PEERS:
                raise AssertionError("a peer did not answer: nothing is compared with half a search")
            if number >= WARM_UP:
                took.append(elapsed * 1e3)
                floors.append(floor * 1e3)
                used.append((processor_seconds(running) - before) * 1e3)
    measured, floor_spread = Spread.of(took, "ms"), Spread.of(floors, "ms")
    notes = {
        "CPU time of all six nodes for it": Spread.of(used, "ms").text(),
        "CPU time against the floor": f"{sum(used) / sum(floors):.3g} x",
    }
    what = f"one search of five peers, {ASK_SIZE} padded tokens, from the operator's call to its answer"
    return [
        Row(what, measured, floor_spread, measured.p50 / floor_spread.p50, Limit(1.3, "x"), notes),
        Row("the same, in all", measured, None, measured.p50, Limit(250.0, "ms")),
    ]


def _file(running: RunningFederation) -> Row:
    """The command as a person types it, its own start included."""
    lines = query_lines(SUBJECTS, seed=32)
    sample = lines[:40]
    rates = [searches_a_second(sample)]
    with tempfile.TemporaryDirectory() as scratch:
        queries, out = Path(scratch) / "queries.jsonl", Path(scratch) / "results.jsonl"
        queries.write_bytes(b"".join(line + b"\n" for line in lines))
        used = processor_seconds(running)
        begun = time.perf_counter()
        done = running.command(
            "search", "--file", str(queries), "--out", str(out), "--purpose", "telecom-fraud", "--case", "BENCH-2",
            home=REQUESTER,
        )  # fmt: skip
        elapsed = time.perf_counter() - begun
        used = processor_seconds(running) - used
        if done.returncode != 0 or not all(_complete(out)):
            raise AssertionError(f"search --file ended with {done.returncode}: {done.stderr}")
    rates.append(searches_a_second(sample))
    floor = sum(rates) / len(rates)
    notes = {
        "seconds for the file": f"{elapsed:.1f}",
        "CPU time of all six nodes": f"{used:.1f} s of {cores() * elapsed:.1f} s",
    }
    return Row(
        f"search --file, {SUBJECTS} subjects",
        Spread.of([SUBJECTS / elapsed], "searches/s"),
        Spread.of(rates, "searches/s"),
        SUBJECTS / elapsed / floor * 100,
        Limit(75.0, "%", at_least=True),
        notes,
    )


def _complete(out: Path) -> Iterator[bool]:
    for line in out.read_bytes().splitlines():
        yield bool(json.loads(line)["complete"])
