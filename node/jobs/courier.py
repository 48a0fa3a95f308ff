"""The courier: for each peer to whom something is owed, one call after the other, until nothing is due.

A peer that does not answer is tried again after a growing, jittered pause; at once when it is heard of. What a single
letter waits for is the outbox's own business (node/acts/courier). Between two calls it rests: searches go first.
"""

from __future__ import annotations

import asyncio

import structlog

from node.acts.courier.backoff import next_try
from node.acts.courier.give_up import expire, return_letters
from node.acts.courier.send import send_due
from node.acts.courier.waiting import show_waiting
from node.acts.runtime.courier import Route
from node.acts.runtime.node import Node
from node.acts.runtime.peer import Peer
from node.errors import Code, LancangError
from node.model.courier import MOST_LETTERS
from node.model.session import COURIER
from node.observe import whereabouts
from node.storage import courier

LOOK_SECONDS = 5.0
"""How often the outbox is looked at without being told to: a clock may have moved, a commit may have gone unnoticed."""
SHOW_SECONDS = 15.0
REST = 1.0
"""A call is followed by so many times its own length of rest, for each peer that is being written to."""
LONGEST_REST_SECONDS = 1.0
"""A call that takes longer waits for its line, and costs nobody anything."""

_log = structlog.get_logger("courier")


class Rounds:
    """Keeps a task a peer that sends while something is due for it."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._roster = b""
        self._shown = float("-inf")

    async def turn(self) -> None:
        """See to it that what is due is sent; then wait until there may be more to do."""
        node = self._node
        node.courier.wake.clear()
        while await node.read(courier.expired, node.clock.now_ms(), 1):
            await node.write_bulk(expire, node)
        await self._return_to_sender()
        alive, node.courier.alive = node.courier.alive, set()
        # A restored node writes to nobody before its administrator has looked at what it is.
        due = {} if node.held else await node.read(courier.next_due, self._members())
        for name in alive & due.keys():
            node.courier.route(name).reset()
            await node.write_bulk(courier.hurry, name, node.clock.now_ms())
            due[name] = 0
        waits = [self._start(name, due_ms) for name, due_ms in due.items() if name not in node.suspended]
        await self._show()
        try:
            async with asyncio.timeout(min([LOOK_SECONDS, *waits])):
                await node.courier.wake.wait()
        except TimeoutError:
            return

    def _start(self, name: str, due_ms: int) -> float:
        """Start sending to a peer if it is time. Returns after how many seconds to look again."""
        task, route = self._tasks.get(name), self._node.courier.route(name)
        if task is not None and not task.done():
            return LOOK_SECONDS
        loop = asyncio.get_running_loop()
        seconds = max((due_ms - self._node.clock.now_ms()) / 1000, route.until - loop.time())
        if seconds > 0:
            return seconds
        self._tasks[name] = asyncio.create_task(self._send(name, route))
        return LOOK_SECONDS

    async def stop(self) -> None:
        """End every task."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _members(self) -> list[str]:
        return [member.node_id for member in self._node.audiences()]

    async def _return_to_sender(self) -> None:
        """Give up what waits for members that left, once a roster."""
        node, roster = self._node, self._node.roster.hash
        if roster == self._roster:
            return
        members = self._members()
        for name in await node.read(courier.recipients):
            if name not in members:
                while await node.write_bulk(return_letters, node, name):
                    pass
        self._roster = roster

    async def _show(self) -> None:
        time = asyncio.get_running_loop().time()
        if time - self._shown >= SHOW_SECONDS:
            await show_waiting(self._node)
            self._shown = time

    async def _send(self, name: str, route: Route) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                sent = await send_due(self._node, self._peer(name), route.most)
            except Exception as problem:  # whatever failed, this peer is tried again later
                known = problem if isinstance(problem, LancangError) else LancangError(Code.INTERNAL, "see the log")
                _log.info("letters wait", peer=name, code=known.code.value, where=_where(problem))
                _failed(route, loop.time(), known)
                break
            route.failures, route.problem, route.most = 0, None, min(MOST_LETTERS, 2 * route.most)
            if not sent:
                break
            await asyncio.sleep(min(LONGEST_REST_SECONDS, REST * self._busy() * (loop.time() - began)))
        self._node.courier.wake.set()

    def _busy(self) -> int:
        return sum(not task.done() for task in self._tasks.values())

    def _peer(self, name: str) -> Peer:
        """Raises LancangError: there is no way to it now, or it takes no letters."""
        peer = self._node.peers.get(name)
        if peer is None or not self._node.copies.view(name).capabilities:
            raise LancangError(Code.NODE_UNREACHABLE, "it was not greeted yet")
        if COURIER not in self._node.copies.view(name).capabilities:
            raise LancangError(Code.UNKNOWN_CAPABILITY, f"it does not announce {COURIER}")
        return peer


def _failed(route: Route, time: float, problem: LancangError) -> None:
    route.problem = problem
    route.until = time + next_try(route.failures, problem.retry_after_ms) / 1000
    route.failures += 1
    if problem.code is Code.NODE_TIMEOUT:
        # Over a slow line a full call may never end in time.
        route.most = max(1, route.most // 2)


def _where(problem: Exception) -> list[str]:
    return [] if isinstance(problem, LancangError) else whereabouts(problem)
