"""How this node's log stands: its length, its newest checkpoint, and who vouches for it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.model.checkpoint import SignedCheckpoint
from node.storage import checkpoints, log


@dataclass(frozen=True, slots=True)
class WitnessState:
    """What a node last vouched for (size 0: nothing yet), and why it did not vouch for the newest, if it did not."""

    witness: str
    size: int
    ms: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class LogStanding:
    """The log of a node."""

    generation: int
    size: int
    newest: SignedCheckpoint | None
    witnesses: tuple[WitnessState, ...]


async def log_standing(node: Node) -> LogStanding:
    """Read it."""
    return await node.read(_read, node)


def _read(connection: Connection, node: Node) -> LogStanding:
    stands = log.state(connection)
    newest = checkpoints.newest(connection, node.node_id)
    witnesses = tuple(_witness(connection, node, member.node_id) for member in node.witnesses())
    return LogStanding(stands.generation, stands.size, newest, witnesses)


def _witness(connection: Connection, node: Node, name: str) -> WitnessState:
    signed = checkpoints.newest_vouched(connection, node.node_id, name)
    given = [each for each in signed.cosignatures if each.witness == name] if signed else []
    size, ms = (signed.checkpoint.size, given[0].ms) if signed and given else (0, 0)
    problem = node.witnessing.refused.get(name)
    if name in node.witnessing.without:
        return WitnessState(name, size, ms, "", "an earlier version, without a part in the log")
    if problem is None:
        return WitnessState(name, size, ms, "", "")
    return WitnessState(name, size, ms, problem.code.value, problem.detail or problem.title)
