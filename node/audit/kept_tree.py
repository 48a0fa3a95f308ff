"""The tree of this node's log over what is stored of it: how it grows in an act's transaction, its roots and proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from node.audit import tree
from node.storage import log
from node.storage.log import LogState


@dataclass(frozen=True, slots=True)
class NewLeaf:
    """The leaf of an act, and what opens its commitments."""

    act_no: int
    salt: bytes
    leaf: bytes


def append(connection: Connection, stands: LogState, leaves: Sequence[NewLeaf]) -> None:
    """Let the tree grow by the leaves of the next acts. stands: log.state() of this transaction."""
    front = tree.Frontier(stands.size, stands.frontier)
    nodes = [
        (grown.level, grown.index, grown.hash)
        for each in leaves
        for grown in front.append(tree.leaf_hash(each.leaf))
    ]  # fmt: skip
    added = [(each.act_no, each.salt, each.leaf) for each in leaves]
    log.grow(connection, front.size, front.hashes, added, nodes)


def nodes(connection: Connection) -> tree.Nodes:
    """The hashes as the tree's functions read them. Raises LancangError STORAGE_DAMAGED when one is missing."""

    def read(level: int, position: int) -> bytes:
        if level:
            return log.node(connection, level, position)
        return tree.leaf_hash(log.leaf(connection, position + 1))

    return read


def root(connection: Connection, size: int) -> bytes:
    """The root of the first `size` leaves."""
    return tree.root(nodes(connection), size)


def inclusion(connection: Connection, act_no: int, size: int) -> list[bytes]:
    """The proof that an act is in the tree of `size` leaves. Raises ValueError unless it is."""
    return tree.inclusion(nodes(connection), act_no - 1, size)


def consistency(connection: Connection, first: int, size: int) -> list[bytes]:
    """The proof that the tree of `size` leaves begins with that of `first`. Raises ValueError unless it may."""
    return tree.consistency(nodes(connection), first, size)
