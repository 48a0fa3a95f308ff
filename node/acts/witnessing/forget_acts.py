"""Forget what acts were about: their details and salts are erased, their places in the log stay.

Without its salt no commitment can be opened or guessed. The act that forgets is in the log, with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from node.acts.membership.suspend import checked_reason
from node.acts.runtime.node import Node
from node.audit import journal
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError

MOST_AT_ONCE = 500
# What the node itself goes by when it checks its log, or begins it anew.
_KEPT = frozenset({ActKind.ACTS_FORGOTTEN, ActKind.LOG_BEGUN_ANEW})


async def forget_acts(node: Node, act_ids: Sequence[bytes], reason: str, officer: str) -> int:
    """Erase the content of acts; returns of how many. The peer at the other end keeps its own.

    Raises LancangError(INPUT_INVALID) for an unknown act, one that says how the log itself went on, or no reason.
    """
    why = checked_reason(reason)
    if not 1 <= len(act_ids) <= MOST_AT_ONCE:
        raise LancangError(Code.INPUT_INVALID, f"act: 1 to {MOST_AT_ONCE} at once")

    def forget(connection: Connection) -> int:
        found = [act for act in journal.with_ids(connection, act_ids) if not act.forgotten]
        if any(act.kind in _KEPT for act in found):
            raise LancangError(Code.INPUT_INVALID, "act: how the log itself went on is not forgotten")
        numbers = [act.act_no for act in found]
        if numbers:
            journal.forget(connection, numbers)
            detail: Detail = {"numbers": " ".join(map(str, numbers)), "reason": why}
            record_act(connection, ActKind.ACTS_FORGOTTEN, officer, "", node.clock.now_ms(), detail)
        return len(numbers)

    return await node.write(forget)
