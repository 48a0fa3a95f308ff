"""As a witness: vouch for a checkpoint if its log goes on from what is known here; a fork is kept as evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence

import structlog
from sqlalchemy import Connection

from node.acts.membership.standing import member_of
from node.acts.probing.watch_probing import raise_alarm
from node.acts.runtime.node import Node
from node.acts.runtime.to_the_end import to_the_end
from node.acts.witnessing.member_keys import signing_keys, verify_by_any
from node.audit.checkpoints import Beginning, check_goes_on, cosign, verify_checkpoint
from node.audit.journal import ActKind, Detail, record_act
from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.model.alarm import AlarmKind, Concern, Measured
from node.model.checkpoint import Checkpoint, Cosignature, SignedCheckpoint
from node.model.officer import Caller
from node.observe import INCIDENTS
from node.storage import checkpoints, evidence

_log = structlog.get_logger("witness")


async def vouch(
    node: Node,
    caller: Caller,
    told: SignedCheckpoint,
    from_size: int,
    proof: Sequence[bytes],
    beginning: Beginning | None,
) -> Cosignature:
    """Cosign the caller's checkpoint. What it was vouched for before need not be sent again: this one takes its place.

    Raises LancangError: MESSAGE_MALFORMED for another's log, SIGNATURE_WRONG, LOG_BEHIND, LOG_FORK; a fork is an act,
    an alarm, and kept as evidence.
    """
    said = told.checkpoint
    if (said.alliance, said.owner) != (node.alliance, caller.name):
        raise LancangError(Code.MESSAGE_MALFORMED, "checkpoint: of another log than the caller's")
    key = member_of(node, caller.name).signing_key
    await node.compute(verify_checkpoint, told, key)
    given, problem = await to_the_end(
        node.write(_judge, node, told, from_size, tuple(proof), beginning, node.signing, node.clock.now_ms())
    )
    if problem is not None:
        tell_fault(caller.name, problem)
        raise problem
    if given is None:
        raise LancangError(Code.INTERNAL, "a checkpoint was neither vouched for nor refused")
    return given


def _judge(
    connection: Connection,
    node: Node,
    told: SignedCheckpoint,
    from_size: int,
    proof: tuple[bytes, ...],
    beginning: Beginning | None,
    key: SigningKey,
    now: int,
) -> tuple[Cosignature | None, LancangError | None]:
    """In one transaction with what is known, so that two checkpoints that come at once can't both go on from it."""
    said = told.checkpoint
    known = checkpoints.newest(connection, said.owner)
    try:
        check_goes_on(known.checkpoint if known else None, said, from_size, proof, beginning)
    except LancangError as problem:
        if problem.code is Code.LOG_FORK and known is not None:
            keep_fork(connection, node, known, told, problem, now)
        return None, problem
    given = cosign(said, node.node_id, now, key)
    checkpoints.replace_newest(connection, SignedCheckpoint(said, told.signature, (given,)))
    if known is not None and known.checkpoint.generation < said.generation:
        _log_set_back(connection, node, known, said, now)
    return given, None


def keep_fork(
    connection: Connection, node: Node, known: SignedCheckpoint, told: SignedCheckpoint, problem: LancangError, now: int
) -> None:
    """Log that a node showed two histories, with both checkpoints as evidence, and call this node's people.

    Once for each pair of histories: a peer that repeats its lie does not fill this node's log.
    """
    owner = known.checkpoint.owner
    detail: Detail = {
        "code": problem.code.value,
        "what": problem.detail,
        "generation": known.checkpoint.generation,
        "size": known.checkpoint.size,
        "root": known.checkpoint.root.hex(),
        "told_generation": told.checkpoint.generation,
        "told_size": told.checkpoint.size,
        "told_root": told.checkpoint.root.hex(),
    }
    if raise_alarm(connection, node, Measured(Concern(AlarmKind.LOG_FORK, owner), 1, 1), now) is None:
        return
    act_id = record_act(connection, ActKind.LOG_REFUSED, node.node_id, owner, now, detail)
    body = json.dumps({"known": _words(known), "told": _words(told)}).encode()
    evidence.add(connection, node.sealer, act_id, body)


def _log_set_back(connection: Connection, node: Node, known: SignedCheckpoint, said: Checkpoint, now: int) -> None:
    """A log that begins anew says so itself; that is no lie, and its people and these must look at what was lost."""
    detail: Detail = {
        "after_generation": known.checkpoint.generation,
        "after_size": known.checkpoint.size,
        "after_root": known.checkpoint.root.hex(),
        "generation": said.generation,
        "size": said.size,
    }
    raise_alarm(connection, node, Measured(Concern(AlarmKind.LOG_SET_BACK, said.owner), 1, 1), now)
    act_id = record_act(connection, ActKind.LOG_SET_BACK, node.node_id, said.owner, now, detail)
    evidence.add(connection, node.sealer, act_id, json.dumps({"known": _words(known)}).encode())


def tell_fault(peer: str, problem: LancangError) -> None:
    """Say it in the node's own log and metrics."""
    if problem.code is Code.LOG_FORK:
        INCIDENTS.labels(peer, problem.code.value).inc()
        _log.error("a log shows two histories", peer=peer, what=problem.detail)


async def known_checkpoints(node: Node, owner: str = "") -> list[SignedCheckpoint]:
    """The newest checkpoint of each log known here, or of one: of this node's, and of those it has vouched for."""
    if owner:
        found = await node.read(checkpoints.newest, owner)
        return [] if found is None else [found]
    return await node.read(checkpoints.newest_of_each)


def verify_of_owner(connection: Connection, node: Node, told: SignedCheckpoint) -> None:
    """Check a checkpoint that a third party handed on. Raises LancangError SIGNATURE_WRONG."""
    said = told.checkpoint
    verify_by_any(signing_keys(connection, node, said.owner), said.encode(), told.signature)


def _words(signed: SignedCheckpoint) -> dict[str, str]:
    return {"signed": signed.checkpoint.encode().hex(), "signature": signed.signature.hex()}
