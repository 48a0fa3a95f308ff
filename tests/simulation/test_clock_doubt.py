"""One liar does not make a node doubt its clock. What a leap of its own does: tests/unit/acts/test_clock_doubt.py."""

from __future__ import annotations

from pathlib import Path

from node.clock import SystemClock
from tests.support.ceremony import typed
from tests.support.federation import wait_for
from tests.support.two_clocks import DAY, two_clocks


def test_one_peer_whose_clock_is_wrong_stops_no_rotation(tmp_path: Path) -> None:
    with two_clocks(tmp_path) as clocks:
        th = clocks.running.node("th").home.path
        rotate = ("epoch", "rotate", "--yes", "--no-wait")
        ahead = SystemClock().now_ms() + 8 * DAY
        clocks.set("cn", 9 * DAY)
        wait_for(lambda: clocks.running.peers("th")[0].as_of_ms > ahead, "th hears cn from a time to come")
        typed(*rotate, home=th)
        wait_for(lambda: clocks.opened("th") == 2, "th has rotated")
