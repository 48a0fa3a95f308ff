"""Publish what changed: read each chain's outbox, build deltas, store each with its tags in one transaction, wake the
streams. A kill at any point leaves the cursor before or after a delta, never in between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from node.acts.node import Node
from node.acts.publication_files import load_publication
from node.acts.publications import Publication
from node.exchange.chain import apply_delta, next_delta
from node.exchange.delta import Revocation, build_delta
from node.exchange.snapshot import EncodedRecord
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


@dataclass(frozen=True, slots=True, repr=False)
class _Part:
    """Changes that fill one delta of a chain, and how far its cursor then is. opened: evaluations by version."""

    publication: Publication
    changes: Sequence[Pending]
    through: Cursor
    opened: Mapping[int, Evaluations]

    @property
    def tells(self) -> bool:
        """Whether there is anything to post or revoke."""
        return any(change.old_tag is not None or change.kind is Kind.PUT for change in self.changes)


async def publish_pending(node: Node) -> bool:
    """One round over all audiences, one wait for the disk. Returns whether there may be more to publish.

    Raises LancangError if it could not be stored; then the chains are as the database has them.
    """
    opened: dict[int, dict[int, Evaluations]] = defaultdict(dict)
    parts: list[_Part] = []
    more = False
    for publication in node.publications:
        found = await node.read(_outbox, node, publication, opened[publication.state.scope.epoch])
        parts += _parts(publication, found, opened[publication.state.scope.epoch])
        more = more or len(found) == ROUND
    await _publish(node, parts)
    return more


async def publish_cover(node: Node) -> None:
    """A delta of dummies to every audience: who watches the line learns nothing from when deltas come."""
    parts = [
        _Part(publication, (), await node.read(_cursor, publication.chain_no), {}) for publication in node.publications
    ]
    await _publish(node, parts, cover=True)


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


def _parts(publication: Publication, found: Sequence[Pending], opened: Mapping[int, Evaluations]) -> list[_Part]:
    places = publication.terms.records_per_delta
    return [
        _Part(publication, found[at : at + places], found[min(at + places, len(found)) - 1].cursor, opened)
        for at in range(0, len(found), places)
    ]


async def _publish(node: Node, parts: Sequence[_Part], *, cover: bool = False) -> None:
    """Build every delta on the ones before it, store all in one transaction, then tell the streams."""
    ready: list[tuple[_Part, _Batch | None]] = []
    try:
        for part in parts:
            batch = await node.compute(_build, node, part) if cover or part.tells else None
            ready.append((part, batch))
        if ready:
            await node.write_bulk(_store, ready)
    except BaseException:
        await _reload(node, {part.publication.audience: part.publication for part in parts})
        raise
    for publication in {part.publication.audience: part.publication for part, _ in ready}.values():
        publication.tell()
        PUBLISHED.labels(publication.audience).set(publication.seq)
        await _merge_if_due(node, publication)


async def _reload(node: Node, publications: Mapping[str, Publication]) -> None:
    """What was built but not stored never was: nobody has seen it."""
    for publication in publications.values():
        chain = await node.read(chains.get, publication.chain_no)
        node.publications.add(await node.read(load_publication, node, chain, publication.terms))
        publication.wake()


async def _merge_if_due(node: Node, publication: Publication) -> None:
    if publication.index.merge_due():
        merge = await node.compute(publication.index.merge)
        if merge is not None:
            publication.index.install(merge)
            publication.index.remove(merge.obsolete)


def _build(node: Node, part: _Part) -> _Batch:
    publication, changes, opened = part.publication, part.changes, part.opened
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
    # The next delta builds on this one; streams read the database, which does not have it yet.
    publication.index.apply_delta(delta.seq, applied.labels, applied.masked)
    publication.state, publication.ms = applied.state, ms
    return _Batch(
        StoredDelta(delta.seq, delta.ms, delta.previous, applied.position.hash, delta.postings, delta.revocations),
        tuple(TagOf(tags[change.version], change.row, change.version) for change in changes if change.version in tags),
        tuple(change.old_tag for change in changes if change.old_tag is not None),
    )


def _new_tag(node: Node, publication: Publication) -> bytes:
    while True:
        tag = node.random(TAG_BYTES)
        if tag not in publication.tags:
            publication.tags.add(tag)
            return tag


def _store(connection: Connection, ready: Sequence[tuple[_Part, _Batch | None]]) -> None:
    for part, batch in ready:
        if batch is None:
            publishing.pass_over(connection, part.publication.chain_no, part.through)
            continue
        publishing.publish(
            connection,
            part.publication.chain_no,
            batch.stored,
            added=batch.added,
            revoked=batch.revoked,
            through=part.through,
        )
