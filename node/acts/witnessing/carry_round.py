"""One round: hear what the others hold of every log, make a checkpoint of this one, have it vouched for by each.

Heard first: a log that was set back must not sign that it is shorter than it was.
"""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import Connection

from node.acts.membership.standing import member_of
from node.acts.runtime.node import Node
from node.acts.runtime.peer import Peer
from node.acts.witnessing.begin_anew import beginning_of, heed_own
from node.acts.witnessing.compare_logs import compare_logs
from node.acts.witnessing.make_checkpoint import make_checkpoint
from node.audit import kept_tree
from node.audit.checkpoints import Beginning, verify_cosignature
from node.errors import Code, LancangError
from node.model.checkpoint import SignedCheckpoint
from node.observe import INCIDENTS, LOG_ACTS, LOG_VOUCHED
from node.storage import checkpoints

_log = structlog.get_logger("witness")


async def carry_round(node: Node) -> SignedCheckpoint | None:
    """One round with every node that can be reached; returns the newest checkpoint, None of an empty log."""
    async with node.witnessing.turn:
        peers = [peer for name, peer in node.peers.items() if name not in node.suspended]
        heard = await asyncio.gather(*(_heard(node, peer) for peer in peers))
        for peer, known in zip(peers, heard, strict=True):
            await _heed(node, peer, known)
        signed = await make_checkpoint(node)
        if signed is None:
            return None
        LOG_ACTS.set(signed.checkpoint.size)
        await asyncio.gather(*(_vouched(node, peer, signed) for peer in peers))
        return await node.read(checkpoints.newest, node.node_id)


async def _heard(node: Node, peer: Peer) -> list[SignedCheckpoint]:
    try:
        found = await peer.checkpoints()
    except LancangError as problem:
        _note(node, peer.node_id, problem)
        return []
    node.witnessing.without.discard(peer.node_id)
    return found


async def _heed(node: Node, peer: Peer, known: list[SignedCheckpoint]) -> None:
    """What one peer handed on: of this log, and of the others."""
    for each in known:
        try:
            if each.checkpoint.owner == node.node_id:
                await heed_own(node, each, peer.node_id)
            else:
                await compare_logs(node, each, peer.node_id)
        except LancangError as problem:
            _note(node, peer.node_id, problem)


async def _vouched(node: Node, peer: Peer, signed: SignedCheckpoint) -> None:
    """Have one peer vouch for a checkpoint; it may know another one than this node remembers."""
    name = peer.node_id
    if name in node.witnessing.without:
        return
    last = await node.read(checkpoints.newest_vouched, node.node_id, name)
    if last is not None and last.checkpoint == signed.checkpoint:
        return
    try:
        try:
            await _send(node, peer, signed, last)
        except LancangError as problem:
            if problem.code not in (Code.LOG_BEHIND, Code.LOG_FORK):
                raise
            known = await peer.checkpoints(node.node_id)
            if not known:
                raise
            if await heed_own(node, known[0], name):
                # This log begins anew: the next round has a checkpoint that says so.
                return
            await _send(node, peer, signed, known[0])
    except LancangError as problem:
        _note(node, name, problem)
    else:
        node.witnessing.refused.pop(name, None)


async def _send(node: Node, peer: Peer, signed: SignedCheckpoint, last: SignedCheckpoint | None) -> None:
    from_size, proof, beginning = await node.read(_going_on, signed, last)
    given = await peer.cosign(signed, from_size, proof, beginning)
    if given.witness != peer.node_id:
        raise LancangError(Code.MESSAGE_MALFORMED, "cosignature: in another's name")
    key = member_of(node, peer.node_id).signing_key
    await node.compute(verify_cosignature, signed.checkpoint, given, key)
    await node.write(checkpoints.vouch, signed.checkpoint, given)
    LOG_VOUCHED.labels(peer.node_id).set(signed.checkpoint.size)


def _going_on(
    connection: Connection, signed: SignedCheckpoint, last: SignedCheckpoint | None
) -> tuple[int, list[bytes], Beginning | None]:
    """From which size a proof begins, the proof, and how the log's generation began, if the witness can't know it."""
    said = signed.checkpoint
    if last is None or last.checkpoint.generation < said.generation:
        return 0, [], beginning_of(connection, said.size) if said.generation > 1 else None
    first = last.checkpoint.size
    if not 0 < first < said.size:
        return first, [], None
    return first, kept_tree.consistency(connection, first, said.size), None


def _note(node: Node, peer: str, problem: LancangError) -> None:
    """Remember why a peer does not vouch. One of an earlier contract can't, and one that is away will."""
    if problem.code is Code.UNKNOWN_CAPABILITY:
        node.witnessing.without.add(peer)
        return
    if problem.code not in (Code.NODE_UNREACHABLE, Code.NODE_TIMEOUT, Code.NODE_DRAINING):
        INCIDENTS.labels(peer, problem.code.value).inc()
        _log.warning("not vouched for", peer=peer, code=problem.code.value, detail=problem.detail)
    node.witnessing.refused[peer] = problem
