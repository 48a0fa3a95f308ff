"""What can't be undone is not done by a clock that the others do not confirm."""

from __future__ import annotations

from pathlib import Path

from tests.support import disk
from tests.support.federation import wait_for
from tests.support.rough_line import check_charges
from tests.support.two_clocks import DAY, MINUTE, TwoClocks, two_clocks


def test_a_wrong_clock_opens_no_epoch_erases_nothing_and_hinders_no_search(tmp_path: Path) -> None:
    with two_clocks(tmp_path) as clocks:
        clocks.right()
        _a_clock_a_day_off_opens_no_epoch_and_erases_nothing(clocks)
        clocks.right()
        _an_epoch_opened_half_an_hour_ahead_is_taken_up_when_its_time_has_come(clocks)


def _a_clock_a_day_off_opens_no_epoch_and_erases_nothing(clocks: TwoClocks) -> None:
    home = clocks.running.node("th").home
    states = "SELECT epoch, state, secret_key IS NULL FROM own_epoch"
    before = disk.rows(home, states)
    clocks.set("th", DAY)
    refused = clocks.running.command("--as", "administrator", "epoch", "rotate", "--yes", home="th")
    assert refused.returncode == 11
    assert "LCG-313" in refused.stderr
    # By this clock every epoch is long over, its grace too.
    clocks.set("th", 120 * DAY)
    wait_for(lambda: clocks.answer().code == "LCG-306", "th answers no more in an epoch that is over")
    clocks.set("th", 0)
    clocks.restart("th")
    wait_for(lambda: clocks.answer().outcome == "hit", "cn finds it again")
    assert disk.rows(home, states) == before


def _an_epoch_opened_half_an_hour_ahead_is_taken_up_when_its_time_has_come(clocks: TwoClocks) -> None:
    before = clocks.answer().epoch
    clocks.set("th", 30 * MINUTE)
    rotated = clocks.running.command("--as", "administrator", "epoch", "rotate", "--yes", home="th")
    assert rotated.returncode == 0, rotated.stderr
    wait_for(lambda: clocks.seen_by_cn().epoch == before and clocks.answer().outcome == "hit", "the old epoch goes on")
    clocks.set("cn", 31 * MINUTE)
    wait_for(lambda: clocks.answer().epoch == before + 1, "cn takes up the new epoch")
    assert clocks.answer().outcome == "hit"
    check_charges(clocks.running, "th")
