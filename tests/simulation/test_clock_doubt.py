"""Who makes a node doubt its clock: a federation of its own, for no leap of another test must be left in it."""

from __future__ import annotations

from pathlib import Path

from node.clock import SystemClock
from node.v1 import operator_pb2
from tests.support.ceremony import typed
from tests.support.federation import wait_for
from tests.support.two_clocks import DAY, two_clocks


def test_one_peer_whose_clock_is_wrong_stops_no_rotation_and_a_clock_that_leapt_does(tmp_path: Path) -> None:
    with two_clocks(tmp_path) as clocks:
        th = clocks.running.node("th").home.path
        rotate = ("epoch", "rotate", "--yes", "--no-wait")
        ahead = SystemClock().now_ms() + 8 * DAY
        clocks.set("cn", 9 * DAY)
        wait_for(lambda: clocks.running.peers("th")[0].as_of_ms > ahead, "th hears cn from a time to come")
        typed(*rotate, home=th)
        wait_for(lambda: clocks.opened("th") == 2, "th has rotated")
        # Its own clock leaps, and the only one it hears says another time.
        clocks.set("cn", 0)
        clocks.restart("cn")
        clocks.set("th", 9 * DAY)
        refused = typed(*rotate, home=th, code=11)
        assert "LCG-313" in refused
        assert clocks.doctor("th")["clock"].state == operator_pb2.CHECK_STATE_FAILED
        # Whoever confirms it takes the doubt away.
        clocks.set("cn", 9 * DAY)
        wait_for(lambda: "clock" not in clocks.doctor("th"), "cn confirms th's clock")
