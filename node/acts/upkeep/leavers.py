"""What is kept of a member that left, and until when: for the grace period of the policy after it left here.

Until then nothing of it is searched, served or shown, but if it was dismissed by mistake it comes back where it was.
After that its index copies, their secrets, its statements and the indexes made for it are erased.
"""

from __future__ import annotations

import structlog
from sqlalchemy import Connection

from node.acts.epochs.end_epochs import erase_copy, erase_dropped
from node.acts.runtime.clock_doubt import clock_doubtful
from node.acts.runtime.node import Node
from node.model.officer import Role
from node.roster.documents import parse_signed
from node.storage import chains, copies, epochs, rosters
from node.storage.chains import ChainState

_log = structlog.get_logger("membership")


async def forget_left_members(node: Node) -> None:
    """Erase what is left of members whose grace is over. Each step may be interrupted; the next turn goes on."""
    if clock_doubtful(node):
        return
    for name in await node.read(_over, node, node.clock.now_ms()):
        for copy in await node.read(copies.every):
            if copy.owner == name:
                await erase_copy(node, name, copy.epoch)
        await node.write(_forget, name)
        node.copies.views.pop(name, None)
        await erase_dropped(node)
        _log.info("what was kept of a former member is erased", peer=name)


def _forget(connection: Connection, name: str) -> None:
    for chain in chains.in_state(connection, ChainState.OPEN):
        if chain.audience == name:
            chains.drop(connection, chain.chain_no)
    epochs.forget_peer(connection, name)


def _over(connection: Connection, node: Node, now_ms: int) -> list[str]:
    """Former members of which something is left and whose grace has passed."""
    present = {member.node_id for member in node.roster.roster.holders()}
    kept = {copy.owner for copy in copies.every(connection)} | set(epochs.owners(connection))
    kept |= {chain.audience for chain in chains.in_state(connection, ChainState.OPEN)}
    grace_ms = node.policy.grace_seconds * 1000
    return [name for name in sorted(kept - present) if now_ms >= left_ms(connection, name) + grace_ms]


def left_ms(connection: Connection, name: str) -> int:
    """When the first version without it, since it was last a member, was accepted here."""
    found = 0
    for stored in rosters.newest_first(connection):
        member = parse_signed(stored.document).roster.member(name)
        if member is not None and member.role is Role.MEMBER:
            return found
        found = stored.accepted_ms
    return found
