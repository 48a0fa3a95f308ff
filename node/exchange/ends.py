"""Where the lists of many tokens end in a chain, found by doubling and halving instead of walking every slot.

Slots of a token are used in their order, so "is slot i used" is true up to the end and false after it. The owner asks
this of its own chain for every posting; a list of 256 costs some seventeen look-ups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from node.exchange.posting import COMMON, slots
from node.exchange.terms import Found, KnownTags, Lookup, Words

Keys: TypeAlias = npt.NDArray[np.void]
"""Posting keys, 32 bytes each."""

Indexes: TypeAlias = npt.NDArray[np.int64]

MOST_NOTED: Final = 32_768
_NOTHING: Final = (0, 0)


@dataclass(frozen=True, slots=True)
class ListEnds:
    """For each list its first unused slot (index, label, mask), and whether its last posting says COMMON.

    taken: whether another posting stands under that slot's label, by accident.
    """

    next_index: Indexes
    common: Found
    labels: Words
    masks: Words
    taken: Found


class EndsNoted:
    """Where the lists of tokens posted lately ended: by its first label, a list's next index and its last label.

    An end is believed only while the last label stands in the chain, so that notes may be lost and no counter hangs on
    them: they save derivations and look-ups.
    """

    def __init__(self, most: int = MOST_NOTED) -> None:
        """most: lists remembered, some 250 bytes each."""
        self._most = most
        self._ends: dict[int, tuple[int, int]] = {}

    def of(self, labels: Words) -> tuple[Indexes, Words]:
        """For each first label the next index and the last label of its list; 0 and 0 where nothing is known."""
        found = [self._ends.get(label, _NOTHING) for label in labels.tolist()]
        return np.array([end for end, _ in found], dtype=np.int64), np.array([at for _, at in found], dtype=np.uint64)

    def note(self, labels: Words, next_index: Indexes, last_labels: Words) -> None:
        """Remember ends; the lists noted longest ago go first."""
        for label, index, last in zip(labels.tolist(), next_index.tolist(), last_labels.tolist(), strict=True):
            self._ends.pop(label, None)
            self._ends[label] = index, last
        while len(self._ends) > self._most:
            del self._ends[next(iter(self._ends))]


def list_ends(
    lookup: Lookup, keys: Keys, labels: Words, masks: Words, used_tags: KnownTags, noted: EndsNoted
) -> ListEnds:
    """The end of each token's list, by posting key and slot_0 (label and mask). used_tags: every tag of the chain.

    A label that stands there by accident, as a dummy's or another token's, unmasks to no tag of the chain: it is not
    taken for a slot in use.
    """
    low = np.zeros(len(keys), dtype=np.int64)  # every slot below is used
    high = np.full(len(keys), -1, dtype=np.int64)  # this one is not, once known
    common, taken = np.zeros(len(keys), dtype=np.bool_), np.zeros(len(keys), dtype=np.bool_)
    end_labels, end_masks = labels.copy(), masks.copy()
    begun = False
    going, at = np.arange(len(keys)), low.copy()
    while len(going):
        stands, used, marked = _used(lookup, labels, masks, used_tags)
        low[going[used]] = at[used] + 1
        common[going[used]] = marked[used]
        gone, unused = going[~used], ~used
        high[gone], taken[gone] = at[unused], stands[unused]
        end_labels[gone], end_masks[gone] = labels[unused], masks[unused]
        going = going[(high[going] < 0) | (low[going] < high[going])]
        at = np.where(high[going] < 0, 2 * low[going], (low[going] + high[going]) // 2)
        if not begun:
            begun = True
            proven, ends = _proven(lookup, *noted.of(end_labels[going]))
            low[going[proven]] = at[proven] = ends
        data = keys[going].tobytes()
        labels, masks = slots((data[32 * place : 32 * place + 32], i) for place, i in enumerate(at.tolist()))
    return ListEnds(low, common, end_labels, end_masks, taken)


def _proven(lookup: Lookup, next_index: Indexes, last_labels: Words) -> tuple[Indexes, Indexes]:
    """Which of the lists are known to be used up to their noted ends, and those ends."""
    known = np.flatnonzero(next_index)
    proven = known[lookup.find_many(last_labels[known])[0]]
    return proven, next_index[proven]


def _used(lookup: Lookup, labels: Words, masks: Words, used_tags: KnownTags) -> tuple[Found, Found, Found]:
    """For each slot whether anything stands there, whether its token's posting does, and whether that says COMMON."""
    found, masked = lookup.find_many(labels)
    contents = masked ^ masks
    marked = found & (contents == np.uint64(COMMON))
    used = marked.copy()
    tagged = np.flatnonzero(found & (contents & np.uint64(0xFF) == np.uint64(0)))
    used[tagged] = used_tags.contains_many(contents[tagged] >> np.uint64(8))
    return found, used, marked
