"""Publish what changed: read each chain's outbox, build deltas, store them with their tags, wake the streams.

A kill at any point leaves the cursor before or after a transaction's deltas, never in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from node.acts.encode import encode_versions
from node.acts.node import Node
from node.acts.publication_files import load_publication
from node.acts.publications import Publication
from node.errors import Code, LancangError
from node.exchange.chain import extend
from node.exchange.delta import DeltaContent, Revocation, build_deltas
from node.exchange.posting import decode_postings
from node.exchange.snapshot import EncodedRecord
from node.model.batch import TAG_BYTES
from node.observe import PUBLISHED
from node.storage import chains, evaluations, publishing
from node.storage.chains import Cursor
from node.storage.publishing import Batch, Pending, StoredDelta
from node.storage.records import Kind
from node.storage.sealed_records import Evaluations
from node.storage.tags import TagOf

ROUND = 512
"""Changes a chain takes up in one round: sixty-four full deltas."""
MOST_DELTAS = 64
"""Deltas that one transaction stores: some 10 ms, so that a charge waits no longer."""


@dataclass(frozen=True, slots=True, repr=False)
class _Round:
    """What one chain publishes in a round: the changes of each delta in order. opened: evaluations by version."""

    publication: Publication
    deltas: Sequence[Sequence[Pending]]
    through: Cursor
    opened: Mapping[int, Evaluations]


@dataclass(frozen=True, slots=True, repr=False)
class _Ready:
    """A round's deltas built, ready to be stored; none if its changes need no telling."""

    round: _Round
    batches: Sequence[Batch]


async def publish_pending(node: Node) -> bool:
    """One round over all audiences. Returns whether there may be more to publish.

    Raises LancangError if it could not be stored; then the chains are as the database has them.
    """
    opened: dict[int, dict[int, Evaluations]] = defaultdict(dict)
    rounds: list[_Round] = []
    more = False
    for publication in node.publications:
        shared = opened[publication.state.scope.epoch]
        found = await _outbox_encoded(node, publication, shared)
        if found:
            rounds.append(_Round(publication, _deltas(publication, found), found[-1].cursor, shared))
        more = more or len(found) == ROUND
    await _publish(node, rounds)
    return more


async def publish_cover(node: Node) -> None:
    """A delta of dummies to every audience: who watches the line learns nothing from when deltas come."""
    rounds = [
        _Round(publication, ((),), await node.read(_cursor, publication.chain_no), {})
        for publication in node.publications
    ]
    await _publish(node, rounds)


async def _outbox_encoded(node: Node, publication: Publication, opened: dict[int, Evaluations]) -> list[Pending]:
    """The next changes, every record among them encoded for the chain's epoch: an import encodes for the newest alone.

    Raises LancangError(STORAGE_DAMAGED) if one can't be: left out, it would look withdrawn to its audience.
    """
    found = await node.read(_outbox, node, publication, opened)
    if all(change.version in opened for change in found if change.kind is Kind.PUT):
        return found
    wanted = [change.version for change in found if change.kind is Kind.PUT and change.version not in opened]
    await encode_versions(node, node.epochs[publication.state.scope.epoch], wanted)
    found = await node.read(_outbox, node, publication, opened)
    if any(change.version not in opened for change in found if change.kind is Kind.PUT):
        raise LancangError(Code.STORAGE_DAMAGED, "a record to publish has no evaluations")
    return found


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


def _deltas(publication: Publication, found: Sequence[Pending]) -> list[Sequence[Pending]]:
    """What there is to post or revoke, by delta; what was withdrawn before it was ever published is left out."""
    told = [change for change in found if change.old_tag is not None or change.kind is Kind.PUT]
    places = publication.terms.records_per_delta
    return [told[at : at + places] for at in range(0, len(told), places)]


async def _publish(node: Node, rounds: Sequence[_Round]) -> None:
    """Build every delta on the ones before it, store them in short transactions, then tell the streams."""
    try:
        ready = [_Ready(each, await node.compute(_build, node, each)) for each in rounds]
        for group in _groups(ready):
            await node.write_bulk(_store, group)
            for each in group:
                each.round.publication.tell()
    except BaseException:
        await _reload(node, [each.publication for each in rounds])
        raise
    for publication in (each.publication for each in rounds):
        PUBLISHED.labels(publication.audience).set(publication.seq)
        await _merge_if_due(node, publication)


def _groups(ready: Sequence[_Ready]) -> Iterator[list[_Ready]]:
    """The rounds that one transaction stores: all audiences' single deltas, or one audience's many."""
    group: list[_Ready] = []
    for each in ready:
        if group and sum(len(one.batches) for one in (*group, each)) > MOST_DELTAS:
            yield group
            group = []
        group.append(each)
    if group:
        yield group


async def _reload(node: Node, publications: Sequence[Publication]) -> None:
    """What was built but not stored never was: nobody has seen it."""
    for publication in publications:
        chain = await node.read(chains.get, publication.chain_no)
        node.publications.add(await node.read(load_publication, node, chain, publication.terms))
        publication.wake()


async def _merge_if_due(node: Node, publication: Publication) -> None:
    if publication.index.merge_due():
        merge = await node.compute(publication.index.merge)
        if merge is not None:
            publication.index.install(merge)
            publication.index.remove(merge.obsolete)


def _build(node: Node, wanted: _Round) -> list[Batch]:
    publication, opened = wanted.publication, wanted.opened
    versions = [change.version for changes in wanted.deltas for change in changes if change.version in opened]
    tags = {version: _new_tag(node, publication) for version in versions}
    bodies = build_deltas(
        [_content(changes, opened, tags) for changes in wanted.deltas],
        taken=publication.index,
        used_tags=publication.tags,
        secret=publication.secret,
        scope=publication.state.scope,
        terms=publication.terms,
        random=node.random,
    )
    if not bodies:
        return []
    publication.ms = max(publication.ms, node.clock.now_ms())
    # The next delta builds on these; streams read the database, which does not have them yet.
    publication.state, made = extend(publication.state, bodies, publication.ms)
    labels, masked = decode_postings(b"".join(body.postings for body in bodies))
    order = np.argsort(labels)
    publication.index.apply_deltas(made[0][0].seq, made[-1][0].seq, labels[order], masked[order])
    return [
        Batch(
            StoredDelta(delta.seq, delta.ms, delta.previous, digest, delta.postings, delta.revocations),
            [TagOf(tags[change.version], change.row, change.version) for change in changes if change.version in tags],
            [change.old_tag for change in changes if change.old_tag is not None],
        )
        for (delta, digest), changes in zip(made, wanted.deltas, strict=True)
    ]


def _content(changes: Sequence[Pending], opened: Mapping[int, Evaluations], tags: Mapping[int, bytes]) -> DeltaContent:
    revoked = [(change.old_tag, change.version) for change in changes if change.old_tag is not None]
    return DeltaContent(
        [
            EncodedRecord(tags[change.version], tuple(opened[change.version].each()))
            for change in changes
            if change.version in tags
        ],
        [Revocation(old, tags[version]) for old, version in revoked if version in tags],
        [old for old, version in revoked if version not in tags],
    )


def _new_tag(node: Node, publication: Publication) -> bytes:
    while True:
        tag = node.random(TAG_BYTES)
        if tag not in publication.tags:
            publication.tags.add(tag)
            return tag


def _store(connection: Connection, group: Sequence[_Ready]) -> None:
    for each in group:
        chain_no = each.round.publication.chain_no
        if each.batches:
            publishing.publish(connection, chain_no, each.batches, each.round.through)
        else:
            publishing.pass_over(connection, chain_no, each.round.through)
