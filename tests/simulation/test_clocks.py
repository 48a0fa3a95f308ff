"""Clocks that go wrong at one node: minutes, days, forward and back. Certificates follow the machine's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.clock import SystemClock
from node.errors import Code, LancangError
from node.v1 import operator_pb2
from tests.support.ceremony import Ceremony
from tests.support.federation import wait_for
from tests.support.rough_line import check_charges
from tests.support.two_clocks import DAY, MINUTE, RECORD, TwoClocks, two_clocks


@pytest.fixture(scope="module")
def _two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoClocks]:
    with two_clocks(tmp_path_factory.mktemp("clocks")) as two:
        yield two


@pytest.fixture
def clocks(_two: TwoClocks) -> TwoClocks:
    """cn and th with right clocks."""
    _two.right()
    return _two


def test_minutes_off_are_seen_by_the_doctor_and_the_search_goes_on(clocks: TwoClocks) -> None:
    clocks.set("cn", -5 * MINUTE)
    clocks.restart("cn")
    wait_for(lambda: "clock against th" in clocks.doctor("cn"), "cn has greeted th")
    skew = clocks.doctor("cn")["clock against th"]
    assert skew.state == operator_pb2.CHECK_STATE_FAILED
    assert "NTP" in skew.remedy
    answer = clocks.answer()
    # The copy is fresh, but by this clock it comes from the time to come: that is said.
    assert (answer.outcome, answer.code) in {("hit", "LCG-410"), ("refused", "LCG-306")}


def test_days_off_and_back_again_give_no_budget_and_lose_no_answer(clocks: TwoClocks) -> None:
    clocks.set("th", 2 * DAY)
    assert clocks.answer().outcome == "hit"
    charged = clocks.left_here()
    # Two days on, and a day back: what was spent stays spent, though the window of that time was empty.
    clocks.set("th", DAY)
    assert clocks.left_here() <= charged
    assert clocks.answer().outcome == "hit"
    assert clocks.left_here() < charged
    clocks.set("th", 0)
    assert clocks.left_here() < charged
    assert clocks.answer().outcome == "hit"
    check_charges(clocks.running, "th")
    clocks.restart("th")
    wait_for(lambda: clocks.answer().outcome == "hit", "cn finds it after th's restart, without any news", 20)
    clocks.running.load("th", [RECORD | {"sex": "male"}])
    wait_for(lambda: clocks.running.published("th"), "th has published")
    wait_for(lambda: clocks.answer().outcome == "hit", "cn finds it after news")
    check_charges(clocks.running, "th")


def test_a_head_of_a_time_to_come_is_followed_by_none_that_looks_replayed(clocks: TwoClocks) -> None:
    clocks.set("th", 2 * DAY)
    ahead = SystemClock().now_ms() + DAY
    wait_for(lambda: clocks.seen_by_cn().as_of_ms > ahead, "cn has a head of a time to come")
    clocks.set("th", 0)
    clocks.restart("th")
    # Its clock is right again, two days before what it signed. The index is shown as not fresh, and goes on.
    clocks.running.load("th", [RECORD | {"sex": "female"}])
    wait_for(lambda: clocks.running.published("th") and clocks.seen_by_cn().state == "stale", "cn follows th again")
    answer = clocks.answer()
    assert (answer.outcome, answer.code) == ("hit", "LCG-410")
    refused = [act for act in clocks.running.acts("cn") if act.kind == "index-refused"]
    assert refused == []


def test_an_expired_epoch_and_an_expired_roster_stop_searches_by_name(clocks: TwoClocks, tmp_path: Path) -> None:
    # A requester asks no more once the epoch is over; an owner still answers through the grace of a week.
    clocks.set("cn", 91 * DAY)
    answer = clocks.answer()
    assert (answer.outcome, answer.code) == ("refused", "LCG-306")
    clocks.set("cn", 0)
    clocks.wait_followed()
    clocks.set("th", 91 * DAY)
    assert clocks.answer().outcome == "hit"
    clocks.set("th", 98 * DAY)
    answer = clocks.answer()
    assert (answer.outcome, answer.code) == ("refused", "LCG-306")
    clocks.set("th", 366 * DAY)
    assert clocks.answer().code == "LCG-302"
    # Nor does it go on to publish.
    clocks.running.wait_fault("cn", "th", "LCG-302")
    assert clocks.doctor("th")["roster"].state == operator_pb2.CHECK_STATE_FAILED
    clocks.set("cn", 366 * DAY)
    with pytest.raises(LancangError) as stopped:
        clocks.answer()
    assert stopped.value.code is Code.ROSTER_EXPIRED
    assert stopped.value.exit_code == 9
    # A late alliance can still be renewed, without a restart: what stops the search now is the epoch alone.
    ceremony = Ceremony(clocks.running, tmp_path)
    draft = ceremony.draft("cn", "--days", "400")
    ceremony.sign(draft, ("cn", "th"))
    ceremony.accept(draft, ("cn", "th"))
    answer = clocks.answer()
    assert (answer.outcome, answer.code) == ("refused", "LCG-306")
    clocks.set("cn", 380 * DAY)
    assert clocks.doctor("cn")["roster"].state == operator_pb2.CHECK_STATE_WARNING
    clocks.set("th", 0)
    clocks.set("cn", 0)
    clocks.wait_followed()
    assert clocks.answer().outcome == "hit"
    check_charges(clocks.running, "th")
