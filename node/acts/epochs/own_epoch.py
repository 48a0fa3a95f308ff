"""This node's own epochs: take up the open ones at a start, sign a new one's statement, know the one that serves."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy import Connection

from matcher.tokens import tables_hash
from node.acts.publishing.build_chain import build_chain
from node.acts.publishing.publication_files import load_publication
from node.acts.runtime.node import Node
from node.acts.runtime.serving import ServingEpoch
from node.audit.journal import ActKind, Detail, record_shared
from node.audit.shared import About, Line
from node.crypto.voprf import KeyPair
from node.errors import Code, LancangError
from node.exchange.epoch import (
    NO_STATEMENT,
    check_asks_open,
    derive_epoch_keys,
    sign_statement,
    statement_hash,
)
from node.exchange.terms import Terms
from node.model.epoch import EpochStatement, SignedEpoch
from node.storage import chains, epochs, evaluations
from node.storage.epochs import EpochSecrets, EpochState, OwnEpoch

_log = structlog.get_logger("epochs")


async def begin_epoch(node: Node, last: OwnEpoch | None, log: Callable[[Connection], object] | None = None) -> OwnEpoch:
    """Draw the seed of the next epoch and store it, preparing. Nobody is told of it before it opens.

    log: writes the act of whoever wanted it, in the same transaction.
    """
    number, previous = (last.epoch + 1, last.hash) if last is not None else (1, NO_STATEMENT)
    seed = node.random(32)
    key = derive_epoch_keys(seed, node.alliance, node.node_id, number)
    signed = _signed(node, number, key.public, previous)
    digest = statement_hash(signed.statement)

    def store(connection: Connection) -> None:
        epochs.add_own(connection, node.sealer, signed, digest, EpochSecrets(seed, key.secret))
        if log is not None:
            log(connection)

    await node.write(store)
    return OwnEpoch(number, EpochState.PREPARING, signed, digest)


def _signed(node: Node, number: int, public_key: bytes, previous: bytes) -> SignedEpoch:
    """A statement on the terms of the roster in force, from now on."""
    now, policy = node.clock.now_ms(), node.policy
    statement = EpochStatement(
        alliance=node.alliance,
        owner=node.node_id,
        epoch=number,
        public_key=public_key,
        from_ms=now,
        ask_until_ms=now + policy.epoch_seconds * 1000,
        grace_until_ms=now + (policy.epoch_seconds + policy.grace_seconds) * 1000,
        tables=tables_hash(),
        postings_per_record=policy.postings_per_record,
        records_per_delta=policy.records_per_delta,
        list_cap=policy.list_cap,
        ask_size=policy.ask_size,
        roster_hash=node.roster.hash,
        previous=previous,
    )
    return sign_statement(statement, node.signing)


def store_opened(connection: Connection, node: Node, prepared: OwnEpoch) -> OwnEpoch:
    """Open a prepared epoch in the caller's transaction, with its act; its time begins now. Returns it, open."""
    said = prepared.signed.statement
    signed = _signed(node, prepared.epoch, said.public_key, said.previous)
    digest = statement_hash(signed.statement)
    epochs.open_epoch(connection, signed, digest)
    detail: Detail = {"epoch": prepared.epoch, "statement": digest.hex()}
    shared = Line(node.alliance, node.node_id).of_statement(About.EPOCH, digest)
    record_shared(connection, ActKind.EPOCH_OPENED, node.node_id, "", signed.statement.from_ms, detail, shared)
    return OwnEpoch(prepared.epoch, EpochState.OPEN, signed, digest)


async def give_up(node: Node, prepared: OwnEpoch) -> None:
    """Forget an epoch that never opened, last of all its row: interrupted, the next start goes on with giving it up.

    Its number is given again; nothing evaluated under the key that is gone may be left.
    """
    await node.write(epochs.give_up, prepared.epoch)
    while await node.write_bulk(evaluations.erase, prepared.epoch, 100):
        pass
    for chain in await node.read(chains.of_epoch, prepared.epoch):
        await node.write(chains.drop, chain.chain_no)
    await node.write(epochs.forget, prepared.epoch)
    node.rotation.log_holds_keys = True
    _log.info("epoch given up", epoch=prepared.epoch)


async def key_of(node: Node, epoch: OwnEpoch) -> ServingEpoch:
    """An own epoch with its key. Raises LancangError(EPOCH_CLOSED) once it is erased."""
    secrets = await node.read(epochs.secrets, node.sealer, epoch.epoch)
    return ServingEpoch(epoch.signed, KeyPair(secrets.secret_key, epoch.signed.statement.public_key))


async def take_up(node: Node, epoch: OwnEpoch) -> None:
    """Answer asks of an open epoch from now on."""
    node.epochs[epoch.epoch] = await key_of(node, epoch)


def serving_own(node: Node, number: int, now_ms: int) -> ServingEpoch:
    """The own epoch of that number, if it takes asks now. Raises LancangError: EPOCH_UNKNOWN, EPOCH_CLOSED."""
    epoch = node.epochs.get(number)
    if epoch is None:
        newest = max(node.epochs, default=0)
        code = Code.EPOCH_CLOSED if 0 < number < newest else Code.EPOCH_UNKNOWN
        raise LancangError(code, f"epoch {number}")
    check_asks_open(epoch.statement, follower_of(node, number), now_ms)
    return epoch


def follower_of(node: Node, number: int) -> EpochStatement | None:
    """The statement of the own epoch after this one, if it has opened."""
    later = node.epochs.get(number + 1)
    return later.statement if later is not None else None


def current_epoch(node: Node) -> ServingEpoch:
    """The newest open epoch. Raises LancangError(EPOCH_UNKNOWN) before the first."""
    if not node.epochs:
        raise LancangError(Code.EPOCH_UNKNOWN, "no epoch is open")
    return node.epochs[max(node.epochs)]


async def open_publications(node: Node) -> None:
    """Open the chain of every audience in every open epoch, and build those that are missing."""
    for number, epoch in node.epochs.items():
        # What this program encodes is not what an index of other tables holds: that one stands still.
        if epoch.statement.tables == tables_hash():
            await open_chains(node, number, Terms.of(epoch.statement))


async def open_chains(node: Node, epoch: int, terms: Terms) -> None:
    """Take up the chains of one epoch, each built first where it is missing."""
    for member in node.audiences():
        if node.publications.find(epoch, member.node_id) is not None:
            continue
        chain = await node.read(chains.find, member.node_id, epoch)
        if chain is None or chain.position is None:
            await build_chain(node, member.node_id, epoch, terms)
            chain = await node.read(chains.find, member.node_id, epoch)
        if chain is None:
            raise LancangError(Code.INTERNAL, "a chain that was just built is gone")
        node.publications.add(await node.read(load_publication, node, chain, terms))
