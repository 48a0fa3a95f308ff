"""Compare what a third party holds of a log with what is known here: an owner that shows two histories is found out."""

from __future__ import annotations

from node.acts.runtime.node import Node
from node.acts.witnessing.vouch import keep_fork, tell_fault, verify_of_owner
from node.audit import tree
from node.audit.checkpoints import contradicts
from node.errors import Code, LancangError
from node.model.checkpoint import SignedCheckpoint
from node.storage import checkpoints

MOST_REMEMBERED = 64


async def compare_logs(node: Node, told: SignedCheckpoint, from_peer: str) -> None:
    """Check that another's checkpoint, handed on by a peer, goes with the one known here.

    Where their sizes differ, the owner must prove that the longer log begins with the shorter; while it is away nothing
    is decided. A fork is an act and an alarm. Raises LancangError SIGNATURE_WRONG for one that its owner never signed.
    """
    said = told.checkpoint
    if said.alliance != node.alliance:
        raise LancangError(Code.MESSAGE_MALFORMED, "checkpoint: of another alliance")
    known = await node.read(checkpoints.newest, said.owner)
    proven = node.witnessing.proven.setdefault(said.owner, set())
    if known is None or known.checkpoint == said or said.encode() in proven:
        return
    await node.read(verify_of_owner, node, told)
    if known.checkpoint.generation != said.generation:
        # Its owner tells this node of a new generation itself, with the act that begins it.
        return
    if contradicts(known.checkpoint, said) or not await _grew(node, known, told):
        problem = LancangError(Code.LOG_FORK, f"{from_peer} was shown another history of {said.size} leaves")
        await node.write(keep_fork, node, known, told, problem, node.clock.now_ms())
        tell_fault(said.owner, problem)
        return
    if len(proven) >= MOST_REMEMBERED:
        proven.clear()
    proven.add(said.encode())


async def _grew(node: Node, known: SignedCheckpoint, told: SignedCheckpoint) -> bool:
    """Whether one log began as the other, by the owner's own proof; True while it can't be asked."""
    first, later = sorted((known.checkpoint, told.checkpoint), key=lambda each: each.size)
    owner = node.peers.get(first.owner)
    if first.size == later.size or owner is None:
        return True
    try:
        proof = await owner.consistency(first.size, later.size)
    except LancangError as problem:
        # It is away, or does not know what it signed: then its own next checkpoint tells.
        return problem.code is not Code.LOG_FORK
    return tree.grew(first.size, first.root, later.size, later.root, proof)
