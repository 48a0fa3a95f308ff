"""A log that was set back: others hold a checkpoint, signed by this node, that its log does not go on from.

A restored backup or an old copy of the home ends so. The log can't be extended to what they hold; to go on as if
nothing had happened would be a lie that every witness sees. So it begins a new generation: its leaves stay, and an act
in it names what it does not go on from. Witnesses accept it with that act alone, and call their people.
"""

from __future__ import annotations

import json

import structlog
from sqlalchemy import Connection

from node.acts.probing.watch_probing import raise_alarm
from node.acts.runtime.node import Node
from node.acts.witnessing.member_keys import signing_keys, verify_by_any
from node.audit import journal, kept_tree
from node.audit.checkpoints import Beginning
from node.audit.journal import ActKind, record_act
from node.errors import Code, LancangError
from node.model.alarm import AlarmKind, Concern, Measured
from node.model.checkpoint import Checkpoint, SignedCheckpoint
from node.storage import checkpoints, evidence, log

_log = structlog.get_logger("log")


async def heed_own(node: Node, heard: SignedCheckpoint, peer: str) -> bool:
    """Take note of a checkpoint of this node's own log that a peer holds; True if the log had to begin anew.

    Raises LancangError: MESSAGE_MALFORMED for another's log, SIGNATURE_WRONG for one that this node never signed.
    """
    said = heard.checkpoint
    if (said.alliance, said.owner) != (node.alliance, node.node_id):
        raise LancangError(Code.MESSAGE_MALFORMED, "checkpoint: of another log than was asked for")
    if await node.read(_goes_with, node, heard):
        return False
    anew = await node.write(_begin, node, heard, peer, node.clock.now_ms())
    if anew:
        _log.error("the log was set back and begins anew", peer=peer, they_know=said.size, code=Code.SET_BACK.value)
    return anew


def _goes_with(connection: Connection, node: Node, heard: SignedCheckpoint) -> bool:
    """Whether this log goes on from a checkpoint, or says already that it does not."""
    said, stands = heard.checkpoint, log.state(connection)
    verify_by_any(signing_keys(connection, node, node.node_id), said.encode(), heard.signature)
    if said.generation < stands.generation:
        begun = beginning_of(connection, stands.size)
        return begun is not None and (said.generation, said.size) <= (begun.after_generation, begun.after_size)
    if said.generation > stands.generation or said.size > stands.size:
        return False
    return kept_tree.root(connection, said.size) == said.root


def _begin(connection: Connection, node: Node, heard: SignedCheckpoint, peer: str, now: int) -> bool:
    if _goes_with(connection, node, heard):
        return False
    stands, own = log.state(connection), checkpoints.newest(connection, node.node_id)
    after = max([heard.checkpoint, *([own.checkpoint] if own else [])], key=_place)
    generation = max(stands.generation, after.generation) + 1
    log.begin_generation(connection, generation)
    begun = Beginning(0, b"", b"", after.generation, after.size, after.root, ())
    act_id = record_act(connection, ActKind.LOG_BEGUN_ANEW, node.node_id, "", now, begun.detail(generation))
    body = {"peer": peer, "signed": heard.checkpoint.encode().hex(), "signature": heard.signature.hex()}
    evidence.add(connection, node.sealer, act_id, json.dumps(body).encode())
    raise_alarm(connection, node, Measured(Concern(AlarmKind.LOG_SET_BACK), 1, 1), now)
    return True


def beginning_of(connection: Connection, size: int) -> Beginning | None:
    """How the present generation began, proven for a tree of that size; None for the first generation."""
    begun = journal.newest_of(connection, ActKind.LOG_BEGUN_ANEW)
    if begun is None or begun.act_no > size:
        return None
    detail = begun.detail
    return Beginning(
        begun.act_no,
        log.leaf(connection, begun.act_no),
        log.salts(connection, [begun.act_no])[begun.act_no],
        int(str(detail["after_generation"])),
        int(str(detail["after_size"])),
        bytes.fromhex(str(detail["after_root"])),
        tuple(kept_tree.inclusion(connection, begun.act_no, size)),
    )


def _place(checkpoint: Checkpoint) -> tuple[int, int]:
    return checkpoint.generation, checkpoint.size
