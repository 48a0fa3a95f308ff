"""Work that is not left half done when whoever asked for it goes away: a transaction, and what follows it in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Do a work whole, also if the caller is cancelled meanwhile: a call whose officer left, a loop that is ended."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            # Whoever left can't be told.
            task.exception()
        raise
