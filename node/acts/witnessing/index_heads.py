"""Index heads enter the log: how far each audience's chain has come, one act an audience and a checkpoint.

An audience knows S of its index, and so opens the act: a head that it was shown cannot be denied later.
"""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, Done, known_ids, record_acts
from node.audit.leaf import derived_salt, shared_id
from node.model.batch import ChainPosition
from node.model.encoding import u32, u64
from node.storage import chains
from node.storage.chains import ChainState


def log_heads(connection: Connection, node: Node, now: int) -> None:
    """Log the heads that have moved since they were logged last, in the caller's transaction."""
    heads = {}
    for chain in chains.in_state(connection, ChainState.OPEN):
        if chain.position is not None:
            heads[head_id(node.alliance, node.node_id, chain.audience, chain.epoch, chain.position)] = chain
    logged = known_ids(connection, list(heads))
    moved = []
    for act_id, chain in heads.items():
        if chain.position is None or act_id in logged:
            continue
        secret = chains.shared_secret(connection, node.sealer, chain.chain_no)
        detail = head_detail(chain.epoch, chain.position)
        salt = head_salt(secret, chain.position)
        moved.append(Done(ActKind.INDEX_HEAD, node.node_id, chain.audience, now, detail, act_id, salt))
    record_acts(connection, moved)


def head_id(alliance: str, owner: str, audience: str, epoch: int, position: ChainPosition) -> bytes:
    """The id of a head's act, as both ends compute it."""
    return shared_id(alliance, owner, audience, "head", u32(epoch) + u64(position.seq) + position.hash)


def head_salt(secret: bytes, position: ChainPosition) -> bytes:
    """What opens it: both ends know S."""
    return derived_salt(secret, f"head {position.seq}")


def head_detail(epoch: int, position: ChainPosition) -> Detail:
    """What it says."""
    return {"epoch": epoch, "seq": position.seq, "hash": position.hash.hex()}
