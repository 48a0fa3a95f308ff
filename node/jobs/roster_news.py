"""Telling the peers of a new roster, and fetching what one of them says it holds: each in its own time.

A peer that is slow holds up neither what another one brings nor who is to be told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from node.acts.membership.learn_roster import announce, learn, show_waiting, take_up_pending
from node.acts.runtime.node import Node
from node.errors import Code, LancangError
from node.observe import INCIDENTS, whereabouts

# What no honest peer brings.
_FAULTS = frozenset({Code.ROSTER_FORK, Code.ROSTER_INVALID, Code.ROSTER_QUORUM, Code.MESSAGE_MALFORMED})
_AWAY = frozenset({Code.NODE_UNREACHABLE, Code.NODE_TIMEOUT, Code.NODE_DRAINING, Code.NODE_RESTORED})
LEARN_SECONDS = 30.0
"""For all that one peer has to hand over. What it has handed over by then is kept; the rest is asked for again."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 10.0
_log = structlog.get_logger("roster")

Claim = tuple[int, bytes]


class RosterNews:
    """Remembers which roster was announced last, and whose claims are looked at now."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._announced = node.roster.hash
        self._claims: dict[str, Claim] = {}
        self._at_work: dict[str, asyncio.Task[None]] = {}

    async def turn(self) -> None:
        """Wait for news, and set to work on it."""
        node = self._node
        await node.roster_news.wait()
        node.roster_news.clear()
        if self._announced != node.roster.hash:
            self._announced = node.roster.hash
            self._begin("", self._tell())
        claims, node.roster_claims = node.roster_claims, {}
        for name, claim in claims.items():
            self._claims[name] = claim
            if name not in self._at_work:
                self._begin(name, self._look_into(name))
        await self._settle()

    async def stop(self) -> None:
        """End what is at work."""
        for task in self._at_work.values():
            task.cancel()
        await asyncio.gather(*self._at_work.values(), return_exceptions=True)

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """name: the peer, or '' for telling all of them."""
        before = self._at_work.get(name)
        task = asyncio.create_task(self._seen_through(name, before, work))
        self._at_work[name] = task

    async def _seen_through(
        self, name: str, before: asyncio.Task[None] | None, work: Coroutine[Any, Any, None]
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        try:
            await work
        except Exception as problem:  # an unforeseen failure with one peer must not end the news of the others
            _log.error("roster news failed", peer=name, kind=type(problem).__name__, where=whereabouts(problem))
        finally:
            if self._at_work.get(name) is asyncio.current_task():
                del self._at_work[name]

    async def _tell(self) -> None:
        await announce(self._node)

    async def _look_into(self, name: str) -> None:
        """Until nothing is left of what a peer claims. One that is away is asked again after a growing pause: it may
        not greet for as long as its stream lasts."""
        pause = FIRST_PAUSE_SECONDS
        while (claim := self._claims.pop(name, None)) is not None:
            away = await self._learn(name, claim)
            await self._settle()
            if away:
                self._claims.setdefault(name, claim)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _learn(self, name: str, claim: Claim) -> bool:
        """Fetch what a peer claims to hold; True if it was away or too slow."""
        try:
            async with asyncio.timeout(LEARN_SECONDS):
                await learn(self._node, name, *claim)
        except TimeoutError:
            _log.warning("roster not learned", peer=name, code=Code.NODE_TIMEOUT.value, detail="too slow")
            return True
        except LancangError as problem:
            _log.warning("roster not learned", peer=name, code=problem.code.value, detail=problem.detail)
            if problem.code in _FAULTS:
                INCIDENTS.labels(name, problem.code.value).inc()
            return problem.code in _AWAY
        return False

    async def _settle(self) -> None:
        """Take up what was learned where the policy says so, and show what waits."""
        await take_up_pending(self._node)
        await show_waiting(self._node)
