"""Where the lists of many tokens end in a chain, found by doubling and halving instead of walking every slot.

Slots of a token are used in their order, so "is slot i used" is true up to the end and false after it. The owner asks
this of its own chain for every posting; a list of 256 costs some seventeen look-ups.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np

from node.exchange.posting import COMMON, content_tag, slots
from node.exchange.terms import Found, Lookup, Words


@dataclass(frozen=True, slots=True)
class ListEnds:
    """For each list its first unused slot (index, label, mask), and whether its last posting says COMMON."""

    next_index: list[int]
    common: list[bool]
    labels: Words
    masks: Words


def list_ends(lookup: Lookup, keys: Sequence[bytes], used_tags: Container[bytes]) -> ListEnds:
    """The end of each token's list, by posting key. used_tags: every tag of the chain.

    A label that stands there by accident, as a dummy's or another token's, unmasks to no tag of the chain: it is not
    taken for a slot in use. Whoever posts next still finds that label taken.
    """
    low = np.zeros(len(keys), dtype=np.int64)  # every slot below is used
    high = np.full(len(keys), -1, dtype=np.int64)  # this one is not, once known
    common = np.zeros(len(keys), dtype=np.bool_)
    end_labels, end_masks = np.zeros(len(keys), dtype=np.uint64), np.zeros(len(keys), dtype=np.uint64)
    going = np.arange(len(keys))
    while len(going):
        at = np.where(high[going] < 0, 2 * low[going], (low[going] + high[going]) // 2)
        labels, masks = slots(zip((keys[place] for place in going.tolist()), at.tolist(), strict=True))
        used, marked = _used(lookup, labels, masks, used_tags)
        low[going[used]] = at[used] + 1
        common[going[used]] = marked[used]
        gone = going[~used]
        high[gone], end_labels[gone], end_masks[gone] = at[~used], labels[~used], masks[~used]
        going = going[(high[going] < 0) | (low[going] < high[going])]
    return ListEnds(low.tolist(), common.tolist(), end_labels, end_masks)


def _used(lookup: Lookup, labels: Words, masks: Words, used_tags: Container[bytes]) -> tuple[Found, Found]:
    """For each slot whether its token's posting stands there, and whether that says COMMON."""
    found, masked = lookup.find_many(labels)
    contents = masked ^ masks
    marked = found & (contents == np.uint64(COMMON))
    used = marked.copy()
    for place in np.flatnonzero(found & ~marked).tolist():
        tag = content_tag(int(contents[place]))
        used[place] = tag is not None and tag in used_tags
    return used, marked
