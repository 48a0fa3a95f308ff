"""What this node itself can tell of its clock: whether it leapt, against the time that the machine has been running.

A leap alone proves nothing: NTP that sets a wrong clock right leaps as well, and a node may have been down for weeks.
It is a reason to ask the others, and it loses its weight after a day: until then people had time to look.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from node.clock import Clock

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LEAP_MS = HOUR_MS
LONG_DOWN_MS = DAY_MS
"""A node writes acts all the time: whoever finds its last one so old was down for long, or its clock leapt ahead."""

UNEASY_MS = DAY_MS


def running_ms() -> int:
    """For how long this machine has been running, sleep included: nobody can set it."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


@dataclass(slots=True)
class ClockWatch:
    """One clock, looked at again and again. newest_ms: the time of the node's last act before its start; 0 for none."""

    clock: Clock
    newest_ms: int = 0
    running: Callable[[], int] = running_ms
    _apart: int = field(init=False)
    _uneasy_until: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Look for the first time."""
        self._apart = self.clock.now_ms() - self.running()
        gone_by = self.clock.now_ms() - self.newest_ms
        if self.newest_ms and not -LEAP_MS <= gone_by <= LONG_DOWN_MS:
            self._uneasy_until = self.running() + UNEASY_MS

    def leapt(self) -> bool:
        """Whether it leapt within the last day of running, or had leapt when the node started."""
        running = self.running()
        apart = self.clock.now_ms() - running
        if abs(apart - self._apart) > LEAP_MS:
            self._uneasy_until = running + UNEASY_MS
        # Small steps add up to no leap: a clock that is kept right goes in small steps.
        self._apart = apart
        return running < self._uneasy_until
