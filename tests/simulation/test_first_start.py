"""SIGKILL during the first start and its migration: the next start serves, with one epoch and a sound database."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from node.acts.founding.found_federation import found_federation
from node.clock import SystemClock
from tests.support import disk
from tests.support.federation import RunningFederation, roomy_policy, wait_for
from tests.support.people import numbered


def _kill_first_starts(directory: Path, draw: random.Random, kills: int) -> None:
    founded = found_federation(directory, ("th", "vn"), roomy_policy(), SystemClock().now_ms())
    running = RunningFederation(founded)
    home = running.node("th").home
    try:
        for _ in range(kills):
            running.start("th")
            # From the first byte of the database on: schema, roster, epoch, snapshot are made within about 0.3 s.
            wait_for(home.database.exists, "the database is begun")
            time.sleep(draw.uniform(0, 0.4))  # the random moment itself
            running.kill("th")
        running.start()
        running.wait_serving()
        running.wait_in_sync()
        assert running.load("th", numbered("TH", 3, 0)).added == 3
        wait_for(
            lambda: running.search("vn", {"phones": ["+66810000002"]}).answers[0].outcome == "hit", "vn finds a record"
        )
        assert disk.number(home, "SELECT count(*) FROM own_epoch") == 1
        chain = disk.chain(home, "vn")
        assert len(set(chain.labels().tolist())) == len(chain.labels())
        assert sorted(path.name for path in (home.index / "own").iterdir()) == [str(chain.number)]
        assert disk.rows(home, "PRAGMA integrity_check") == [("ok",)]
        numbers = [number for (number,) in disk.rows(home, "SELECT act_no FROM act ORDER BY act_no")]
        assert numbers == list(range(1, len(numbers) + 1))
    finally:
        running.stop()


def test_a_first_start_killed_at_any_moment_is_made_good_by_the_next(tmp_path: Path, draw: random.Random) -> None:
    _kill_first_starts(tmp_path / "federation", draw, 2)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_many_first_starts_are_killed(tmp_path: Path, draw: random.Random) -> None:
    for place in range(15):
        _kill_first_starts(tmp_path / f"federation-{place}", draw, 6)
