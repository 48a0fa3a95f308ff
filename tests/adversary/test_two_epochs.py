"""A real owner with two open epochs: a second key is not a second budget."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from node.roster.policy_defaults import default_policy
from tests.support.federation import roomy_policy
from tests.support.hostile_target import TARGET, answered, found_target
from tests.support.new_tables import other_tables

ASKS_AN_EPOCH = 3


def test_asks_of_the_old_and_the_new_epoch_draw_on_one_budget(tmp_path: Path) -> None:
    roomy = roomy_policy()
    budget = replace(roomy.budget, member_epoch=ASKS_AN_EPOCH * default_policy().ask_size)
    target = found_target(tmp_path / "f", replace(roomy, budget=budget))
    try:
        target.running.start(TARGET, extra=other_tables(tmp_path))
        target.running.wait_serving(TARGET)
        target.running.kill(TARGET)
        # Back to its own tables: the second epoch opens, the first is still answered.
        target.running.start(TARGET)
        target.running.wait_serving(TARGET)
        with target.member("cn") as caller:
            for epoch in (1, 2, 1):
                answered(caller, target.ask("cn", epoch=epoch))
        for epoch in (1, 2):
            assert target.refused_ask(target.ask("cn", epoch=epoch)).code == "LCG-501"
    finally:
        target.running.stop()
