"""Publish what changed: read each chain's outbox, build deltas, store each with its tags in one transaction, wake the
streams. A kill at any point leaves the cursor before or after a delta, never in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


async def publish_pending(node: Node) -> bool:
    """One round over all audiences. Returns whether there may be more to publish."""
    more = False
    opened: dict[int, Evaluations] = {}
    for publication in node.publications:
        found = await node.read(_outbox, node, publication, opened)
        if not found:
            continue
        more = more or len(found) == ROUND
        await _publish(node, publication, found, opened)
    return more


async def publish_cover(node: Node) -> None:
    """A delta of dummies to every audience: who watches the line learns nothing from when deltas come."""
    for publication in node.publications:
        cursor = await node.read(_cursor, publication.chain_no)
        await _store(node, publication, await node.compute(_build, node, publication, [], {}, cursor))


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


async def _publish(
    node: Node, publication: Publication, found: Sequence[Pending], opened: Mapping[int, Evaluations]
) -> None:
    needed = [change for change in found if change.old_tag is not None or change.kind is Kind.PUT]
    if not needed:
        through = found[-1].cursor
        await node.write_bulk(publishing.pass_over, publication.chain_no, through)
        return
    places = publication.terms.records_per_delta
    slices = [needed[at : at + places] for at in range(0, len(needed), places)]
    for part in slices:
        through = found[-1].cursor if part is slices[-1] else part[-1].cursor
        await _store(node, publication, await node.compute(_build, node, publication, part, opened, through))


def _build(
    node: Node,
    publication: Publication,
    changes: Sequence[Pending],
    opened: Mapping[int, Evaluations],
    through: Cursor,
) -> _Batch:
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
        through,
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


async def _store(node: Node, publication: Publication, batch: _Batch) -> None:
    await node.write_bulk(
        publishing.publish,
        publication.chain_no,
        batch.stored,
        added=batch.added,
        revoked=batch.revoked,
        through=batch.through,
    )
    publication.index.apply_delta(batch.stored.seq, batch.labels, batch.masked)
    publication.advance(batch.state, batch.stored.ms)
    PUBLISHED.labels(publication.audience).set(publication.seq)
    if publication.index.merge_due():
        merge = await node.compute(publication.index.merge)
        if merge is not None:
            publication.index.install(merge)
            publication.index.remove(merge.obsolete)
