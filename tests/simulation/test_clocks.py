"""Clocks that go wrong at one node: minutes, days, forward and back. Certificates follow the machine's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from node.acts.found_federation import found_federation
from node.clock import SystemClock
from node.errors import Code, LancangError
from node.v1 import operator_pb2
from tests.support import disk
from tests.support.ceremony import Ceremony
from tests.support.federation import RunningFederation, roomy_policy, wait_for
from tests.support.rough_line import check_charges

MINUTE, DAY = 60_000, 86_400_000
PHONE = "+66810123456"
RECORD = {"record_id": "TH-1", "names": [{"text": "สมชาย ใจดี"}], "phones": [PHONE]}


@dataclass(frozen=True, slots=True)
class TwoClocks:
    """cn and th, each with a clock of its own."""

    running: RunningFederation
    directory: Path

    def settings(self, node: str) -> dict[str, str]:
        """What a node is started with."""
        return {"LANCANG_TEST_CLOCK": str(self.directory / f"{node}.clock")}

    def set(self, node: str, ms: int) -> None:
        """Set a node's clock so far off."""
        (self.directory / f"{node}.clock").write_text(str(ms), encoding="ascii")

    def answer(self) -> operator_pb2.Answer:
        """What cn is told of someone th holds."""
        return self.running.search("cn", {"phones": [PHONE]}).answers[0]

    def doctor(self, node: str) -> dict[str, operator_pb2.Check]:
        """A node's doctor, by check."""
        with self.running.officer(node, "administrator") as stub:
            checks = stub.RunDoctor(operator_pb2.RunDoctorRequest(), timeout=20.0).checks
        return {check.name: check for check in checks}

    def restart(self, node: str) -> None:
        """Start a node anew."""
        self.running.kill(node)
        self.running.start(node, extra=self.settings(node))
        self.running.wait_serving(node)

    def seen_by_cn(self) -> operator_pb2.Peer:
        """How cn's officers see th."""
        return self.running.peers("cn")[0]

    def wait_followed(self) -> None:
        """Wait until cn follows th again: what it found closed, it finds open when it next greets the owner.

        After the clocks went back the owner's heads still bear the later time, which is shown as stale.
        """
        wait_for(lambda: self.seen_by_cn().state in {"in-sync", "stale"}, "cn follows th again")

    def left_here(self) -> int:
        """What cn may still buy at th today, as th counts."""
        return next(peer.budget_left_here_day for peer in self.running.peers("th") if peer.node_id == "cn")


@pytest.fixture(scope="module")
def _two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoClocks]:
    directory = tmp_path_factory.mktemp("clocks")
    often = replace(roomy_policy(), head_seconds=1)
    founded = found_federation(directory / "federation", ("cn", "th"), often, SystemClock().now_ms())
    two = TwoClocks(RunningFederation(founded), directory)
    try:
        for node in ("cn", "th"):
            two.running.start(node, extra=two.settings(node))
        two.running.wait_serving()
        two.running.wait_in_sync()
        two.running.load("th", [RECORD])
        yield two
    finally:
        two.running.stop()


@pytest.fixture
def clocks(_two: TwoClocks) -> TwoClocks:
    """cn and th with right clocks; th may have sent heads of a time to come."""
    for node in ("cn", "th"):
        _two.set(node, 0)
    wait_for(lambda: _two.answer().outcome == "hit", "cn finds the record")
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


def test_a_clock_a_day_off_opens_no_epoch_and_erases_nothing(clocks: TwoClocks) -> None:
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


def test_an_epoch_opened_by_a_clock_half_an_hour_ahead_is_taken_up_when_its_time_has_come(clocks: TwoClocks) -> None:
    before = clocks.answer().epoch
    clocks.set("th", 30 * MINUTE)
    rotated = clocks.running.command("--as", "administrator", "epoch", "rotate", "--yes", home="th")
    assert rotated.returncode == 0, rotated.stderr
    wait_for(lambda: clocks.seen_by_cn().epoch == before and clocks.answer().outcome == "hit", "the old epoch goes on")
    clocks.set("cn", 31 * MINUTE)
    wait_for(lambda: clocks.answer().epoch == before + 1, "cn takes up the new epoch")
    assert clocks.answer().outcome == "hit"
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
