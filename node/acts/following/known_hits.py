"""Know a hit again: under the same tag, under its record's next version, and under its tag in the next epoch.

Without it every rotation would show an officer old hits as new ones, and what people keep apart would meet again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from node.acts.runtime.node import Node
from node.exchange.batch import parse_revocations
from node.exchange.links import successors
from node.model.batch import Delta, Links
from node.storage import exclusions, known_tags

Carried = tuple[int, Mapping[bytes, bytes]]
"""An epoch, and by old mark the new mark in that epoch."""


def successors_known(node: Node, owner: str, epoch: int, batches: Sequence[Delta | Links]) -> list[Carried]:
    """What these batches tell of tags that are known here, in their order; for a thread. Most tell of none."""
    with node.database.reading() as connection:
        marks = known_tags.of_owner(connection, owner, epoch) | exclusions.marks_of_owner(connection, owner, epoch)
    carried: list[Carried] = []
    for batch in batches if marks else ():
        later, pairs = _told(batch, epoch)
        found = {
            mark: node.row_keys.tag(owner, later, new)
            for old, new in pairs.items()
            if (mark := node.row_keys.tag(owner, epoch, old)) in marks
        }
        if found:
            carried.append((later, found))
            # The next batch may revoke what this one put in place.
            marks |= set(found.values()) if later == epoch else set()
    return carried


def _told(batch: Delta | Links, epoch: int) -> tuple[int, Mapping[bytes, bytes]]:
    if isinstance(batch, Links):
        return epoch + 1, successors(batch.links)
    return epoch, {each.old: each.new for each in parse_revocations(batch.revocations)}
