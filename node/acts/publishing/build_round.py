"""Build what one chain publishes in a round: its deltas, each on the ones before it, and what is stored with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from node.acts.publishing.heads import Heads
from node.acts.publishing.outbox import Outbox
from node.acts.runtime.node import Node
from node.acts.runtime.publications import Publication
from node.exchange.chain import extend
from node.exchange.delta import DeltaContent, ListedRecord, Revocation, build_deltas, fresh_tags
from node.exchange.posting import ListHeads
from node.storage.chains import Cursor
from node.storage.publishing import Batch, Pending, StoredDelta
from node.storage.records import Kind
from node.storage.tags import TagOf


@dataclass(frozen=True, slots=True, repr=False)
class Round:
    """What one chain publishes in a round: the changes of each delta in order. heads: by version."""

    publication: Publication
    deltas: Sequence[Sequence[Pending]]
    through: Cursor
    heads: Mapping[int, ListHeads]

    @classmethod
    def of(cls, outbox: Outbox, heads: Heads) -> Round:
        """What was withdrawn before it was ever published is left out."""
        publication, found = outbox.publication, outbox.found
        told = [change for change in found if change.old_tag is not None or change.kind is Kind.PUT]
        places = publication.terms.records_per_delta
        deltas = [told[at : at + places] for at in range(0, len(told), places)]
        return cls(publication, deltas, found[-1].cursor, heads.get(publication.chain_no, {}))


def build_round(node: Node, wanted: Round) -> list[Batch]:
    """Build a round on top of its chain, and put it there: whoever can't store it then loads the chain anew."""
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
