"""After a week of outage the outbox is full; it drains while officers search as always. Latencies are printed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from node.v1 import operator_pb2
from tests.support import disk
from tests.support.federation import RunningFederation, roomy_policy, running_federation, wait_for
from tests.support.letter_node import WANTED
from tests.support.people import numbered, phones_of
from tests.support.six_nodes import wait_spread

SENDER, RECIPIENT = "cn", "th"
CALM_SEARCHES = 300


def _drain(directory: Path, capsys: pytest.CaptureFixture[str], letters: int) -> tuple[list[float], list[float]]:
    """Fill cn's outbox while th is away, then let it drain. Seconds of each search: in calm, and meanwhile."""
    environment = {"LETTERS_TO": RECIPIENT, "LETTERS_LINES": str(letters // 5), "LETTERS_AT_ONCE": "100"}
    program = ("tests.support.letter_node",)
    with running_federation(directory, (SENDER, RECIPIENT), roomy_policy(), environment, program) as running:
        records = numbered("TH", 20, 1)
        running.load(RECIPIENT, records)
        wait_spread(running, RECIPIENT)
        phone = phones_of(records)[0]
        home = running.node(SENDER).home
        calm = _searches(running, phone, lambda done: done < CALM_SEARCHES)
        running.kill(RECIPIENT)
        (home.path / WANTED).write_text(str(letters), encoding="ascii")
        waiting = "SELECT count(*) FROM outbox WHERE state = 'waiting'"
        wait_for(lambda: disk.number(home, waiting) == letters, f"{letters} letters wait", 1_200)
        running.start(RECIPIENT)
        running.wait_serving(RECIPIENT)
        running.wait_in_sync()
        began, before = time.monotonic(), disk.number(home, waiting)
        busy = _searches(running, phone, lambda done: done % 10 > 0 or disk.number(home, waiting) > 0)
        seconds = time.monotonic() - began
        with capsys.disabled():
            rate = before / seconds
            print(f"\n{before} letters in {seconds:.0f} s, {rate:.0f}/s; calm {_told(calm)}; draining {_told(busy)}")  # noqa: T201 - measured
        taken = "SELECT count(*), count(DISTINCT message_id) FROM test_taken"
        assert disk.rows(running.node(RECIPIENT).home, taken) == [(letters, letters)]
        return calm, busy


def _searches(running: RunningFederation, phone: str, go_on: Callable[[int], bool]) -> list[float]:
    """One search after the other, as long as told; seconds each."""
    query = json.dumps({"query_id": "q", "phones": [phone]}).encode()
    request = operator_pb2.SearchRequest(query=query, purpose="telecom-fraud", case_number="C-1", peers=[RECIPIENT])
    times: list[float] = []
    with running.officer(SENDER) as stub:
        while go_on(len(times)):
            begun = time.perf_counter()
            (answer,) = stub.Search(request, timeout=60.0).result.answers
            times.append(time.perf_counter() - begun)
            assert answer.outcome == "hit"
    return times


def _p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def _told(times: list[float]) -> str:
    p50 = sorted(times)[len(times) // 2]
    return f"p50 {p50 * 1000:.0f} ms, p99 {_p99(times) * 1000:.0f} ms of {len(times)}"


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_an_outbox_of_a_hundred_thousand_letters_drains_and_searches_stay_fast(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calm, busy = _drain(tmp_path / "f", capsys, 100_000)
    assert _p99(busy) <= 2 * _p99(calm)
