"""This node's own epochs: open the first one, build the chains that are missing, know the one that serves."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import structlog
from sqlalchemy import Connection

from matcher.tokens import tables_hash
from node.acts.encode import encode_missing
from node.acts.node import Node
from node.acts.publication_files import SNAPSHOT, chain_directory, describe, load_publication
from node.acts.serving import ServingEpoch
from node.audit.journal import ActKind, record_act
from node.crypto.voprf import KeyPair
from node.errors import Code, LancangError
from node.exchange.batch import snapshot_hash
from node.exchange.epoch import check_asks_open, derive_epoch_keys, sign_statement, statement_hash
from node.exchange.snapshot import EncodedRecord, Snapshot, build_snapshot
from node.exchange.terms import Terms
from node.model.batch import TAG_BYTES
from node.model.epoch import EpochStatement
from node.model.scope import Scope
from node.storage import chains, epochs, evaluations, tags
from node.storage.chains import Cursor
from node.storage.epochs import EpochSecrets, EpochState
from node.storage.index_files import write_run
from node.storage.tags import TagOf

NO_STATEMENT = bytes(32)
_log = structlog.get_logger("epochs")
_TAGS_AT_ONCE = 500


async def open_epochs(node: Node) -> None:
    """Take up the open epochs; open epoch 1 if there is none, and the next one if the matcher's tables have changed."""
    known = await node.read(epochs.own)
    if not known:
        await _begin_epoch(node, 1, NO_STATEMENT)
    elif known[-1].signed.statement.tables != tables_hash():
        # This program makes other tokens than the one before it: what they were evaluated to is of no use to anyone.
        _log.warning("matcher tables changed: a new epoch begins", epoch=known[-1].epoch + 1)
        await _begin_epoch(node, known[-1].epoch + 1, known[-1].hash)
    for epoch in await node.read(epochs.own):
        if epoch.state is not EpochState.CLOSED:
            secrets = await node.read(epochs.secrets, node.sealer, epoch.epoch)
            serving = ServingEpoch(epoch.signed, KeyPair(secrets.secret_key, epoch.signed.statement.public_key))
            if epoch.state is EpochState.PREPARING:
                await encode_missing(node, serving)
                await node.write(epochs.open_epoch, epoch.epoch)
            node.epochs[epoch.epoch] = serving


async def _begin_epoch(node: Node, number: int, previous: bytes) -> None:
    seed = node.random(32)
    key = derive_epoch_keys(seed, node.alliance, node.node_id, number)
    now, policy = node.clock.now_ms(), node.policy
    statement = EpochStatement(
        alliance=node.alliance,
        owner=node.node_id,
        epoch=number,
        public_key=key.public,
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
    signed = sign_statement(statement, node.signing)
    digest = statement_hash(statement)

    def store(connection: Connection) -> None:
        epochs.add_own(connection, node.sealer, signed, digest, EpochSecrets(seed, key.secret))
        record_act(
            connection, ActKind.EPOCH_OPENED, node.node_id, "", now, {"epoch": number, "statement": digest.hex()}
        )

    await node.write(store)


def serving_own(node: Node, number: int, now_ms: int) -> ServingEpoch:
    """The own epoch of that number, if it takes asks now. Raises LancangError: EPOCH_UNKNOWN, EPOCH_CLOSED."""
    epoch = node.epochs.get(number)
    if epoch is None:
        raise LancangError(Code.EPOCH_UNKNOWN, f"epoch {number}")
    check_asks_open(epoch.statement, now_ms)
    return epoch


def current_epoch(node: Node) -> ServingEpoch:
    """The newest open epoch. Raises LancangError(EPOCH_UNKNOWN) before the first."""
    if not node.epochs:
        raise LancangError(Code.EPOCH_UNKNOWN, "no epoch is open")
    return node.epochs[max(node.epochs)]


async def open_publications(node: Node) -> None:
    """Open the chain of every audience in every open epoch, and build those that are missing."""
    for number, epoch in node.epochs.items():
        terms = Terms.of(epoch.statement)
        for member in node.audiences():
            if node.publications.find(number, member.node_id) is not None:
                continue
            chain = await node.read(chains.find, member.node_id, number)
            if chain is None or chain.position is None:
                await _build_chain(node, member.node_id, number, terms)
                chain = await node.read(chains.find, member.node_id, number)
            if chain is None:
                raise LancangError(Code.INTERNAL, "a chain that was just built is gone")
            publication = await node.read(load_publication, node, chain, terms)
            node.publications.add(publication)


async def _build_chain(node: Node, audience: str, epoch: int, terms: Terms) -> None:
    """Snapshot of what is live, its tags in short transactions, then one that opens the chain."""
    records, owners, cursor = await node.read(_live_records, node, epoch)
    scope = Scope(node.alliance, node.node_id, audience, epoch)
    snapshot: Snapshot = await node.compute(build_snapshot, records, scope, terms, node.random)
    chain_no = await node.write(chains.begin, node.sealer, audience, epoch, snapshot.secret)
    directory = chain_directory(node.home, chain_no)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700, parents=True)
    await node.compute(write_run, directory, SNAPSHOT, snapshot.labels, snapshot.masked)
    for at in range(0, len(owners), _TAGS_AT_ONCE):
        await node.write_bulk(tags.add, chain_no, owners[at : at + _TAGS_AT_ONCE])
    now = node.clock.now_ms()
    info = await node.compute(describe, directory, scope, now)
    built = chains.Snapshot(str(chain_no), info.postings, snapshot_hash(info), now, cursor)
    await node.write(chains.open_chain, chain_no, built)


def _live_records(
    connection: Connection, node: Node, epoch: int
) -> tuple[list[EncodedRecord], Sequence[TagOf], Cursor]:
    """Every live record under a new tag, and the place in the order of changes that this covers."""
    records: list[EncodedRecord] = []
    owners: list[TagOf] = []
    used: set[bytes] = set()
    for row, version, opened in evaluations.live(connection, node.sealer, epoch):
        if opened is None:
            raise LancangError(Code.STORAGE_DAMAGED, f"a record has no evaluations in epoch {epoch}")
        tag = node.random(TAG_BYTES)
        while tag in used:
            tag = node.random(TAG_BYTES)
        used.add(tag)
        records.append(EncodedRecord(tag, tuple(opened.each())))
        owners.append(TagOf(tag, row, version))
    return records, owners, chains.latest(connection)
