"""When to try again: exponential back-off with full jitter (M. Brooker, Exponential Backoff And Jitter, AWS 2015)."""

from __future__ import annotations

import random

FIRST_MS = 1_000
LONGEST_MS = 15 * 60 * 1_000


def next_try(attempts: int, retry_after_ms: int | None = None) -> int:
    """How many ms to wait after a failed try; attempts: those that failed before it.

    Anything up to the window, so that many who wait do not come back together; never before retry_after_ms.
    """
    window = min(LONGEST_MS, FIRST_MS << min(attempts, 20))
    waited = random.randint(1, window)  # noqa: S311 - no secret depends on it
    return max(waited, min(retry_after_ms or 0, LONGEST_MS))
