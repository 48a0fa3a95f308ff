"""Building deltas: the postings and revocations of up to D records each, in one fixed size (protocol.md 3, 4).

The labels already published are the counters: a slot is used if and only if its label stands in the chain. So no
counter can be lost or wound back, and a mask is not used twice as long as a delta is stored before it is sent.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from node.errors import Code, LancangError
from node.exchange.ends import ListEnds, list_ends
from node.exchange.posting import (
    COMMON,
    decode_postings,
    encode_postings,
    posting_context,
    posting_key,
    record_content,
    slot,
    slots,
)
from node.exchange.snapshot import EncodedRecord, check_record
from node.exchange.terms import Lookup, Random, Terms, Words
from node.model.batch import POSTING_BYTES, TAG_BYTES
from node.model.scope import Scope


@dataclass(frozen=True, slots=True)
class Revocation:
    """A tag that no longer counts, and the tag of the record's next version (a random one if there is none)."""

    old: bytes
    new: bytes


@dataclass(frozen=True, slots=True)
class DeltaBody:
    """What a delta carries: T * D postings sorted by label, D revocations sorted."""

    postings: bytes
    revocations: bytes


@dataclass(frozen=True, slots=True)
class DeltaContent:
    """What one delta is to tell: at most D records; at most D replaced and withdrawn (tags) together."""

    records: Sequence[EncodedRecord] = ()
    replaced: Sequence[Revocation] = ()
    withdrawn: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class _Planned:
    """Postings without their sorting: label, masked content, and the place of their delta."""

    labels: Words
    masked: Words
    places: npt.NDArray[np.int64]


class _Wanted(NamedTuple):
    """A posting to be made: its token's key, what it says, and the place of its delta. A tuple: there are many."""

    key: bytes
    content: int
    place: int


def build_deltas(
    contents: Sequence[DeltaContent],
    *,
    taken: Lookup,
    used_tags: Container[bytes],
    secret: bytes,
    scope: Scope,
    terms: Terms,
    random: Random,
) -> list[DeltaBody]:
    """Build the next deltas of a chain, each on top of the ones before it and of the published labels in taken.

    Many at once cost less than one by one: ends of lists are looked up together. used_tags: every tag of the scope, so
    that none is drawn for a dummy. Raises LancangError(INPUT_TOO_LARGE) for a content beyond D.
    """
    context = posting_context(secret, scope)
    wanted: list[_Wanted] = []
    for place, content in enumerate(contents):
        _check_content(content, terms)
        for record in content.records:
            said = record_content(record.tag)
            wanted += [_Wanted(posting_key(y, context), said, place) for y in dict.fromkeys(record.evaluations)]
    planned = _plan(wanted, taken, used_tags, terms.list_cap)
    count = terms.postings_per_record * terms.records_per_delta
    bodies = _sorted_postings(_padded(planned, len(contents), count, taken, random), len(contents))
    fresh = _FreshTags(used_tags, (record.tag for content in contents for record in content.records), random)
    return [
        DeltaBody(postings, _revocations(content, terms.records_per_delta, fresh))
        for postings, content in zip(bodies, contents, strict=True)
    ]


def _check_content(content: DeltaContent, terms: Terms) -> None:
    places = terms.records_per_delta
    if len(content.records) > places or len(content.replaced) + len(content.withdrawn) > places:
        raise LancangError(Code.INPUT_TOO_LARGE, f"a delta has room for {places} records and {places} revocations")
    for record in content.records:
        check_record(record, terms)


def _plan(wanted: Sequence[_Wanted], taken: Lookup, used_tags: Container[bytes], list_cap: int) -> _Planned:
    """Give each posting its token's next free slot; a list's end is marked COMMON once, then closed."""
    keys = list(dict.fromkeys(entry.key for entry in wanted))
    ends = list_ends(taken, keys, used_tags)
    return _plan_at_once(wanted, keys, ends, taken, list_cap) or _plan_one_by_one(wanted, keys, ends, taken, list_cap)


