"""Greet a caller, and check a peer's greeting: the same roster, the same tables, a clock that agrees."""

from __future__ import annotations

from importlib.metadata import version

from matcher.tokens import tables_hash
from node.acts.node import Node
from node.errors import Code, LancangError
from node.model.epoch import SignedEpoch
from node.model.officer import Caller
from node.model.session import CAPABILITIES, CONTRACT, Greeting
from node.storage import epochs
from node.storage.epochs import EpochState


def greet(node: Node, caller: Caller, roster_version: int, roster_hash: bytes) -> Greeting:
    """Say who this node is. Raises LancangError(ROSTER_STALE) if the caller's roster isn't the one in force here."""
    check_roster(node, caller.name, roster_version, roster_hash)
    return Greeting(
        node_id=node.node_id,
        software_version=version("lancang"),
        contract=CONTRACT,
        capabilities=CAPABILITIES,
        roster_version=node.roster.roster.version,
        roster_hash=node.roster.hash,
        tables=tables_hash(),
        time_ms=node.clock.now_ms(),
    )


def check_greeting(node: Node, greeting: Greeting) -> None:
    """Raises LancangError if the two nodes can't search each other: ROSTER_STALE or TABLES_DIFFER."""
    check_roster(node, greeting.node_id, greeting.roster_version, greeting.roster_hash)
    if greeting.tables != tables_hash():
        raise LancangError(
            Code.TABLES_DIFFER,
            f"{greeting.node_id} runs Lancang {greeting.software_version}, here is {version('lancang')}",
        )


def check_roster(node: Node, peer: str, their_version: int, their_hash: bytes) -> None:
    """Raises LancangError(ROSTER_STALE) saying which side must update."""
    ours = node.roster.roster.version
    if their_version == ours and their_hash == node.roster.hash:
        return
    if their_version == ours:
        raise LancangError(Code.ROSTER_STALE, f"{peer} and {node.node_id} hold two different rosters of version {ours}")
    older = peer if their_version < ours else node.node_id
    raise LancangError(
        Code.ROSTER_STALE, f"{peer} holds version {their_version}, {node.node_id} version {ours}: {older} must update"
    )


async def list_epochs(node: Node, first: int) -> tuple[SignedEpoch, ...]:
    """This node's own epoch statements from a number on, oldest first."""
    known = await node.read(epochs.own)
    return tuple(epoch.signed for epoch in known if epoch.epoch >= first and epoch.state is not EpochState.PREPARING)
