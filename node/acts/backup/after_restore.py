"""The first start after a restore: hear from the others what this node does not know any more, before it serves.

They hold later rosters, each signed by a quorum, and this node's later epoch statements, which it signed: a new epoch
must follow the last of them, or it would be a second key under one number. What was charged since the backup nobody
honest can prove to be all: so each member counts as having spent its day.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection

from node.acts.backup.restore import marked_number, members_left_out, read_marker
from node.acts.membership.adopt_roster import adopt_roster
from node.acts.membership.learn_roster import learn
from node.acts.membership.own_keys import key_that_signed, own_signing_keys
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.epoch import check_statement, statement_hash
from node.model.epoch import SignedEpoch
from node.model.session import Greeting
from node.policy import budgets
from node.storage import epochs, pending_rosters
from node.storage.durable_files import write_durably
from node.storage.epochs import EpochState

AGAIN_SECONDS = 2.0
REFUSED_ROUNDS = 3
_NOT_BELIEVED = frozenset({Code.PEER_CERTIFICATE, Code.PEER_UNKNOWN})
# What no honest peer brings in place of a roster: its word on epochs, which this node signed, counts all the same.
_FAULTS = frozenset({Code.ROSTER_FORK, Code.ROSTER_INVALID, Code.ROSTER_QUORUM, Code.ROSTER_EXPIRED,
                     Code.MESSAGE_MALFORMED})  # fmt: skip
_log = structlog.get_logger("restore")


@dataclass(slots=True)
class _Heard:
    """What came of asking: greetings by member, and of who did not answer why, and how often it did not believe us."""

    first_epoch: int
    greetings: dict[str, Greeting] = field(default_factory=dict)
    missing: dict[str, LancangError] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)


async def take_up_restored(node: Node, follow_roster: Callable[[], Awaitable[None]]) -> None:
    """Do nothing unless the home was restored. Then the node is held (let_go.py); and until it has opened its epoch it
    waits here until every member has been heard, and takes up what they say. follow_roster: moves the channels.

    Raises LancangError: EPOCH_CHAIN if they hold two histories that this node signed; ROSTER_INVALID if a later roster
    names other keys of this node than it has, PEER_CERTIFICATE if members do not believe it any more.
    """
    marker = read_marker(node.home)
    if marker is None:
        return
    node.held = True
    known = await node.read(epochs.own)
    if known and known[-1].state is not EpochState.CLOSED:
        _log.warning("restored: held until an administrator lets it go")
        return
    left_out = set(members_left_out(marker))
    # From the last one that is known on, so that a long history does not hide its end.
    heard = _Heard(known[-1].epoch if known else 1)
    before = node.roster.roster.version
    try:
        await _hear_all(node, heard, left_out, follow_roster)
    finally:
        node.home.waiting.unlink(missing_ok=True)
    keys = await node.read(own_signing_keys, node)
    told = [greeting.your_epochs for greeting in heard.greetings.values()]
    missing = longest(node, [epoch.signed for epoch in known], told, keys)
    now = node.clock.now_ms()
    detail: Detail = {
        "backup_ms": marked_number(marker, "ms"),
        "acts": marked_number(marker, "acts"),
        "epochs_learned": len(missing),
        "rosters_learned": node.roster.roster.version - before,
        "not_heard": " ".join(sorted(left_out)),
    }
    await node.write(_store, node, missing, now, detail)


async def _hear_all(
    node: Node, heard: _Heard, left_out: set[str], follow_roster: Callable[[], Awaitable[None]]
) -> None:
    """Ask until everybody has been heard who belongs by the newest roster that anybody has."""
    while wanted := _wanted(node, left_out) - heard.greetings.keys():
        if heard.missing.keys() != wanted:
            _log.warning("restored: waiting to hear what the others know of this node", members=sorted(wanted))
        await asyncio.gather(*(_hear(node, name, heard) for name in sorted(wanted)))
        if await _take_up_rosters(node):
            await follow_roster()
            # Who has yet later ones is asked again: they come sixteen at a time.
            ours = node.roster.roster.version
            heard.greetings = {name: told for name, told in heard.greetings.items() if told.roster_version <= ours}
            continue
        heard.missing = {name: problem for name, problem in heard.missing.items() if name not in heard.greetings}
        _tell(node, heard)
        _check_believed(node, heard, left_out)
        if heard.missing:
            await asyncio.sleep(AGAIN_SECONDS)


def _wanted(node: Node, left_out: set[str]) -> set[str]:
    return {member.node_id for member in node.audiences() if member.node_id in node.peers} - left_out


async def _hear(node: Node, name: str, heard: _Heard) -> None:
    """What a peer knows of this node's epochs from a number on, and the rosters that it has beyond ours."""
    try:
        greeting = await node.peers[name].hello(node.roster, heard.first_epoch)
        await _learn(node, greeting)
    except LancangError as problem:
        if name not in heard.missing:
            _log.warning("not heard yet", peer=name, code=problem.code.value, detail=problem.detail)
        heard.missing[name] = problem
        heard.refused[name] = heard.refused.get(name, 0) + 1 if problem.code in _NOT_BELIEVED else 0
        return
    heard.greetings[name] = greeting


