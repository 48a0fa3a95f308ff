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

MOST_NOTED: Final = 65_536
_GROWTH: Final = 4
"""A part is sorted anew with a newer one only once that holds a quarter as many notes."""


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


@dataclass(frozen=True, slots=True)
class _Notes:
    """What was noted: in the order of the lists' first labels, their next indexes and last labels."""

    labels: Words
    next_index: Indexes
    last_labels: Words

    def joined(self, later: _Notes) -> _Notes:
        """These and later ones; of a list that stands in both what was noted later."""
        # Of equal labels unique names the first.
        labels, first = np.unique(np.concatenate((later.labels, self.labels)), return_index=True)
        ends = np.concatenate((later.next_index, self.next_index))
        return _Notes(labels, ends[first], np.concatenate((later.last_labels, self.last_labels))[first])


class EndsNoted:
    """Where the lists of tokens posted lately ended: by its first label, a list's next index and its last label.

    An end is believed only while the last label stands in the chain, so that notes may be lost and no counter hangs on
    them: they save derivations and look-ups.
    """

    def __init__(self, most: int = MOST_NOTED) -> None:
        """most: lists remembered at least once noted, 24 bytes each; up to twice as many for a while."""
        self._most = most
        # Each part several times larger than the next, so that noting seldom sorts what is there already.
        self._newer: list[_Notes] = []
        self._older: list[_Notes] = []

    def of(self, labels: Words) -> tuple[Indexes, Words]:
        """For each first label the next index and the last label of its list; 0 and 0 where nothing is known."""
        next_index, last_labels = np.zeros(len(labels), dtype=np.int64), np.zeros(len(labels), dtype=np.uint64)
        for part in (*self._older, *self._newer):
            places = np.minimum(np.searchsorted(part.labels, labels), len(part.labels) - 1)
            found = np.flatnonzero(part.labels[places] == labels)
            next_index[found] = part.next_index[places[found]]
            last_labels[found] = part.last_labels[places[found]]
        return next_index, last_labels

    def note(self, labels: Words, next_index: Indexes, last_labels: Words) -> None:
        """Remember ends, each of another list; those noted longest ago are forgotten together."""
        if not len(labels):
            return
        order = np.argsort(labels)
        part = _Notes(labels[order], next_index[order], last_labels[order])
        while self._newer and len(self._newer[-1].labels) <= _GROWTH * len(part.labels):
            part = self._newer.pop().joined(part)
        self._newer.append(part)
        if sum(len(each.labels) for each in self._newer) > self._most:
            self._older, self._newer = self._newer, []


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
        # Lists of one posting are by far the most: the next slot comes before doubling.
        ahead = np.where(low[going] > 1, 2 * low[going], low[going])
        at = np.where(high[going] < 0, ahead, (low[going] + high[going]) // 2)
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
