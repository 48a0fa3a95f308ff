"""Everything a node does by itself: publish changes, follow each peer's index, forget what has expired."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from node.acts.node import Node
from node.acts.peer import Peer
from node.acts.publish import publish_cover, publish_pending
from node.acts.retain import forget_expired
from node.acts.sync_index import sync_index
from node.errors import Code, LancangError
from node.jobs.supervise import keep_running
from node.observe import INCIDENTS

# News is published within 500 ms (protocol.md 4); a short wait lets records that come together share a delta.
LINGER_SECONDS = 0.1
TICK_SECONDS = 0.5
RETENTION_SECONDS = 60.0
CERTIFICATE_SECONDS = 2.0


class Jobs:
    """The running loops."""

    def __init__(self, loops: list[Coroutine[Any, Any, None]]) -> None:
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """Cancel all and wait for their end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def start_jobs(node: Node, follow_certificate: Callable[[], Awaitable[None]]) -> Jobs:
    """Start every loop. follow_certificate: takes a renewed certificate up."""
    node.news.set()
    loops = [
        keep_running("publish", partial(_publish, node), pause=0.01, longest=5.0),
        keep_running("certificate", follow_certificate, pause=CERTIFICATE_SECONDS, longest=60.0),
        keep_running("retention", partial(forget_expired, node), pause=RETENTION_SECONDS, longest=RETENTION_SECONDS),
    ]
    loops += [
        keep_running(
            f"follow {peer.node_id}",
            partial(sync_index, node, peer),
            pause=0.2,
            longest=10.0,
            on_problem=_remember(node, peer),
        )
        for peer in node.peers.values()
    ]
    return Jobs(loops)


async def _publish(node: Node) -> None:
    """Publish when there is news; with cover traffic, also when there is none."""
    try:
        async with asyncio.timeout(TICK_SECONDS if node.policy.cover_traffic else None):
            await node.news.wait()
    except TimeoutError:
        await publish_cover(node)
        return
    await asyncio.sleep(LINGER_SECONDS)
    node.news.clear()
    try:
        while await publish_pending(node):
            pass
    except BaseException:
        node.news.set()
        raise


def _remember(node: Node, peer: Peer) -> Callable[[Exception], None]:
    """Keep by name why a peer's index can't be followed."""

    def remember(problem: Exception) -> None:
        view = node.copies.view(peer.node_id)
        known = problem if isinstance(problem, LancangError) else LancangError(Code.INTERNAL, "see this node's log")
        view.fault = known
        INCIDENTS.labels(peer.node_id, known.code.value).inc()

    return remember
