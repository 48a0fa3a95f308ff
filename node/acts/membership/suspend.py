"""Cut one peer off at once, and take it back: by this node's administrator alone, without waiting for a roster.

A suspended peer is refused at the door and told so (LCG-205), its open streams end, and this node calls it no more.
What is published to it goes on being built, so that its streams resume by their numbers.
"""

from __future__ import annotations

import structlog
from sqlalchemy import Connection

from node.acts.membership.standing import member_of
from node.acts.runtime.node import Node
from node.acts.runtime.to_the_end import to_the_end
from node.audit.journal import ActKind, record_act
from node.errors import Code, LancangError
from node.model.suspension import Suspension
from node.observe import SUSPENDED
from node.storage import suspensions

LONGEST_REASON = 200
_log = structlog.get_logger("suspension")


async def load_suspensions(node: Node) -> None:
    """What was in force when the node ended is in force again."""
    for found in await node.read(suspensions.every):
        node.suspended[found.node_id] = found
        SUSPENDED.labels(found.node_id).set(1)


async def suspend(node: Node, peer: str, reason: str, officer: str) -> bool:
    """Cut a peer off, both ways. Returns False if it is already; then the first reason stands.

    Raises LancangError: PEER_UNKNOWN, INPUT_INVALID for this node itself or a reason that is none.
    """
    member_of(node, peer)
    if peer == node.node_id:
        raise LancangError(Code.INPUT_INVALID, "peer: a node cannot suspend itself", remedy="Stop it instead.")
    new = Suspension(peer, node.clock.now_ms(), officer, checked_reason(reason))

    def store(connection: Connection) -> bool:
        if not suspensions.add(connection, new):
            return False
        record_act(connection, ActKind.PEER_SUSPENDED, officer, peer, new.ms, {"reason": new.reason})
        return True

    async def cut_off() -> bool:
        if not await node.write(store):
            return False
        node.suspended[peer] = new
        SUSPENDED.labels(peer).set(1)
        _look_again(node, peer)
        _log.warning("peer suspended", peer=peer, officer=officer)
        return True

    # An officer who leaves in the middle must not leave a peer suspended in the database alone.
    return await to_the_end(cut_off())


async def resume(node: Node, peer: str, reason: str, officer: str) -> bool:
    """Take a peer back. Returns False if it was not suspended. Raises LancangError(INPUT_INVALID)."""
    why, now = checked_reason(reason), node.clock.now_ms()

    def store(connection: Connection) -> bool:
        if not suspensions.remove(connection, peer):
            return False
        record_act(connection, ActKind.PEER_RESUMED, officer, peer, now, {"reason": why})
        return True

    async def take_back() -> bool:
        if not await node.write(store):
            return False
        node.suspended.pop(peer, None)
        SUSPENDED.labels(peer).set(0)
        _look_again(node, peer)
        _log.warning("peer resumed", peer=peer, officer=officer)
        return True

    return await to_the_end(take_back())


def checked_reason(reason: str) -> str:
    """A reason as it may stand in the log of acts. Raises LancangError(INPUT_INVALID)."""
    text = reason.strip()
    if not 1 <= len(text) <= LONGEST_REASON or not text.isprintable():
        raise LancangError(
            Code.INPUT_INVALID,
            f"reason: 1 to {LONGEST_REASON} printable characters",
            remedy="Say why in one line, and name no person: it stands in the log.",
        )
    return text


def _look_again(node: Node, peer: str) -> None:
    """Channels and followed indexes at the next turn of their job, open streams now."""
    node.membership.set()
    for publication in node.publications:
        if publication.audience == peer:
            publication.wake()
