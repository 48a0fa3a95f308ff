"""Two real nodes under attack for the whole session: one with room for every test, one that grants two asks an hour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from node.model.roster import Budget
from node.roster.policy_defaults import default_policy
from tests.support.federation import roomy_policy, wait_for
from tests.support.hostile_target import TARGET, Target, found_target

# Two asks an hour for a member, one for each of its officers; an epoch would have room for more.
TINY = Budget(
    member_hour=128, member_day=640, member_epoch=640, officer_hour=64, officer_day=640, officer_epoch=640
)  # fmt: skip
ASKS_PER_MINUTE = 20


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A node that has published three batches to every audience."""
    made = found_target(tmp_path_factory.mktemp("target") / "f", replace(roomy_policy(), head_seconds=1))
    try:
        made.running.start(TARGET)
        made.running.wait_serving(TARGET)
        for number in range(3):
            name = ("Bounmy Keo", "Somsak Dee", "Noy Vong")[number]
            line = {"record_id": f"R-{number}", "names": [{"text": name}], "birth_date": f"198{number}-05-17"}
            made.running.load(TARGET, [{**line, "category": "wanted"}])
            wait_for(lambda: made.running.published(TARGET), "the target has published")
        yield made
        # Whatever was sent, nothing went wrong that the program had not foreseen.
        assert "unforeseen" not in made.log()
        assert "Traceback" not in made.log()
    finally:
        made.running.stop()


@pytest.fixture(scope="session")
def poor_target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A node whose policy grants two asks an hour."""
    policy = replace(default_policy(), budget=TINY, asks_per_minute=ASKS_PER_MINUTE)
    made = found_target(tmp_path_factory.mktemp("poor") / "f", policy)
    try:
        made.running.start(TARGET)
        made.running.wait_serving(TARGET)
        yield made
        assert "unforeseen" not in made.log()
    finally:
        made.running.stop()
