"""Take up a new roster while the node serves: one transaction with its act, then everything goes by it at once.

The database is the one word on which roster is in force; the file in the home follows it, also after a kill in between
(roster_in_force.py). Whom to follow and publish to anew is brought about by a job: it may take long, and goes on after
a restart.
"""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import Connection

from node.acts.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.model.roster import SignedRoster
from node.policy.rates import Rate, RateLimiter
from node.roster.acceptance import accept
from node.roster.documents import parse_signed
from node.storage import rosters
from node.storage.durable_files import write_durably

_log = structlog.get_logger("roster")


async def adopt_roster(node: Node, document: bytes, actor: str) -> bool:
    """Put a roster in force; returns False if it is already. actor: the officer who did it.

    Raises LancangError: what acceptance.accept raises, ROSTER_INVALID if it does not name this node with its key.
    """
    signed = parse_signed(document)
    async with node.roster_turn:
        accepted = accept(node.roster, signed, node.clock.now_ms())
        if accepted is node.roster:
            return False
        check_names_this_node(node, signed)
        await _store(node, signed, document, actor)
        put_in_force(node, signed, document)
        await _write_file(node)
    return True


def check_names_this_node(node: Node, signed: SignedRoster) -> None:
    """Raises LancangError(ROSTER_INVALID) for a roster under which this node could not go on."""
    own = signed.roster.member(node.node_id)
    if own is None:
        raise LancangError(
            Code.ROSTER_INVALID,
            f"version {signed.roster.version} no longer names {node.node_id}",
            remedy="A member that was dismissed has nothing to take up: stop the node and keep its home as evidence.",
        )
    if own.signing_key != node.signing.public:
        raise LancangError(
            Code.ROSTER_INVALID,
            f"version {signed.roster.version} names {node.node_id} with a key that this node does not hold",
            remedy="Ask for a version with the entry (member.json) that this home made.",
        )


async def _store(node: Node, signed: SignedRoster, document: bytes, actor: str) -> None:
    version, now = signed.roster.version, node.clock.now_ms()
    detail: Detail = {"version": version, "hash": signed.hash.hex()}

    def store(connection: Connection) -> None:
        rosters.accept(connection, version, document, signed.hash, ms=now)
        record_act(connection, ActKind.ROSTER_ACCEPTED, actor, "", now, detail)

    await node.write(store)


def put_in_force(node: Node, signed: SignedRoster, document: bytes) -> None:
    """Go by a stored roster from now on: policy, identities and rates at once, open streams are looked at again."""
    before = node.policy.asks_per_minute
    node.roster, node.roster_file = signed, document
    if node.policy.asks_per_minute != before:
        node.asks_rate = asks_rate(node.policy.asks_per_minute)
    node.membership.set()
    for publication in node.publications:
        publication.wake()
    _log.info("roster in force", version=signed.roster.version, hash=signed.hash.hex())


def asks_rate(per_minute: int) -> RateLimiter:
    """What one member may ask of this node in memory, in front of the durable budgets."""
    return RateLimiter(Rate(per_minute, max(1, per_minute // 4)))


async def _write_file(node: Node) -> None:
    """The file for people and for offline commands; the database has said already what holds."""
    try:
        await asyncio.to_thread(write_durably, node.home.roster, node.roster_file)
    except (OSError, LancangError) as problem:
        _log.error("roster file not written; it follows at the next start", kind=type(problem).__name__)
