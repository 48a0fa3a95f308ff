"""Make a checkpoint of this node's log: its size and root, signed, once it has grown since the last one."""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.acts.witnessing.index_heads import log_heads
from node.audit import tree
from node.audit.checkpoints import sign_checkpoint
from node.crypto.signing import SigningKey
from node.model.checkpoint import Checkpoint, SignedCheckpoint
from node.storage import checkpoints, log


async def make_checkpoint(node: Node) -> SignedCheckpoint | None:
    """Sign what the log has come to; None while it is empty. What has been signed for this size is not signed anew."""
    return await node.write(_make, node, node.signing, node.clock.now_ms())


def _make(connection: Connection, node: Node, key: SigningKey, now: int) -> SignedCheckpoint | None:
    log_heads(connection, node, now)
    stands, known = log.state(connection), checkpoints.newest(connection, node.node_id)
    if not stands.size:
        return None
    if known is not None and (known.checkpoint.generation, known.checkpoint.size) == (stands.generation, stands.size):
        return known
    # Its time never goes back, though a clock may be set back: a longer log with an earlier time would be no proof.
    ms = max(now, known.checkpoint.ms) if known is not None else now
    root = tree.Frontier(stands.size, stands.frontier).root()
    said = Checkpoint(node.alliance, node.node_id, stands.generation, stands.size, ms, root)
    signed = sign_checkpoint(said, key)
    checkpoints.keep(connection, signed)
    checkpoints.prune(connection, node.node_id, now)
    return signed