async def _learn(node: Node, greeting: Greeting) -> None:
    try:
        await learn(node, greeting.node_id, greeting.roster_version, greeting.roster_hash)
    except LancangError as problem:
        if problem.code not in _FAULTS:
            raise
        # Nothing of it is believed. Two rosters that a quorum signed are kept, and shown before the node is let go.
        _log.error("roster not learned", peer=greeting.node_id, code=problem.code.value, detail=problem.detail)


async def _take_up_rosters(node: Node) -> bool:
    """Put in force what was learned: the alliance decided it, and this node may have known it before."""
    changed = False
    while (found := await node.read(pending_rosters.get, node.roster.roster.version + 1)) is not None:
        changed |= await adopt_roster(node, found.document, node.node_id)
    return changed


def _tell(node: Node, heard: _Heard) -> None:
    """For whoever looks at a node that seems not to start."""
    missing = {name: f"{problem.code.value} {problem.title}" for name, problem in sorted(heard.missing.items())}
    if missing:
        write_durably(node.home.waiting, json.dumps({"pid": os.getpid(), "missing": missing}).encode())


def _check_believed(node: Node, heard: _Heard, left_out: set[str]) -> None:
    """Whoever is not believed waits in vain: what it holds is from before a change that the others have made."""
    wanted = _wanted(node, left_out) - heard.greetings.keys()
    if wanted and all(heard.refused.get(name, 0) >= REFUSED_ROUNDS for name in wanted):
        names = ", ".join(sorted(wanted))
        raise LancangError(
            Code.PEER_CERTIFICATE,
            f"{names} and this node do not believe each other's certificates: the backup is from before a change",
            remedy=(
                "Put the newest roster in force (`lancang roster install FILE`) and renew an expired certificate "
                "(`lancang certs renew`). If that roster names other keys of this node, restore a backup made since; "
                "without one make new keys: `lancang node rekey --new-authority`, and have the members sign its entry."
            ),
        )


def longest(
    node: Node, own: list[SignedEpoch], heard: list[tuple[SignedEpoch, ...]], keys: tuple[bytes, ...]
) -> list[SignedEpoch]:
    """The statements that follow this node's own, as the member who knows most has them; all must agree.

    A statement counts only with this node's own signature: nobody can invent one.
    """
    chain = list(own)
    # In the order of their numbers: who joined late knows only the last of them.
    for signed in sorted((signed for told in heard for signed in told), key=lambda each: each.statement.epoch):
        said = signed.statement
        same = next((each for each in chain if each.statement.epoch == said.epoch), None)
        if same is not None and same.statement == said:
            continue
        if same is not None or (chain and said.epoch < chain[0].statement.epoch):
            raise LancangError(Code.EPOCH_CHAIN, f"two statements of this node for epoch {said.epoch}")
        check_statement(
            chain[-1] if chain else None,
            signed,
            alliance=node.alliance,
            owner=node.node_id,
            owner_key=key_that_signed(signed, keys),
        )
        chain.append(signed)
    return chain[len(own) :]


def _store(connection: Connection, node: Node, missing: list[SignedEpoch], now: int, detail: Detail) -> None:
    for signed in missing:
        epochs.add_closed(connection, signed, statement_hash(signed.statement))
    for member in node.audiences():
        budgets.exhaust(connection, member.node_id, node.policy.budget, now)
    record_act(connection, ActKind.NODE_RESTORED, node.node_id, "", now, detail)
