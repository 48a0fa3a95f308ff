"""A peer's epochs: take its statements up as a chain, and know which to follow."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from sqlalchemy import Connection

from matcher.tokens import tables_hash
from node.acts.runtime.node import Node
from node.acts.runtime.peer import Peer
from node.acts.runtime.report_fault import SignedWords
from node.audit.journal import ActKind, Detail, record_shared
from node.audit.shared import About, Line
from node.errors import Code, LancangError
from node.exchange.epoch import check_statement, check_terms, endings, statement_hash
from node.exchange.epoch_pace import Pace, most_a_day
from node.model.epoch import EpochStatement, SignedEpoch
from node.model.roster import Member
from node.model.session import MOST_EPOCHS
from node.roster.documents import parse_signed
from node.storage import copies, epochs, pending_rosters, rosters

MOST_PAGES = 8
"""Of statements, read at the first greeting: 4,096 epochs that are over."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Which epochs of an owner to follow: the newest that takes asks now, and older ones of which there is a copy.

    Those are followed to the end of their grace: their last batches say how tags go on. until_ms: look again then.
    """

    newest: EpochStatement
    older: tuple[EpochStatement, ...]
    until_ms: int


async def followed_epochs(node: Node, peer: Peer, owner: Member, words: SignedWords) -> Followed:
    """Take up what is new, and choose. words: takes what proves a broken chain.

    Raises LancangError: EPOCH_CHAIN for a second key, a gap or a wrong link, EPOCH_PACE for
    too many, TABLES_DIFFER, EPOCH_CLOSED.
    """
    known = await node.read(epochs.of_peer, owner.node_id)
    # The last known statement is asked for again: a second one under its number is found out here.
    told = await peer.epochs(known[-1].statement.epoch) if known else await _first_told(node, peer)
    known = await _take_up(node, owner, known, told, words)
    now = node.clock.now_ms()
    serving = [signed.statement for signed in known if signed.statement.from_ms <= now < signed.statement.ask_until_ms]
    if not serving:
        raise LancangError(Code.EPOCH_CLOSED, f"{owner.node_id} has no epoch that takes asks now")
    if serving[-1].tables != tables_hash():
        raise LancangError(Code.TABLES_DIFFER, f"epoch {serving[-1].epoch} of {owner.node_id}")
    newest = serving[-1]
    # One whose time has not come by this clock, though its owner's clock has opened it.
    ahead = [signed.statement.from_ms for signed in known if signed.statement.epoch > newest.epoch]
    return Followed(newest, await _in_grace(node, known, newest), min([newest.ask_until_ms, *ahead]))


async def _in_grace(node: Node, known: list[SignedEpoch], newest: EpochStatement) -> tuple[EpochStatement, ...]:
    now, held = node.clock.now_ms(), []
    ends = endings(signed.statement for signed in known)
    for statement in (signed.statement for signed in reversed(known)):
        if statement.epoch >= newest.epoch or now >= ends[statement.epoch]:
            continue
        if await node.read(copies.get, statement.owner, statement.epoch) is not None:
            held.append(statement)
    return tuple(held)


async def _first_told(node: Node, peer: Peer) -> tuple[SignedEpoch, ...]:
    """The statements of an owner met for the first time. Epochs that are over are nobody's concern here any more: of
    those before the first that is not, only the last is kept, as the one that the chain goes on from."""
    told, now = await peer.epochs(1), node.clock.now_ms()
    for _ in range(MOST_PAGES):
        over = sum(1 for _ in itertools.takewhile(lambda signed: signed.statement.grace_until_ms <= now, told))
        if len(told) < MOST_EPOCHS or over < len(told):
            return told[max(0, over - 1) :]
        told = told[-1:] + (await peer.epochs(told[-1].statement.epoch + 1))
    raise LancangError(Code.EPOCH_PACE, f"{peer.node_id} has had more than {MOST_PAGES * MOST_EPOCHS} epochs")


async def _take_up(
    node: Node, owner: Member, known: list[SignedEpoch], told: tuple[SignedEpoch, ...], words: SignedWords
) -> list[SignedEpoch]:
    result = list(known)
    now = node.clock.now_ms()
    pace = Pace(most_a_day(node.policy), await node.read(epochs.pace_of_peer, owner.node_id))
    for signed in told:
        previous = result[-1] if result else None
        try:
            check_statement(previous, signed, alliance=node.alliance, owner=owner.node_id, owner_key=owner.signing_key)
        except LancangError:
            words.statements = (signed,) if previous is None else (previous, signed)
            raise
        if previous is not None and signed.statement == previous.statement:
            if signed.signature != previous.signature:
                # Its key was replaced: keep the signature that the roster in force vouches for.
                await node.write(epochs.sign_peer_anew, signed)
            continue
        try:
            pace.take(owner.node_id, signed.statement.epoch, signed.statement.from_ms, now)
        except LancangError:
            words.statements = (*result[-1:], signed)
            raise
        await _check_terms(node, signed.statement)
        await node.write(_store, node, signed, now)
        result.append(signed)
    return result


def _store(connection: Connection, node: Node, signed: SignedEpoch, now: int) -> None:
    said, digest = signed.statement, statement_hash(signed.statement)
    if epochs.add_peer(connection, signed, digest, now):
        detail: Detail = {"epoch": said.epoch, "statement": digest.hex()}
        shared = Line(node.alliance, said.owner).of_statement(About.EPOCH, digest)
        record_shared(connection, ActKind.PEER_EPOCH_ACCEPTED, node.node_id, said.owner, now, detail, shared)


async def _check_terms(node: Node, statement: EpochStatement) -> None:
    """Hold an owner to the roster it names; a node that joined later than that, to the one in force."""
    document = await node.read(_named_roster, statement.roster_hash)
    policy = node.policy if document is None else parse_signed(document).roster.policy
    check_terms(statement, policy, exactly=document is not None)


def _named_roster(connection: Connection, hash_: bytes) -> bytes | None:
    """The file of a roster known here. An owner may already have taken up one that still waits here."""
    found = rosters.by_hash(connection, hash_) or pending_rosters.by_hash(connection, hash_)
    return None if found is None else found.document
