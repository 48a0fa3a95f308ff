"""The log's tree as it is stored: leaves, hashes of whole subtrees, and the frontier at which it grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from node.errors import Code, LancangError
from node.storage.schema_log import act_salt, log_leaf, log_node, log_state

# Built once: every act needs them.
_STATE = select(log_state.c.generation, log_state.c.size, log_state.c.frontier)
_GROW = update(log_state).where(log_state.c.log_no == 1)
_LEAVES, _SALTS, _NODES = insert(log_leaf), insert(act_salt), insert(log_node)
_NODE = select(log_node.c.hash).where(
    log_node.c.level == bindparam("level_"), log_node.c.position == bindparam("position_")
)
_LEAF = select(log_leaf.c.leaf).where(log_leaf.c.act_no == bindparam("act_no_"))
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class LogState:
    """generation: 1, and one more each time that the log had to begin anew after it was set back. size: its leaves.

    frontier: the hashes of its whole subtrees, the largest first.
    """

    generation: int
    size: int
    frontier: tuple[bytes, ...]


def state(connection: Connection) -> LogState:
    """Where the log stands. Raises LancangError STORAGE_DAMAGED if that is gone."""
    row = connection.execute(_STATE).first()
    if row is None or len(row.frontier) != _HASH_BYTES * row.size.bit_count():
        raise LancangError(Code.STORAGE_DAMAGED, "the frontier of the log is missing or broken")
    hashes = (row.frontier[at : at + _HASH_BYTES] for at in range(0, len(row.frontier), _HASH_BYTES))
    return LogState(row.generation, row.size, tuple(hashes))


def grow(
    connection: Connection,
    size: int,
    frontier: Sequence[bytes],
    leaves: Sequence[tuple[int, bytes, bytes]],
    nodes: Sequence[tuple[int, int, bytes]],
) -> None:
    """Add leaves (act_no, salt, bytes) and the subtrees (level, position, hash) that became whole."""
    connection.execute(_LEAVES, [{"act_no": act_no, "leaf": leaf} for act_no, _, leaf in leaves])
    connection.execute(_SALTS, [{"act_no": act_no, "salt": salt} for act_no, salt, _ in leaves])
    if nodes:
        connection.execute(_NODES, [{"level": level, "position": at, "hash": hash_} for level, at, hash_ in nodes])
    connection.execute(_GROW, {"size": size, "frontier": b"".join(frontier)})


def begin_generation(connection: Connection, generation: int) -> None:
    """Number the log anew from here on; what it holds stays."""
    connection.execute(_GROW, {"generation": generation})


def leaf(connection: Connection, act_no: int) -> bytes:
    """The bytes of an act's leaf. Raises LancangError STORAGE_DAMAGED if it has none."""
    found = connection.scalar(_LEAF, {"act_no_": act_no})
    if found is None:
        raise LancangError(Code.STORAGE_DAMAGED, f"act {act_no} has no leaf")
    return bytes(found)


def node(connection: Connection, level: int, position: int) -> bytes:
    """The hash of a whole subtree above the leaves. Raises LancangError STORAGE_DAMAGED if it is missing."""
    found = connection.scalar(_NODE, {"level_": level, "position_": position})
    if found is None:
        raise LancangError(Code.STORAGE_DAMAGED, f"the log's tree lacks a hash at level {level}")
    return bytes(found)


def nodes_of(connection: Connection, places: Sequence[tuple[int, int]]) -> list[bytes]:
    """The hashes of these subtrees (level, position), as far as they are there."""
    found: dict[tuple[int, int], bytes] = {}
    for level in {level for level, _ in places}:
        wanted = [position for each, position in places if each == level]
        query = select(log_node.c.position, log_node.c.hash).where(
            log_node.c.level == level, log_node.c.position >= min(wanted), log_node.c.position <= max(wanted)
        )
        found |= {(level, position): bytes(hash_) for position, hash_ in connection.execute(query)}
    return [found[place] for place in places if place in found]


def leaves(connection: Connection, after: int, until: int) -> Iterator[bytes]:
    """The leaves of the acts after one and up to another, in order."""
    query = select(log_leaf.c.leaf).where(log_leaf.c.act_no > after, log_leaf.c.act_no <= until)
    for (found,) in connection.execute(query.order_by(log_leaf.c.act_no)):
        yield bytes(found)


def salts(connection: Connection, act_nos: Sequence[int]) -> dict[int, bytes]:
    """By number the salts of those acts that still have theirs."""
    query = select(act_salt.c.act_no, act_salt.c.salt).where(act_salt.c.act_no.in_(act_nos))
    return {act_no: bytes(salt) for act_no, salt in connection.execute(query)}


def salts_between(connection: Connection, after: int, until: int) -> dict[int, bytes]:
    """As salts(), for the acts after one and up to another."""
    query = select(act_salt.c.act_no, act_salt.c.salt).where(act_salt.c.act_no > after, act_salt.c.act_no <= until)
    return {act_no: bytes(salt) for act_no, salt in connection.execute(query)}


def erase_salts(connection: Connection, act_nos: Sequence[int]) -> None:
    """Forget what opens the commitments of these acts."""
    connection.execute(delete(act_salt).where(act_salt.c.act_no.in_(act_nos)))


def counted(connection: Connection) -> tuple[int, int, int]:
    """How many leaves there are, the highest number of one, and how many hashes above them."""
    number: Any = connection.execute(select(func.count(), func.max(log_leaf.c.act_no)).select_from(log_leaf)).one()
    return number[0], number[1] or 0, connection.scalar(select(func.count()).select_from(log_node)) or 0
