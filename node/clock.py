"""Time, always handed in: no room of the node reads the system clock by itself."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Wall-clock time in milliseconds since 1970 (UTC)."""

    def now_ms(self) -> int:
        """Return the current time."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        """Return the system time."""
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that a test moves by hand."""

    def __init__(self, now_ms: int = 1_800_000_000_000) -> None:
        self._now = now_ms

    def now_ms(self) -> int:
        """Return the time set last."""
        return self._now

    def advance(self, ms: int) -> None:
        """Move on by ms milliseconds (backwards if negative)."""
        self._now += ms


class FileClock:
    """The system clock shifted by the whole number of milliseconds that a file holds.

    Test federations move all their processes with it. A node takes it only under a demo roster.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def now_ms(self) -> int:
        """Return the shifted time; an absent or empty file shifts nothing."""
        try:
            shift = int(self._path.read_text(encoding="ascii").strip() or "0")
        except (FileNotFoundError, ValueError):
            shift = 0
        return SystemClock().now_ms() + shift
