"""Rate limits: the generic cell rate algorithm (GCRA, ITU-T I.371), in memory, in front of the durable budgets.

One number per key, its theoretical arrival time, says all: a call is due if that time is not further ahead than the
burst allows. Nothing is lost by a restart but the memory of the last burst.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from node.errors import Code, LancangError

_SWEEP_AT = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """per_minute: calls in the long run; burst: calls that may come at once. Both at least 1."""

    per_minute: int
    burst: int

    def __post_init__(self) -> None:
        """Refuse a rate that lets nothing through with ValueError."""
        if self.per_minute < 1 or self.burst < 1:
            raise ValueError("a rate lets at least one call through")


class RateLimiter:
    """Limits calls by key (a peer, an officer, a method of one). Not for several threads at once."""

    def __init__(self, rate: Rate) -> None:
        self._interval = 60_000 / rate.per_minute
        self._tolerance = self._interval * (rate.burst - 1)
        self._arrivals: dict[Hashable, float] = {}
        self._now = 0

    def check(self, key: Hashable, now_ms: int) -> None:
        """Count a call, or refuse it uncounted: LancangError RATE_LIMITED with retry_after_ms."""
        self._now = max(self._now, now_ms)
        arrival = max(self._arrivals.get(key, 0.0), float(self._now))
        early = arrival - self._tolerance - self._now
        if early > 0:
            wait = self._now - now_ms + early
            raise LancangError(Code.RATE_LIMITED, retry_after_ms=max(1, int(wait) + 1))
        if key not in self._arrivals and len(self._arrivals) >= _SWEEP_AT:
            self._sweep()
        self._arrivals[key] = arrival + self._interval

    def _sweep(self) -> None:
        """Forget keys that are as good as new."""
        self._arrivals = {key: arrival for key, arrival in self._arrivals.items() if arrival > self._now}
