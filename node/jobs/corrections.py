"""Corrections, as records change: looked for whenever there may be some, and at every start."""

from __future__ import annotations

import asyncio

from node.acts.correcting.correct import send_corrections
from node.acts.runtime.node import Node

LOOK_SECONDS = 60.0
"""How often they are looked for without being told to."""


async def turn(node: Node) -> None:
    """Wait until records may have changed, and write what their recipients must know."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await node.changes.wait()
    except TimeoutError:
        pass
    node.changes.clear()
    try:
        await send_corrections(node)
    except BaseException:
        node.changes.set()
        raise
