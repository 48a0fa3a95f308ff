"""Search the log: by kind, peer, time, case handle or id, oldest first."""

from __future__ import annotations

from dataclasses import dataclass

from node.acts.runtime.node import Node
from node.audit import journal
from node.audit.journal import Act, ActKind
from node.errors import Code, LancangError


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is empty or 0 does not matter. from_ms: that time counts; until_ms: that one does not."""

    kinds: tuple[str, ...] = ()
    peer: str = ""
    from_ms: int = 0
    until_ms: int = 0
    case_handle: str = ""
    act_id: bytes = b""


async def search_acts(node: Node, wanted: Wanted, after: int, limit: int) -> list[Act]:
    """Acts with a higher number than `after`. Raises LancangError(INPUT_INVALID) for a kind that there is not."""
    known = {kind.value for kind in ActKind}
    for kind in wanted.kinds:
        if kind not in known:
            raise LancangError(Code.INPUT_INVALID, f"kind: {kind!r}", remedy=f"Choose from {', '.join(sorted(known))}.")
    return await node.read(
        journal.search,
        after,
        limit,
        kinds=[ActKind(kind) for kind in wanted.kinds],
        peer=wanted.peer,
        from_ms=wanted.from_ms,
        until_ms=wanted.until_ms,
        case_handle=wanted.case_handle,
        act_id=wanted.act_id,
    )
