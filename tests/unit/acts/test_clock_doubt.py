"""Whom a node believes about its clock: two who agree, or its own leap; never one peer alone, and no leap for ever."""

from __future__ import annotations

import pytest

from node.acts.runtime.clock_doubt import FAR_MS, doubtful
from node.acts.runtime.clock_watch import DAY_MS, HOUR_MS, ClockWatch
from node.clock import ManualClock

NOW = 1_800_000_000_000
WRONG, ELSEWHERE = NOW + 9 * DAY_MS, NOW - 30 * DAY_MS


@pytest.mark.parametrize(
    ("heard", "leapt", "doubt"),
    [
        ([], False, False),
        ([NOW, NOW - 1], False, False),
        # One alone, true or lying, stops nothing: unless this clock leapt, too.
        ([WRONG], False, False),
        ([WRONG], True, True),
        ([NOW, WRONG], False, False),
        ([NOW, WRONG], True, False),
        # Two who agree do; two who say different things don't.
        ([WRONG, WRONG + FAR_MS], False, True),
        ([WRONG, ELSEWHERE], False, False),
        ([WRONG, ELSEWHERE], True, True),
        # But not against as many or more who agree with this node.
        ([WRONG, WRONG, NOW], False, True),
        ([WRONG, WRONG, NOW, NOW], False, False),
        # A leap with nobody to ask.
        ([], True, True),
    ],
)
def test_who_outweighs_whom(heard: list[int], leapt: bool, doubt: bool) -> None:
    assert doubtful(NOW, heard, leapt=leapt) is doubt


class Machine:
    """A clock that can be set, and a machine that runs."""

    def __init__(self, newest_ms: int = 0) -> None:
        self.clock, self.ran = ManualClock(NOW), 77_000
        self.watch = ClockWatch(self.clock, newest_ms, lambda: self.ran)

    def run(self, ms: int) -> None:
        """Time goes by, for both."""
        self.ran += ms
        self.clock.advance(ms)


@pytest.mark.parametrize("leap", [9 * DAY_MS, -2 * HOUR_MS])
def test_a_leap_makes_uneasy_for_a_day_of_running(leap: int) -> None:
    machine = Machine()
    machine.run(40 * DAY_MS)
    assert not machine.watch.leapt()
    machine.clock.advance(leap)
    assert machine.watch.leapt()
    machine.run(DAY_MS - 1)
    assert machine.watch.leapt()
    machine.run(1)
    assert not machine.watch.leapt()


def test_a_clock_that_is_set_in_small_steps_does_not_leap() -> None:
    machine = Machine()
    for _ in range(100):
        machine.run(60_000)
        machine.clock.advance(30_000)
        assert not machine.watch.leapt()


@pytest.mark.parametrize(
    ("newest_ms", "leapt"),
    [(0, False), (NOW - 1, False), (NOW + HOUR_MS, False), (NOW + 2 * HOUR_MS, True), (NOW - 2 * DAY_MS, True)],
)
def test_a_start_far_from_the_last_act_is_uneasy_too(newest_ms: int, leapt: bool) -> None:
    machine = Machine(newest_ms)
    assert machine.watch.leapt() is leapt
    machine.run(DAY_MS)
    assert not machine.watch.leapt()
