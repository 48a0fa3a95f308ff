"""Take up a new roster while the node serves: one transaction with its act, then everything goes by it at once.

The database is the one word on which roster is in force; the file in the home follows it, also after a kill in between
(roster_in_force.py). Whom to follow and publish to anew is brought about by a job: it may take long, and goes on after
a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog
from sqlalchemy import Connection

from node.acts.membership.next_keys import keys_named, take_up_next_keys
from node.acts.membership.roster_fork import report_fork
from node.acts.membership.roster_in_force import sign_epochs_anew
from node.acts.runtime.node import Node
from node.acts.runtime.to_the_end import to_the_end
from node.audit.journal import ActKind, Detail, record_shared
from node.audit.shared import About, Line
from node.config import read_secret
from node.errors import Code, LancangError
from node.exchange.epoch import sign_statement
from node.model.roster import SignedRoster
from node.observe import EXPIRES, ROSTER_VERSION
from node.policy.rates import Rate, RateLimiter
from node.roster.acceptance import accept, accept_between, verify_at
from node.roster.documents import parse_signed
from node.storage import pending_rosters, rosters
from node.storage.durable_files import write_durably
from node.storage.keystore import Keys

_log = structlog.get_logger("roster")


async def adopt_roster(node: Node, document: bytes, actor: str) -> bool:
    """Put a roster in force; returns False if it is already. actor: the officer who did it.

    Raises LancangError: what acceptance.accept raises, ROSTER_INVALID if it does not name this node with keys it holds.
    """
    return await to_the_end(_adopt(node, parse_signed(document), document, actor))


async def _adopt(node: Node, signed: SignedRoster, document: bytes, actor: str) -> bool:
    async with node.roster_turn:
        accepted = await _accepted(node, signed, actor)
        if accepted is node.roster:
            return False
        keys = await node.compute(keys_under, node, signed)
        version, now = signed.roster.version, node.clock.now_ms()
        detail: Detail = {"version": version, "hash": signed.hash.hex()}

        def store(connection: Connection) -> None:
            rosters.accept(connection, version, document, signed.hash, ms=now)
            pending_rosters.settle(connection, version, signed.hash)
            record_accepted(connection, node, signed, actor, detail, now)

        await take_effect(node, signed, document, keys, store)
    return True


def record_accepted(
    connection: Connection, node: Node, signed: SignedRoster, actor: str, detail: Detail, now: int
) -> None:
    """The act that a roster is in force here, in the words that all members share."""
    shared = Line(node.alliance, "").of_statement(About.ROSTER, signed.hash)
    record_shared(connection, ActKind.ROSTER_ACCEPTED, actor, "", now, detail, shared)


async def take_effect(
    node: Node, signed: SignedRoster, document: bytes, keys: Keys, store: Callable[[Connection], None]
) -> None:
    """One transaction that stores a checked roster, then everything goes by it. Hold node.roster_turn meanwhile."""

    def stored(connection: Connection) -> None:
        store(connection)
        if keys.signing is not node.signing:
            sign_epochs_anew(connection, keys.signing)

    await node.write(stored)
    if keys is not node.keys:
        await _change_keys(node, keys)
    put_in_force(node, signed, document)
    await _write_file(node)


async def _accepted(node: Node, signed: SignedRoster, actor: str) -> SignedRoster:
    """accept(); two rosters of one version, each valid in itself, are reported whichever way they came."""
    now, version = node.clock.now_ms(), signed.roster.version
    waiting = await node.read(pending_rosters.get, version)
    leads_on = await node.read(pending_rosters.get, version + 1) is not None
    try:
        accepted = (accept_between if leads_on else accept)(node.roster, signed, now)
    except LancangError as problem:
        if problem.code is Code.ROSTER_FORK and version == node.roster.roster.version and is_valid(signed, now):
            await report_fork(node, node.roster, signed, actor)
        raise
    if waiting is not None and waiting.hash != signed.hash:
        # The administrator has chosen between the two, as somebody must; that there are two is not forgotten.
        await report_fork(node, parse_signed(waiting.document), signed, actor)
    return accepted


def is_valid(signed: SignedRoster, now_ms: int) -> bool:
    """Whether a quorum of its own members signed it."""
    try:
        verify_at(signed, now_ms)
    except LancangError:
        return False
    return True


def keys_under(node: Node, signed: SignedRoster) -> Keys:
    """The keys under which this node goes on. Raises LancangError(ROSTER_INVALID) if it could not."""
    own = signed.roster.member(node.node_id)
    if own is not None and own.signing_key == node.signing.public:
        return node.keys
    return keys_named(node.home, node.node_id, read_secret(node.settings), signed.roster)[0]


async def _change_keys(node: Node, keys: Keys) -> None:
    """The roster that names the new keys is stored: nothing signed with the old ones leaves this node any more."""
    try:
        await asyncio.to_thread(take_up_next_keys, node.home)
    except (OSError, LancangError) as problem:
        _log.error("new keys not moved; the next start does it", kind=type(problem).__name__)
    node.keys, node.signing = keys, keys.signing
    for number, epoch in node.epochs.items():
        node.epochs[number] = replace(epoch, signed=sign_statement(epoch.statement, keys.signing))
    _log.warning("keys changed")


def put_in_force(node: Node, signed: SignedRoster, document: bytes) -> None:
    """Go by a stored roster from now on: policy, identities and rates at once, open streams are looked at again."""
    before = node.policy.asks_per_minute
    node.roster, node.roster_file = signed, document
    if node.policy.asks_per_minute != before:
        node.asks_rate = asks_rate(node.policy.asks_per_minute)
    node.membership.set()
    node.roster_news.set()
    show_roster(node)
    for publication in node.publications:
        publication.wake()
    _log.info("roster in force", version=signed.roster.version, hash=signed.hash.hex())


def show_roster(node: Node) -> None:
    """Version and expiry, for whoever watches the node."""
    ROSTER_VERSION.labels("in-force").set(node.roster.roster.version)
    EXPIRES.labels("roster").set(node.roster.roster.expires_ms / 1000)


def asks_rate(per_minute: int) -> RateLimiter:
    """What one member may ask of this node in memory, in front of the durable budgets."""
    return RateLimiter(Rate(per_minute, max(1, per_minute // 4)))


async def _write_file(node: Node) -> None:
    """The file for people and for offline commands; the database has said already what holds."""
    try:
        await asyncio.to_thread(write_durably, node.home.roster, node.roster_file)
    except (OSError, LancangError) as problem:
        _log.error("roster file not written; it follows at the next start", kind=type(problem).__name__)