def _plan_at_once(
    wanted: Sequence[_Wanted], keys: Sequence[bytes], ends: ListEnds, taken: Lookup, list_cap: int
) -> _Planned | None:
    """All slots looked up together, on the chance (nearly a certainty) that none is taken by accident; else None."""
    number = {key: place for place, key in enumerate(keys)}
    next_index, common = list(ends.next_index), list(ends.common)
    at_end: list[int] = []  # postings in the slot that list_ends has computed already
    beyond: list[tuple[bytes, int]] = []
    order: list[int] = []  # of the end slots first, then of those beyond
    contents: list[int] = []
    places: list[int] = []
    for entry in wanted:
        which = number[entry.key]
        if common[which]:
            continue
        index = next_index[which]
        next_index[which] = index + 1
        common[which] = index >= list_cap
        if index == ends.next_index[which]:
            order.append(len(at_end))
            at_end.append(which)
        else:
            order.append(-1 - len(beyond))
            beyond.append((entry.key, index))
        contents.append(COMMON if common[which] else entry.content)
        places.append(entry.place)
    more_labels, more_masks = slots(beyond)
    # A negative number counts from the end: so the further slots stand there, the first of them last.
    labels = np.concatenate((ends.labels[at_end], more_labels[::-1]))[order]
    masks = np.concatenate((ends.masks[at_end], more_masks[::-1]))[order]
    if taken.find_many(labels)[0].any() or len(np.unique(labels)) != len(labels):
        return None
    return _Planned(labels, masks ^ np.array(contents, dtype=np.uint64), np.array(places, dtype=np.int64))


def _plan_one_by_one(
    wanted: Sequence[_Wanted], keys: Sequence[bytes], ends: ListEnds, taken: Lookup, list_cap: int
) -> _Planned:
    """The slow way, for a label that is taken already: its token takes the next i."""
    next_index = dict(zip(keys, ends.next_index, strict=True))
    common = dict(zip(keys, ends.common, strict=True))
    given: dict[int, tuple[int, int]] = {}
    for entry in wanted:
        if common[entry.key]:
            continue
        while True:
            index = next_index[entry.key]
            next_index[entry.key] = index + 1
            place = slot(entry.key, index)
            if place.label not in given and taken.find(place.label) is None:
                break
        common[entry.key] = index >= list_cap
        given[place.label] = (place.mask ^ (COMMON if common[entry.key] else entry.content), entry.place)
    masked = np.array([masked for masked, _ in given.values()], dtype=np.uint64)
    places = np.array([place for _, place in given.values()], dtype=np.int64)
    return _Planned(np.array(list(given), dtype=np.uint64), masked, places)


def _padded(planned: _Planned, deltas: int, count: int, taken: Lookup, random: Random) -> _Planned:
    """Add dummies until every delta has count postings; one that meets a label in use is drawn again."""
    missing = count - np.bincount(planned.places, minlength=deltas)
    places = np.repeat(np.arange(deltas), missing)
    labels, masked = decode_postings(random(len(places) * POSTING_BYTES))
    while True:
        both = np.concatenate((planned.labels, labels))
        _, first = np.unique(both, return_index=True)
        again = np.ones(len(both), dtype=np.bool_)
        again[first] = False
        redrawn = np.flatnonzero(again[len(planned.labels) :] | taken.find_many(labels)[0])
        if not len(redrawn):
            break
        labels[redrawn], masked[redrawn] = decode_postings(random(len(redrawn) * POSTING_BYTES))
    return _Planned(both, np.concatenate((planned.masked, masked)), np.concatenate((planned.places, places)))


def _sorted_postings(planned: _Planned, deltas: int) -> list[bytes]:
    """The postings of each delta as they travel, sorted by label."""
    order = np.lexsort((planned.labels, planned.places))
    data = encode_postings(planned.labels[order], planned.masked[order])
    size = len(data) // max(deltas, 1)
    return [data[at : at + size] for at in range(0, len(data), size)] if size else []


def _revocations(content: DeltaContent, places: int, fresh: _FreshTags) -> bytes:
    entries = [entry.old + entry.new for entry in content.replaced]
    entries += [tag + fresh.draw() for tag in content.withdrawn]
    entries += [fresh.draw() + fresh.draw() for _ in range(places - len(entries))]
    return b"".join(sorted(entries))


class _FreshTags:
    """Random tags that no record ever had: a dummy must not revoke anyone."""

    def __init__(self, used: Container[bytes], also: Iterable[bytes], random: Random) -> None:
        self._used = used
        self._also = set(also)
        self._random = random

    def draw(self) -> bytes:
        while True:
            tag = self._random(TAG_BYTES)
            if tag not in self._used and tag not in self._also:
                self._also.add(tag)
                return tag
