"""Index heads enter the log: how far each audience's chain has come, one act an audience and a checkpoint.

An audience knows S of its index, and so opens the act: a head that it was shown cannot be denied later.
"""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, Done, known_ids, record_acts
from node.audit.shared import Line
from node.model.batch import ChainPosition
from node.storage import chains
from node.storage.chains import Chain, ChainState


def log_heads(connection: Connection, node: Node, now: int) -> None:
    """Log the heads that have moved since they were logged last, in the caller's transaction."""
    heads = {}
    for chain in chains.in_state(connection, ChainState.OPEN):
        if chain.position is not None:
            line, position = Line(node.alliance, node.node_id, chain.audience), chain.position
            # Without S, which need not be opened for what is logged already: the id does not depend on it.
            heads[line.of_head(chain.epoch, position.seq, position.hash, b"").act_id] = chain
    logged = known_ids(connection, list(heads))
    moved = []
    for act_id, chain in heads.items():
        if chain.position is not None and act_id not in logged:
            moved.append(_head(connection, node, chain, chain.position, now))
    record_acts(connection, moved)


def _head(connection: Connection, node: Node, chain: Chain, position: ChainPosition, now: int) -> Done:
    secret = chains.shared_secret(connection, node.sealer, chain.chain_no)
    line = Line(node.alliance, node.node_id, chain.audience)
    shared = line.of_head(chain.epoch, position.seq, position.hash, secret)
    detail: Detail = {"epoch": chain.epoch, "seq": position.seq, "hash": position.hash.hex()}
    return Done(ActKind.INDEX_HEAD, node.node_id, chain.audience, now, detail, shared.act_id, shared.salt)
