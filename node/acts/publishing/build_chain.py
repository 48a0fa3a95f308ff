"""Build the chain of one audience in one epoch: the snapshot of what is live, under new tags, then opened at once.

The heavy half, which touches no shared state, runs in a thread at a start, or in a worker process while a node serves.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from node.acts.publishing.publication_files import SNAPSHOT, chain_directory, describe
from node.acts.runtime.node import Node
from node.crypto.sealing import Sealer
from node.exchange.batch import snapshot_hash
from node.exchange.snapshot import EncodedRecord, build_snapshot
from node.exchange.terms import Terms
from node.model.batch import TAG_BYTES
from node.model.scope import Scope
from node.storage import chains, evaluations, tags
from node.storage.chains import Cursor
from node.storage.durable_files import make_private_directory, sync_directory
from node.storage.index_files import write_run
from node.storage.tags import TagOf

_TAGS_AT_ONCE = 500


class NotEncodedError(Exception):
    """A record became visible that has no evaluations in the epoch yet: encode it, and build again."""


@dataclass(frozen=True, slots=True, repr=False)
class BuiltSnapshot:
    """A snapshot that lies in its folder. secret: S; tags: whom they stand for; cursor: the changes it covers."""

    secret: bytes
    tags: list[TagOf]
    cursor: Cursor


BuildSnapshot = Callable[[Path, Scope, Terms], Awaitable[BuiltSnapshot]]
"""Reads what is live, derives the postings for a scope and writes them into a folder."""


async def build_chain(node: Node, audience: str, epoch: int, terms: Terms, build: BuildSnapshot | None = None) -> None:
    """Build and open a chain. Its tags are stored in short transactions; a kill before the last one leaves no chain.

    Raises NotEncodedError if a record became visible that has no evaluations in this epoch yet.
    """
    scope = Scope(node.alliance, node.node_id, audience, epoch)
    building = node.home.index / "own" / f"building-{audience}-{epoch}"
    shutil.rmtree(building, ignore_errors=True)
    make_private_directory(building)
    built = await (build or snapshot_in_a_thread(node))(building, scope, terms)
    chain_no = await node.write(chains.begin, node.sealer, audience, epoch, built.secret)
    directory = chain_directory(node.home, chain_no)
    shutil.rmtree(directory, ignore_errors=True)
    building.rename(directory)
    sync_directory(directory.parent)
    for at in range(0, len(built.tags), _TAGS_AT_ONCE):
        await node.write_bulk(tags.add, chain_no, built.tags[at : at + _TAGS_AT_ONCE])
    now = node.clock.now_ms()
    info = await node.compute(describe, directory, scope, now)
    opened = chains.Snapshot(str(chain_no), info.postings, snapshot_hash(info), now, built.cursor)
    await node.write(chains.open_chain, chain_no, opened)


def snapshot_in_a_thread(node: Node) -> BuildSnapshot:
    """Builds in this process, for few records or before the node serves."""

    async def build(directory: Path, scope: Scope, terms: Terms) -> BuiltSnapshot:
        def work() -> BuiltSnapshot:
            with node.database.reading() as connection:
                return write_snapshot(connection, node.sealer, directory, scope, terms, node.random)

        return await node.compute(work)

    return build


def write_snapshot(
    connection: Connection,
    sealer: Sealer,
    directory: Path,
    scope: Scope,
    terms: Terms,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> BuiltSnapshot:
    """Every live record under a new tag, derived and written into directory, in one read transaction.

    Raises NotEncodedError.
    """
    cursor = chains.latest(connection)
    records: list[EncodedRecord] = []
    owners: list[TagOf] = []
    used: set[bytes] = set()
    for row, version, opened in evaluations.live(connection, sealer, scope.epoch):
        if opened is None:
            raise NotEncodedError(version)
        tag = random(TAG_BYTES)
        while tag in used:
            tag = random(TAG_BYTES)
        used.add(tag)
        records.append(EncodedRecord(tag, tuple(opened.each())))
        owners.append(TagOf(tag, row, version))
    snapshot = build_snapshot(records, scope, terms, random)
    write_run(directory, SNAPSHOT, snapshot.labels, snapshot.masked)
    return BuiltSnapshot(snapshot.secret, owners, cursor)
