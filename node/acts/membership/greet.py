"""Greet a caller, and check a peer's greeting: rosters that go together, the same tables, a clock that agrees."""

from __future__ import annotations

from importlib.metadata import version

from matcher.tokens import tables_hash
from node.acts.membership.own_keys import key_that_signed, own_signing_keys
from node.acts.runtime.node import Node
from node.crypto.signing import verify
from node.errors import Code, LancangError
from node.model.epoch import SignedEpoch
from node.model.officer import Caller
from node.model.session import CAPABILITIES, CONTRACT, MOST_EPOCHS, Greeting
from node.storage import epochs, rosters


async def greet(
    node: Node, caller: Caller, roster_version: int, roster_hash: bytes, *, own_epochs_from: int = 0
) -> Greeting:
    """Say who this node is, and what it knows of the caller's epochs if it is asked.

    Raises LancangError(ROSTER_FORK) if the two rosters exclude each other.
    """
    await check_roster(node, caller.name, roster_version, roster_hash)
    node.copies.view(caller.name).heard_of(node.clock.now_ms())
    node.courier.heard_of(caller.name, node.clock.now_ms())
    known: list[SignedEpoch] = []
    if own_epochs_from:
        # As many as an answer holds: whoever opened thousands must not make each greeting read them all.
        known = await node.read(epochs.of_peer, caller.name, own_epochs_from, MOST_EPOCHS)
    return Greeting(
        node_id=node.node_id,
        software_version=version("lancang"),
        contract=CONTRACT,
        capabilities=CAPABILITIES,
        roster_version=node.roster.roster.version,
        roster_hash=node.roster.hash,
        tables=tables_hash(),
        time_ms=node.clock.now_ms(),
        your_epochs=tuple(known),
    )


async def check_greeting(node: Node, greeting: Greeting) -> None:
    """Raises LancangError if the two nodes can't search each other: ROSTER_FORK, TABLES_DIFFER, or SET_BACK."""
    await check_roster(node, greeting.node_id, greeting.roster_version, greeting.roster_hash)
    await _check_not_set_back(node, greeting)
    if greeting.tables != tables_hash():
        raise LancangError(
            Code.TABLES_DIFFER,
            f"{greeting.node_id} runs Lancang {greeting.software_version}, here is {version('lancang')}",
        )


async def _check_not_set_back(node: Node, greeting: Greeting) -> None:
    """A peer that knows an epoch of this node which it does not know itself: an old copy of the home is running."""
    own = {epoch.epoch: epoch.signed.statement for epoch in await node.read(epochs.own)}
    for signed in greeting.your_epochs:
        said = signed.statement
        # The statement, not its signature: that is another one since this node changed its key.
        if said.owner == node.node_id and own.get(said.epoch) != said:
            keys = await node.read(own_signing_keys, node)
            verify(key_that_signed(signed, keys), said.encode(), signed.signature)
            raise LancangError(Code.SET_BACK, f"{greeting.node_id} knows epoch {said.epoch} of this node")


async def check_roster(node: Node, peer: str, their_version: int, their_hash: bytes) -> None:
    """Raises LancangError(ROSTER_FORK) if a peer holds another roster of a version known here.

    Neighbouring versions work together (docs/decisions/0013): that each names the other with the keys it uses is what
    its certificate and its signatures have shown, or will.
    """
    ours = node.roster.roster.version
    node.copies.view(peer).roster_version = their_version
    known = node.roster.hash if their_version == ours else await _hash_of(node, their_version)
    if their_version > ours or (known is not None and known != their_hash):
        # Newer, or another one of a version known here: it is fetched and looked at.
        node.roster_claims[peer] = (their_version, their_hash)
        node.roster_news.set()
    if known is not None and known != their_hash:
        raise LancangError(
            Code.ROSTER_FORK, f"{peer} and {node.node_id} hold two different rosters of version {their_version}"
        )


async def _hash_of(node: Node, number: int) -> bytes | None:
    """The hash of a version that this node knows of; None for one to come, or from before it joined."""
    roster = node.roster.roster
    if number > roster.version:
        return None
    if number == roster.version - 1:
        return roster.previous
    found = await node.read(rosters.get, number)
    return None if found is None else found.hash


async def list_epochs(node: Node, first: int) -> tuple[SignedEpoch, ...]:
    """This node's own epoch statements from a number on, oldest first."""
    known = await node.read(epochs.own)
    return tuple(epoch.signed for epoch in known if epoch.epoch >= first and epoch.told)
