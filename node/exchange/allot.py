"""Which slot each new posting gets: the next free one of its token's list; a full list ends in COMMON (protocol.md 3).

The labels already published are the counters: a slot is used if and only if its label stands in the chain. So no
counter can be lost or wound back, and a mask is not used twice as long as a delta is stored before it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from node.exchange.ends import EndsNoted, Indexes, Keys, list_ends
from node.exchange.posting import COMMON, slot, slots
from node.exchange.terms import KnownTags, Lookup, Words, words


@dataclass(frozen=True, slots=True)
class Wanted:
    """Postings to be made, in order: their tokens' keys and first slots, what they say, the place of their delta."""

    keys: Keys
    labels: Words
    masks: Words
    contents: Words
    places: Indexes

    @classmethod
    def of(cls, keys: bytes, first_slots: bytes, contents: Words, places: Indexes) -> Wanted:
        """keys: n x 32 bytes; first_slots: n x 16 bytes."""
        pairs = words(first_slots).reshape(-1, 2)
        return cls(np.frombuffer(keys, dtype="V32"), pairs[:, 0], pairs[:, 1], contents, places)


@dataclass(frozen=True, slots=True)
class Allotted:
    """Postings without their sorting: label, masked content, and the place of their delta."""

    labels: Words
    masked: Words
    places: Indexes


def allot(
    wanted: Wanted, taken: Lookup, used_tags: KnownTags, list_cap: int, noted: EndsNoted | None = None
) -> Allotted:
    """Give each posting its token's next free slot; a list's end is marked COMMON once, then closed.

    noted: of this chain; brought up to date.
    """
    noted = noted or EndsNoted()
    at_once = _at_once(wanted, taken, used_tags, list_cap, noted)
    return at_once or _one_by_one(wanted, taken, used_tags, list_cap)


def _at_once(wanted: Wanted, taken: Lookup, used_tags: KnownTags, list_cap: int, noted: EndsNoted) -> Allotted | None:
    """All slots looked up together, on the chance (nearly a certainty) that none is taken by accident; else None."""
    # Postings of one token share its first label; two tokens that did would be such an accident.
    first, token, rank = _tokens(wanted.labels)
    if np.any(wanted.keys.view(np.uint64) != wanted.keys[first[token]].view(np.uint64)):
        return None
    first_labels = wanted.labels[first]
    ends = list_ends(taken, wanted.keys[first], first_labels, wanted.masks[first], used_tags, noted)
    index = ends.next_index[token] + rank
    kept = np.flatnonzero(~ends.common[token] & (rank <= np.maximum(list_cap - ends.next_index[token], 0)))
    contents = np.where(index >= list_cap, np.uint64(COMMON), wanted.contents)[kept]
    labels, masks = ends.labels[token[kept]], ends.masks[token[kept]]
    beyond = np.flatnonzero(rank[kept] > 0)
    further = kept[beyond].tolist()
    labels[beyond], masks[beyond] = slots((wanted.keys[at].tobytes(), int(index[at])) for at in further)
    if (
        ends.taken[token[kept]].any()
        or taken.find_many(labels[beyond])[0].any()
        or np.any(np.diff(np.sort(labels)) == 0)
    ):
        return None
    next_index = ends.next_index + np.bincount(token[kept], minlength=len(first))
    last_labels = np.zeros(len(first), dtype=np.uint64)
    last_labels[token[kept]] = labels  # of several the last one stays
    open_lists = np.flatnonzero((next_index > 1) & (next_index <= list_cap) & ~ends.common)
    noted.note(first_labels[open_lists], next_index[open_lists], last_labels[open_lists])
    return Allotted(labels, masks ^ contents, wanted.places[kept])


def _tokens(labels: Words) -> tuple[Indexes, Indexes, Indexes]:
    """Of each token the place of its first posting; of each posting its token, and how many before it are of that."""
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))[: len(labels)])
    sizes = np.diff(starts, append=len(labels))
    token, rank = np.empty(len(labels), dtype=np.int64), np.empty(len(labels), dtype=np.int64)
    token[order] = np.repeat(np.arange(len(starts)), sizes)
    rank[order] = np.arange(len(labels)) - np.repeat(starts, sizes)
    return order[starts], token, rank


def _one_by_one(wanted: Wanted, taken: Lookup, used_tags: KnownTags, list_cap: int) -> Allotted:
    """The slow way, for a label that is taken already: its token takes the next i."""
    keys = [key.tobytes() for key in wanted.keys]
    first = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
    at = np.array(list(first.values()), dtype=np.int64)
    ends = list_ends(taken, wanted.keys[at], wanted.labels[at], wanted.masks[at], used_tags, EndsNoted())
    next_index = dict(zip(first, ends.next_index.tolist(), strict=True))
    common = dict(zip(first, ends.common.tolist(), strict=True))
    given: dict[int, tuple[int, int]] = {}
    for key, content, place in zip(keys, wanted.contents.tolist(), wanted.places.tolist(), strict=True):
        if common[key]:
            continue
        while True:
            index = next_index[key]
            next_index[key] = index + 1
            there = slot(key, index)
            if there.label not in given and taken.find(there.label) is None:
                break
        common[key] = index >= list_cap
        given[there.label] = (there.mask ^ (COMMON if common[key] else content), place)
    masked = np.array([masked for masked, _ in given.values()], dtype=np.uint64)
    places = np.array([place for _, place in given.values()], dtype=np.int64)
    return Allotted(np.array(list(given), dtype=np.uint64), masked, places)
