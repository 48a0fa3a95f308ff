"""Publish what changed: read each chain's outbox, build deltas, store them with their tags, wake the streams.

While one chain's deltas are stored, the next chain's are built. A kill at any point leaves a chain's cursor before or
after a transaction's deltas, never in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from node.acts.publishing.heads import Heads
from node.acts.publishing.outbox import Outbox, plan_after, plan_next, still_holds
from node.acts.publishing.publication_files import load_publication
from node.acts.runtime.node import Node
from node.acts.runtime.publications import Publication
from node.exchange.chain import extend
from node.exchange.delta import DeltaContent, ListedRecord, Revocation, build_deltas, fresh_tags
from node.exchange.posting import ListHeads
from node.model.batch import ChainPosition
from node.observe import PUBLISHED
from node.storage import chains, publishing
from node.storage.chains import Cursor
from node.storage.publishing import Batch, Pending, StoredDelta
from node.storage.records import Kind
from node.storage.tags import TagOf

FIRST_ROUND = 256
"""Changes a chain takes up in the first round, so that the first delta is not long in coming; then twice as many."""
ROUND = 1024
"""The most that a chain takes up in one round."""
MOST_DELTAS = 128
"""Deltas that one transaction stores: some 10 ms, so that a charge waits no longer."""


@dataclass(frozen=True, slots=True, repr=False)
class _Round:
    """What one chain publishes in a round: the changes of each delta in order. heads: by version."""

    publication: Publication
    deltas: Sequence[Sequence[Pending]]
    through: Cursor
    heads: Mapping[int, ListHeads]


@dataclass(frozen=True, slots=True, repr=False)
class _Ready:
    """Deltas of a round, built and ready to be stored at once; none if its changes need no telling.

    through: the last change that they hold, or that need not be told.
    """

    publication: Publication
    batches: Sequence[Batch]
    through: Cursor


async def full_delta_waits(node: Node) -> bool:
    """Whether there is enough to publish for a whole delta, so that nothing is won by waiting for more."""
    for publication in node.publications:
        cursor = await node.read(_cursor, publication.chain_no)
        places = publication.terms.records_per_delta
        return len(await node.read(publishing.changes_after, cursor, places)) == places
    return False


async def publish_pending(node: Node) -> None:
    """Publish, round by round, until nothing is left; each is read and derived while the one before it is built.

    Raises LancangError if a round could not be stored; then the chains are as the database has them.
    """
    limit = FIRST_ROUND
    plan = await plan_next(node, limit, {})
    while plan.outboxes:
        limit = min(2 * limit, ROUND)
        ahead = asyncio.create_task(plan_after(node, plan, limit)) if plan.full else None
        try:
            await _publish(node, [_round(each, plan.heads) for each in plan.outboxes])
        except BaseException:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)
            raise
        if ahead is None:
            return
        plan = await ahead
        if not await still_holds(node, plan):
            plan = await plan_next(node, limit, plan.heads)


async def publish_cover(node: Node) -> None:
    """A delta of dummies to every audience: who watches the line learns nothing from when deltas come."""
    rounds = [
        _Round(publication, ((),), await node.read(_cursor, publication.chain_no), {})
        for publication in node.publications
    ]
    await _publish(node, rounds)


def _round(outbox: Outbox, heads: Heads) -> _Round:
    publication, found = outbox.publication, outbox.found
    return _Round(publication, _deltas(publication, found), found[-1].cursor, heads.get(publication.chain_no, {}))


def _cursor(connection: Connection, chain_no: int) -> Cursor:
    return chains.get(connection, chain_no).cursor


def _deltas(publication: Publication, found: Sequence[Pending]) -> list[Sequence[Pending]]:
    """What there is to post or revoke, by delta; what was withdrawn before it was ever published is left out."""
    told = [change for change in found if change.old_tag is not None or change.kind is Kind.PUT]
    places = publication.terms.records_per_delta
    return [told[at : at + places] for at in range(0, len(told), places)]


async def _publish(node: Node, rounds: Sequence[_Round]) -> None:
    """Build every delta on the ones before it, store them in short transactions, then tell the streams."""
    storing: list[asyncio.Task[None]] = []
    group: list[_Ready] = []
    try:
        for each in rounds:
            for ready in _in_parts(each, await node.compute(_build, node, each)):
                if group and sum(len(one.batches) for one in (*group, ready)) > MOST_DELTAS:
                    storing.append(asyncio.create_task(_store_and_tell(node, group)))
                    group = []
                group.append(ready)
        if group:
            storing.append(asyncio.create_task(_store_and_tell(node, group)))
        await asyncio.gather(*storing)
    except BaseException:
        # What the writer has begun it ends: only then it is known how far each chain is.
        await asyncio.gather(*storing, return_exceptions=True)
        await _reload(node, [each.publication for each in rounds])
        raise
    for publication in (each.publication for each in rounds):
        PUBLISHED.labels(publication.audience).set(publication.seq)
    await asyncio.gather(*(_merge_if_due(node, each.publication) for each in rounds))


def _in_parts(built: _Round, batches: Sequence[Batch]) -> list[_Ready]:
    """A round in parts that one transaction can store; the last one covers what needs no telling."""
    starts = range(0, len(batches), MOST_DELTAS) or (0,)
    ends = [start + MOST_DELTAS for start in starts]
    through = [*(built.deltas[end - 1][-1].cursor for end in ends[:-1]), built.through]
    return [
        _Ready(built.publication, batches[start:end], cursor)
        for start, end, cursor in zip(starts, ends, through, strict=True)
    ]


async def _store_and_tell(node: Node, group: Sequence[_Ready]) -> None:
    """One transaction: all audiences' single deltas, or one audience's many."""
    await node.write_bulk(_store, group)
    for each in group:
        if each.batches:
            last = each.batches[-1].stored
            each.publication.tell(ChainPosition(last.seq, last.hash))


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
    publication, heads = wanted.publication, wanted.heads
    posted = [change for changes in wanted.deltas for change in changes if change.kind is Kind.PUT]
    drawn = fresh_tags(len(posted), publication.tags, node.random)
    publication.tags.add_many(drawn)
    tags = {change.version: tag for change, tag in zip(posted, drawn, strict=True)}
    built = build_deltas(
        [_content(changes, heads, tags) for changes in wanted.deltas],
        taken=publication.index,
        used_tags=publication.tags,
        terms=publication.terms,
        random=node.random,
        noted=publication.noted,
    )
    if not built.bodies:
        return []
    publication.ms = max(publication.ms, node.clock.now_ms())
    # The next delta builds on these; streams read the database, which does not have them yet.
    publication.state, made = extend(publication.state, built.bodies, publication.ms)
    publication.index.apply_deltas(made[0][0].seq, made[-1][0].seq, built.labels, built.masked)
    return [
        Batch(
            StoredDelta(delta.seq, delta.ms, delta.previous, digest, delta.postings, delta.revocations),
            [TagOf(tags[change.version], change.row, change.version) for change in changes if change.version in tags],
            [change.old_tag for change in changes if change.old_tag is not None],
        )
        for (delta, digest), changes in zip(made, wanted.deltas, strict=True)
    ]


def _content(changes: Sequence[Pending], heads: Mapping[int, ListHeads], tags: Mapping[int, bytes]) -> DeltaContent:
    revoked = [(change.old_tag, change.version) for change in changes if change.old_tag is not None]
    return DeltaContent(
        [ListedRecord(tags[change.version], heads[change.version]) for change in changes if change.version in tags],
        [Revocation(old, tags[version]) for old, version in revoked if version in tags],
        [old for old, version in revoked if version not in tags],
    )


def _store(connection: Connection, group: Sequence[_Ready]) -> None:
    for each in group:
        if each.batches:
            publishing.publish(connection, each.publication.chain_no, each.batches, each.through)
        else:
            publishing.pass_over(connection, each.publication.chain_no, each.through)
