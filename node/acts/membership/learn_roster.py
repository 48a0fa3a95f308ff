"""Learning of a later roster from a peer: fetched version by version, each checked as if a person had brought it.

A peer can bring nothing that a quorum did not sign (The Update Framework, 5.3), at most MOST_AHEAD versions at a time.
What it brings waits for an administrator, unless the policy in force lets nodes take it up by themselves. Once two
rosters of one version are known (roster_fork.py), nothing is taken up automatically any more.
"""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import Connection

from node.acts.membership.adopt_roster import adopt_roster
from node.acts.membership.greet import check_greeting
from node.acts.membership.roster_fork import report_fork, standing_forks
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.model.roster import SignedRoster
from node.observe import ROSTER_VERSION
from node.roster.acceptance import accept, accept_between
from node.roster.documents import encode_signed, parse_signed
from node.roster.quorum import check_quorum
from node.storage import pending_rosters, rosters
from node.storage.pending_rosters import PendingRoster

MOST_AHEAD = 16
_log = structlog.get_logger("roster")


async def announce(node: Node) -> None:
    """Tell every peer which roster is in force here, so that those with an older one learn of it now."""
    await asyncio.gather(*(_greeted(node, name) for name in tuple(node.peers)))


async def _greeted(node: Node, name: str) -> None:
    try:
        await check_greeting(node, await node.peers[name].hello(node.roster))
    except (LancangError, KeyError) as problem:
        _log.info("not told of the roster", peer=name, kind=type(problem).__name__)


async def learn(node: Node, name: str, version: int, hash_: bytes) -> None:
    """A peer says that it holds this version. Fetch what is new of it, or what contradicts what is known here.

    Raises LancangError: what the peer sent wrongly, or that it is away; it is tried again when the peer greets.
    """
    peer = node.peers.get(name)
    if peer is None:
        return
    if version <= node.roster.roster.version:
        await _learn_fork(node, name, version, hash_)
        return
    waiting = await node.read(pending_rosters.every)
    known = next((one for one in waiting if one.version == version), None)
    if known is not None and known.hash == hash_:
        return
    base = parse_signed(waiting[-1].document) if waiting and known is None else node.roster
    for number in range(base.roster.version + 1, min(version, base.roster.version + MOST_AHEAD) + 1):
        document = await peer.roster(number)
        # In a thread: a large file that a peer made up must not hold up those who ask.
        signed = await node.compute(_of_version, document, number)
        await node.compute(accept_between if number < version else accept, base, signed, node.clock.now_ms())
        await _keep(node, name, signed)
        base = signed


def _of_version(document: bytes, number: int) -> SignedRoster:
    signed = parse_signed(document)
    if signed.roster.version != number:
        raise LancangError(Code.MESSAGE_MALFORMED, f"roster version {number} was asked for, another one came")
    return signed


async def _keep(node: Node, name: str, signed: SignedRoster) -> None:
    """Let a verified roster wait. Raises LancangError(ROSTER_FORK), reported, if another of its version waits."""
    now, version, document = node.clock.now_ms(), signed.roster.version, encode_signed(signed)
    detail: Detail = {"version": version, "hash": signed.hash.hex()}

    def store(connection: Connection) -> PendingRoster | None:
        known = pending_rosters.get(connection, version)
        if known is None:
            pending_rosters.add(connection, PendingRoster(version, document, signed.hash, name, now))
            record_act(connection, ActKind.ROSTER_RECEIVED, node.node_id, name, now, detail)
        return known

    known = await node.write(store)
    if known is not None and known.hash != signed.hash:
        await report_fork(node, parse_signed(known.document), signed, name)
        raise LancangError(Code.ROSTER_FORK, f"{name} and {known.peer} brought two rosters of version {version}")
    if known is None:
        _log.warning("a newer roster waits", version=version, peer=name, hash=signed.hash.hex())


async def _learn_fork(node: Node, name: str, version: int, hash_: bytes) -> None:
    """A peer holds another roster of a version known here: get it, and keep it if a quorum really signed it."""
    ours = node.roster if version == node.roster.roster.version else await _accepted(node, version)
    if ours is None or ours.hash == hash_:
        return
    signed = await node.compute(_of_version, await node.peers[name].roster(version), version)
    before = await _accepted(node, version - 1)
    if signed.hash == ours.hash:
        return
    if before is None:
        # Nothing here says who was to sign it but the one that is known: else anybody could make up a fork.
        if (signed.roster.alliance, signed.roster.demo) != (ours.roster.alliance, ours.roster.demo):
            raise LancangError(Code.ROSTER_INVALID, "it is of another alliance")
        await node.compute(check_quorum, ours.roster, signed, "the known", other=signed.roster)
    await node.compute(accept_between, before, signed, node.clock.now_ms())
    await report_fork(node, ours, signed, name)


async def _accepted(node: Node, version: int) -> SignedRoster | None:
    found = await node.read(rosters.get, version)
    return None if found is None else parse_signed(found.document)


async def take_up_pending(node: Node) -> None:
    """Where the policy in force says so, take up what waits. A refusal leaves it waiting for the administrator."""
    while node.policy.automatic_rosters and not await standing_forks(node):
        found = await node.read(pending_rosters.get, node.roster.roster.version + 1)
        if found is None:
            return
        try:
            await adopt_roster(node, found.document, node.node_id)
        except LancangError as problem:
            _log.warning("not taken up automatically", version=found.version, code=problem.code.value)
            return


async def show_waiting(node: Node) -> None:
    """The newest version that waits, for whoever watches the node; 0 if none does."""
    waiting = await node.read(pending_rosters.every)
    ROSTER_VERSION.labels("waiting").set(waiting[-1].version if waiting else 0)
