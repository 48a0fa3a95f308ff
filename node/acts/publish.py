"""Publish what changed: read each chain's outbox, build deltas, store each with its tags in one transaction, wake the
streams. A kill at any point leaves the cursor before or after a delta, never in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from sqlalchemy import Connection

from node.acts.node import Node
from node.acts.publications import Publication
from node.exchange.batch import delta_hash
from node.exchange.chain import ChainState, apply_delta, next_delta
from node.exchange.delta import Revocation, build_delta
from node.exchange.snapshot import EncodedRecord
from node.exchange.terms import Words
from node.model.batch import TAG_BYTES
from node.observe import PUBLISHED
from node.storage import chains, evaluations, publishing
from node.storage.chains import Cursor
from node.storage.publishing import Pending, StoredDelta
from node.storage.records import Kind
from node.storage.sealed_records import Evaluations
from node.storage.tags import TagOf

ROUND = 64
"""Changes a chain takes up in one round: eight full deltas, one short transaction."""


@dataclass(frozen=True, slots=True, repr=False)
class _Batch:
    """One delta ready to be stored."""

    stored: StoredDelta
    added: tuple[TagOf, ...]
    revoked: tuple[bytes, ...]
    through: Cursor
    state: ChainState
    labels: Words
    masked: Words


@dataclass(frozen=True, slots=True, repr=False)
class _Part:
    """Changes that fill one delta of a chain, and how far the chain's cursor then is. None of them: only the cursor."""

    publication: Publication
    changes: Sequence[Pending]
    through: Cursor


async def publish_pending(node: Node) -> bool:
    """One round over all audiences. Returns whether there may be more to publish."""
    opened: dict[int, Evaluations] = {}
    outboxes = []
    for publication in node.publications:
        found = await node.read(_outbox, node, publication, opened)
        outboxes.append(_parts(publication, found))
    # The same step of every chain shares one transaction: five audiences cost one wait for the disk.
    for step in zip_longest(*outboxes):
        await _publish(node, [part for part in step if part is not None], opened)
    return any(sum(len(part.changes) for part in parts) >= ROUND for parts in outboxes)


async def publish_cover(node: Node) -> None:
    """A delta of dummies to every audience: who watches the line learns nothing from when deltas come."""
    parts = [
        _Part(publication, (), await node.read(_cursor, publication.chain_no)) for publication in node.publications
    ]
    batches = [await node.compute(_build, node, part, {}) for part in parts]
    await _store(node, list(zip(parts, batches, strict=True)))


def _outbox(
    connection: Connection, node: Node, publication: Publication, opened: dict[int, Evaluations]
) -> list[Pending]:
    """The next changes, their evaluations unsealed once for all audiences."""
    chain = chains.get(connection, publication.chain_no)
    found = publishing.pending(connection, chain, ROUND)
    wanted = [change.version for change in found if change.kind is Kind.PUT and change.version not in opened]
    if wanted:
        opened.update(evaluations.many(connection, node.sealer, wanted, publication.state.scope.epoch))
    return found


def _cursor(connection: Connection, chain_no: int) -> Cursor:
    return chains.get(connection, chain_no).cursor


def _parts(publication: Publication, found: Sequence[Pending]) -> list[_Part]:
    places = publication.terms.records_per_delta
    return [
        _Part(publication, found[at : at + places], found[min(at + places, len(found)) - 1].cursor)
        for at in range(0, len(found), places)
    ]


async def _publish(node: Node, parts: Sequence[_Part], opened: Mapping[int, Evaluations]) -> None:
    ready: list[tuple[_Part, _Batch]] = []
    for part in parts:
        if any(change.old_tag is not None or change.kind is Kind.PUT for change in part.changes):
            ready.append((part, await node.compute(_build, node, part, opened)))
        else:
            await node.write_bulk(publishing.pass_over, part.publication.chain_no, part.through)
    await _store(node, ready)


def _build(node: Node, part: _Part, opened: Mapping[int, Evaluations]) -> _Batch:
    publication, changes = part.publication, part.changes
    tags = {change.version: _new_tag(node, publication) for change in changes if change.version in opened}
    records = [EncodedRecord(tags[version], tuple(opened[version].each())) for version in tags]
    body = build_delta(
        records,
        replaced=[
            Revocation(change.old_tag, tags[change.version])
            for change in changes
            if change.old_tag is not None and change.version in tags
        ],
        withdrawn=[change.old_tag for change in changes if change.old_tag is not None and change.version not in tags],
        taken=publication.index,
        used_tags=publication.tags,
        secret=publication.secret,
        scope=publication.state.scope,
        terms=publication.terms,
        random=node.random,
    )
    ms = max(publication.ms, node.clock.now_ms())
    delta = next_delta(publication.state, body, ms)
    applied = apply_delta(publication.state, delta, publication.index)
    return _Batch(
        StoredDelta(delta.seq, delta.ms, delta.previous, delta_hash(delta), delta.postings, delta.revocations),
        tuple(TagOf(tags[change.version], change.row, change.version) for change in changes if change.version in tags),
        tuple(change.old_tag for change in changes if change.old_tag is not None),
        part.through,
        applied.state,
        applied.labels,
        applied.masked,
    )


def _new_tag(node: Node, publication: Publication) -> bytes:
    while True:
        tag = node.random(TAG_BYTES)
        if tag not in publication.tags:
            publication.tags.add(tag)
            return tag


async def _store(node: Node, ready: Sequence[tuple[_Part, _Batch]]) -> None:
    def store(connection: Connection) -> None:
        for part, batch in ready:
            publishing.publish(
                connection,
                part.publication.chain_no,
                batch.stored,
                added=batch.added,
                revoked=batch.revoked,
                through=batch.through,
            )

    if ready:
        await node.write_bulk(store)
    for part, batch in ready:
        publication = part.publication
        publication.index.apply_delta(batch.stored.seq, batch.labels, batch.masked)
        publication.advance(batch.state, batch.stored.ms)
        PUBLISHED.labels(publication.audience).set(publication.seq)
        if publication.index.merge_due():
            merge = await node.compute(publication.index.merge)
            if merge is not None:
                publication.index.install(merge)
                publication.index.remove(merge.obsolete)
