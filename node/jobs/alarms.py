"""When a node looks for probing: after something happened, and never for more than a small part of its time."""

from __future__ import annotations

import asyncio

from node.acts.probing.watch_probing import watch_probing
from node.acts.runtime.node import Node
from node.audit.journal import count

REST = 20.0
"""A look is followed by so many times its own length of rest: counting takes at most a twentieth of one core."""


class Looks:
    """The looks of one node. What is counted grows only with acts: without a new one there is nothing to see."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._seen = -1

    async def look(self) -> None:
        """Look, if anything happened since the last time. Raises LancangError; then it is tried again."""
        newest = await self._node.read(count)
        if newest == self._seen:
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        await watch_probing(self._node)
        self._seen = newest
        await asyncio.sleep(REST * (loop.time() - began))
