"""What others may see of this node's log: that it only grew, and the leaves that concern who asks."""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.audit import journal, kept_tree
from node.errors import Code, LancangError
from node.model.checkpoint import SharedAct, SharedPage, SignedCheckpoint
from node.model.officer import Caller
from node.storage import checkpoints, log


async def prove_consistency(node: Node, first: int, size: int) -> list[bytes]:
    """The proof between two sizes of this log. Raises LancangError(INPUT_INVALID) for sizes that it has not had."""

    def prove(connection: Connection) -> list[bytes]:
        if not 0 < first <= size <= log.state(connection).size:
            raise LancangError(Code.INPUT_INVALID, "size: this log is not so long")
        return kept_tree.consistency(connection, first, size)

    return await node.read(prove)


async def shared_acts(node: Node, caller: Caller, after: int, limit: int, size: int) -> SharedPage:
    """The leaves of acts with the caller, and of those that concern everybody, each proven.

    size: of a checkpoint that this node keeps; 0: its newest. Raises LancangError(INPUT_INVALID) if there is none.
    """

    def read(connection: Connection) -> SharedPage:
        signed = _checkpoint(connection, node.node_id, size)
        until = signed.checkpoint.size
        found = journal.shared_with(connection, caller.name, after, until, limit)
        acts = tuple(
            SharedAct(
                act_no, log.leaf(connection, act_no), tuple(kept_tree.inclusion(connection, act_no, until))
            )
            for act_no in found
        )  # fmt: skip
        return SharedPage(signed, acts, len(found) < limit)

    return await node.read(read)


def _checkpoint(connection: Connection, owner: str, size: int) -> SignedCheckpoint:
    newest = checkpoints.newest(connection, owner)
    if newest is None or size in {0, newest.checkpoint.size}:
        found = newest
    else:
        found = next(
            (each for each in checkpoints.every(connection, owner, size) if each.checkpoint.size == size), None
        )
    if found is None:
        raise LancangError(Code.INPUT_INVALID, "size: no checkpoint of that size")
    return found
