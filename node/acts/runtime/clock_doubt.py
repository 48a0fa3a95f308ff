"""Whether this node's clock can be trusted with what can't be undone: opening an epoch, erasing keys, copies and hits.

The others say what time it is: each signs a head every half minute. Two who agree with each other against this node
outweigh it for as long as they do. One alone does not, or one liar could keep old keys alive for ever: it counts only
with what this node sees itself, that its clock leapt (clock_watch.py, docs/decisions/0022).
"""

from __future__ import annotations

from collections.abc import Sequence

from node.acts.runtime.node import Node
from node.errors import Code, LancangError

FAR_MS = 3_600_000
"""An hour: no network is so slow, no clock that is looked after so wrong."""

ENOUGH = 2


def clock_doubtful(node: Node) -> bool:
    """Whether those whose index is followed now, or this clock's own leap, speak against it."""
    heard = [view.head_ms for view in node.copies.views.values() if view.connected]
    return doubtful(node.clock.now_ms(), heard, leapt=node.clock_watch.leapt())


def doubtful(now_ms: int, heard: Sequence[int], *, leapt: bool) -> bool:
    """Whether a clock is to be doubted. heard: the times that peers say, in ms; leapt: whether it did of late."""
    far = sorted(ms for ms in heard if abs(now_ms - ms) > FAR_MS)
    # The most of them that agree with each other.
    agreeing = max((sum(first <= ms <= first + FAR_MS for ms in far) for first in far), default=0)
    if agreeing >= ENOUGH and 2 * agreeing > len(heard):
        return True
    return leapt and len(far) == len(heard)


def check_clock(node: Node) -> None:
    """Raise LancangError(CLOCK_DOUBTFUL)."""
    if clock_doubtful(node):
        raise LancangError(Code.CLOCK_DOUBTFUL)
