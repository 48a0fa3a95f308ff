"""The courier: for each peer of whom something is owed, one call after the other, until nothing is due.

A peer that does not answer is tried again after a growing, jittered pause; at once when it is heard of. What a single
letter waits for is the outbox's own business (node/acts/courier/send.py).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from node.acts.courier.backoff import next_try
from node.acts.courier.send import send_due
from node.acts.runtime.node import Node
from node.errors import LancangError
from node.model.session import COURIER
from node.observe import whereabouts
from node.storage import courier

LOOK_SECONDS = 5.0
"""How often the outbox is looked at without being told to: a clock may have moved, a commit may have gone unnoticed."""

_log = structlog.get_logger("courier")


@dataclass(slots=True)
class _Route:
    """The way to one peer. failures: calls that failed one after the other; until: no call before (loop's time)."""

    failures: int = 0
    until: float = 0.0
    task: asyncio.Task[None] | None = None


class Rounds:
    """Keeps a task a peer that sends while something is due for it."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._routes: dict[str, _Route] = {}

    async def turn(self) -> None:
        """Wait until there is something to do, and see to it that it is done."""
        node = self._node
        due = await node.read(courier.next_due)
        await self._wait(due)
        node.courier.wake.clear()
        alive, node.courier.alive = node.courier.alive, set()
        for name in alive & due.keys():
            self._route(name).until = 0.0
            await node.write_bulk(courier.hurry, name, node.clock.now_ms())
        for name in await node.read(courier.next_due):
            route = self._route(name)
            if route.task is None or route.task.done():
                route.task = asyncio.create_task(self._send(name, route))

    async def stop(self) -> None:
        """End every task."""
        tasks = [route.task for route in self._routes.values() if route.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _route(self, name: str) -> _Route:
        return self._routes.setdefault(name, _Route())

    async def _wait(self, due: dict[str, int]) -> None:
        """Until the first try is due, somebody wakes us, or for a while."""
        now, loop = self._node.clock.now_ms(), asyncio.get_running_loop().time()
        waits = [max((ms - now) / 1000, self._route(name).until - loop) for name, ms in due.items()]
        seconds = min([LOOK_SECONDS, *(wait for wait in waits if wait > 0)])
        try:
            async with asyncio.timeout(seconds):
                await self._node.courier.wake.wait()
        except TimeoutError:
            return

    async def _send(self, name: str, route: _Route) -> None:
        node, loop = self._node, asyncio.get_running_loop()
        while loop.time() >= route.until and COURIER in node.copies.view(name).capabilities:
            peer = node.peers.get(name)
            if peer is None:
                return
            try:
                if not await send_due(node, peer):
                    return
            except Exception as problem:  # whatever failed, this peer is tried again later
                if isinstance(problem, LancangError):
                    _log.info("letters wait", peer=name, code=problem.code.value)
                else:
                    _log.error("letters wait", peer=name, kind=type(problem).__name__, where=whereabouts(problem))
                route.until = loop.time() + next_try(route.failures) / 1000
                route.failures += 1
                return
            route.failures = 0
