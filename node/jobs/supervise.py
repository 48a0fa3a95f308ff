"""Keeps what runs by itself running: a loop that fails is logged and begins again after a growing, jittered pause."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from node.errors import LancangError
from node.observe import whereabouts

STEADY_SECONDS = 1.0
_log = structlog.get_logger("jobs")


async def keep_running(
    name: str,
    turn: Callable[[], Awaitable[None]],
    *,
    pause: float,
    longest: float,
    on_problem: Callable[[Exception], None] | None = None,
    nudge: asyncio.Event | None = None,
) -> None:
    """Run turn for ever. After a turn that ends well, pause (seconds); after a failing one, back off up to longest.

    nudge: ends a pause early. A turn that failed only after running for longer than the last wait starts over at pause:
    it was no quick failure.
    """
    loop = asyncio.get_running_loop()
    wait = pause
    while True:
        began = loop.time()
        try:
            await turn()
        except Exception as problem:  # an unforeseen failure must not end the loop
            if isinstance(problem, LancangError):
                _log.warning("job failed", job=name, code=problem.code.value, detail=problem.detail)
            else:
                _log.error("job failed", job=name, kind=type(problem).__name__, where=whereabouts(problem))
            lasted = loop.time() - began
            wait = pause if lasted > max(wait, STEADY_SECONDS) else min(longest, max(pause, wait * 2))
            if on_problem is not None:
                on_problem(problem)
        else:
            wait = pause
        # Jitter keeps six nodes from calling each other in step.
        if await _nudged(wait * (0.5 + random.random() / 2), nudge):  # noqa: S311 - no secret depends on it
            # What was learned need not have reached every layer yet: try again soon if it fails.
            wait = pause


async def _nudged(seconds: float, nudge: asyncio.Event | None) -> bool:
    """Pause; return early, and True, if nudged."""
    if nudge is None:
        await asyncio.sleep(seconds)
        return False
    nudge.clear()
    try:
        async with asyncio.timeout(seconds):
            await nudge.wait()
    except TimeoutError:
        return False
    return True
