"""What a node's courier needs at hand: who takes which letters, and what wakes the job that sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlalchemy import Connection

from node.errors import LancangError
from node.model.courier import MOST_LETTERS, Kind, Letter, Refusal
from node.policy.rates import Rate, RateLimiter

if TYPE_CHECKING:
    from node.acts.runtime.node import Node

LETTERS_RATE: Final = Rate(per_minute=12_000, burst=2_000)
"""Letters that one peer may send: what waited for a week of 100,000 comes within nine minutes."""
HEARD_MS: Final = 1_000
FAULTS_RATE: Final = Rate(per_minute=1, burst=10)
"""Whoever floods must not fill the log as well."""

Handler: TypeAlias = "Callable[[Connection, Node, Letter], None]"
"""Takes a letter in the transaction that records its receipt. Raises LancangError to refuse it.

It must be quick (under 20 ms) and leave no trace outside the transaction: it may run again if the commit fails.
"""

OnRefused: TypeAlias = "Callable[[Connection, Node, Letter, Refusal], None]"
"""Told at the sender, in the transaction that settles a letter, that it was refused for good or given up."""


@dataclass(slots=True)
class Route:
    """The way to one peer. failures: calls that failed one after the other; problem: how the last one did.

    until: no call before this time of the event loop, in seconds. most: letters in one call; fewer over a slow line.
    """

    failures: int = 0
    until: float = 0.0
    problem: LancangError | None = None
    most: int = MOST_LETTERS

    def reset(self) -> None:
        """The peer was heard of: call it at once."""
        self.failures, self.until = 0, 0.0


def _letters_rate() -> RateLimiter:
    return RateLimiter(LETTERS_RATE)


def _faults_rate() -> RateLimiter:
    return RateLimiter(FAULTS_RATE)


@dataclass(slots=True, repr=False)
class Courier:
    """handlers, on_refused: by kind, given at the composition root. wake: there may be something to send.

    posted: counts what was queued, so that whoever commits it knows to wake the job. alive: peers heard of since the
    job looked; heard_ms: when that counted last. letters_rate: what each peer may send; faults_rate: how often one's
    fault becomes an act.
    """

    handlers: dict[Kind, Handler] = field(default_factory=dict)
    on_refused: dict[Kind, OnRefused] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    posted: int = 0
    alive: set[str] = field(default_factory=set)
    heard_ms: dict[str, int] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)
    letters_rate: RateLimiter = field(default_factory=_letters_rate)
    faults_rate: RateLimiter = field(default_factory=_faults_rate)

    def route(self, peer: str) -> Route:
        """The way to a peer, as good as any until it failed."""
        return self.routes.setdefault(peer, Route())

    def heard_of(self, peer: str, now_ms: int) -> None:
        """A peer was seen alive: what waits for it is tried at once. At most once a second, however often it calls."""
        if abs(now_ms - self.heard_ms.get(peer, 0)) >= HEARD_MS:
            self.heard_ms[peer] = now_ms
            self.try_now(peer)

    def try_now(self, peer: str) -> None:
        """Try what waits for a peer, whatever its pause."""
        self.alive.add(peer)
        self.wake.set()
