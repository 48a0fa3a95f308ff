"""Whether this node's clock can be trusted with what can't be undone: opening an epoch, erasing keys, copies and hits.

The others say what time it is: each signs a head every half minute. A clock that jumped by days is far from them all.
"""

from __future__ import annotations

from node.acts.runtime.node import Node
from node.errors import Code, LancangError

FAR_MS = 3_600_000
"""An hour: no network is so slow, no clock that is looked after so wrong."""


def clock_doubtful(node: Node) -> bool:
    """Whether most of the peers whose index is followed now say another time. Who hears nobody believes itself."""
    now = node.clock.now_ms()
    heard = [view.head_ms for view in node.copies.views.values() if view.connected]
    far = [ms for ms in heard if abs(now - ms) > FAR_MS]
    return 2 * len(far) > len(heard)


def check_clock(node: Node) -> None:
    """Raise LancangError(CLOCK_DOUBTFUL)."""
    if clock_doubtful(node):
        raise LancangError(Code.CLOCK_DOUBTFUL)
