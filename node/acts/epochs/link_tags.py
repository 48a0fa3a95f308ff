"""Link the tags of an epoch to those of the one that followed it, in the older one's chains, as long as it has grace.

All that stand at the opening at once; those that come later once a minute, so that a hit of the old epoch is known in
the new one before it is found there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.acts.runtime.publications import Publication
from node.exchange.links import FIRST_MULTIPLE, LATER_MULTIPLE, MOST_LINKS, next_links, pad_links
from node.model.batch import ChainPosition
from node.storage import chains, publishing, tags
from node.storage.publishing import Batch, StoredDelta

LINKS_MS = 60_000
Pairs = Sequence[tuple[bytes, bytes]]


def links_wanted(node: Node) -> bool:
    """Whether an older epoch still stands beside the newest, so that tags may have to be linked."""
    return len(node.epochs) > 1


async def publish_links(node: Node) -> None:
    """Link what is due in every older epoch. Called by the one loop that extends chains."""
    for old, new in _pairs(node):
        now = node.clock.now_ms()
        first = old.linked_seq < 0
        if old.seq == old.linked_seq or (not first and now - old.linked_ms < LINKS_MS):
            continue
        while pairs := await node.read(tags.unlinked, old.chain_no, new.chain_no, MOST_LINKS):
            await _publish(node, old, pairs, FIRST_MULTIPLE if first else LATER_MULTIPLE)
        old.linked_seq, old.linked_ms = old.seq, now


def _pairs(node: Node) -> Iterator[tuple[Publication, Publication]]:
    for old in node.publications:
        scope = old.state.scope
        new = node.publications.find(scope.epoch + 1, scope.audience)
        if new is not None:
            yield old, new


async def _publish(node: Node, old: Publication, pairs: Pairs, multiple: int) -> None:
    # A change of clocks must not make a batch older than the one before it.
    old.ms = max(old.ms, node.clock.now_ms())
    links = await node.compute(pad_links, pairs, multiple, old.tags, node.random)
    state, batch, digest = next_links(old.state, links, old.ms)
    stored = StoredDelta(batch.seq, batch.ms, batch.previous, digest, b"", batch.links)

    def store(connection: Connection) -> None:
        cursor = chains.get(connection, old.chain_no).cursor
        publishing.publish(connection, old.chain_no, [Batch(stored)], cursor)
        tags.linked(connection, old.chain_no, [tag for tag, _ in pairs], batch.seq)

    await node.write_bulk(store)
    none = np.empty(0, dtype=np.uint64)
    old.index.apply_delta(batch.seq, none, none)
    old.state = state
    old.tell(ChainPosition(batch.seq, digest))
