"""Building a delta: the postings and revocations of up to D records, in one fixed size (protocol.md 3, 4).

The labels already published are the counters: a slot is used if and only if its label stands in the chain. So no
counter can be lost or wound back, and a mask is not used twice as long as a delta is stored before it is sent.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from node.errors import Code, LancangError
from node.exchange.ends import list_ends
from node.exchange.posting import (
    COMMON,
    Slot,
    decode_postings,
    encode_posting,
    encode_postings,
    posting_context,
    posting_key,
    record_content,
    slot,
    slots,
)
from node.exchange.snapshot import EncodedRecord, check_record
from node.exchange.terms import Lookup, Random, Terms
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


@dataclass(slots=True)
class _List:
    """One token's list while the delta grows."""

    next_index: int
    common: bool


class _Allocation:
    """Slots given out in this delta, on top of those already published."""

    def __init__(self, taken: Lookup, list_cap: int) -> None:
        self._taken = taken
        self._list_cap = list_cap
        self._lists: dict[bytes, _List] = {}
        self._postings: dict[int, bytes] = {}

    def open(self, keys: Sequence[bytes], used_tags: Container[bytes]) -> None:
        """Find the end of each token's list among what is published."""
        for key, end in zip(keys, list_ends(self._taken, keys, used_tags), strict=True):
            self._lists[key] = _List(end.next_index, end.common)

    def post_all(self, postings: Sequence[tuple[bytes, int]]) -> None:
        """Post each content in its token's next free slot; a list's end is marked COMMON once, then closed."""
        if not self._post_at_once(postings):
            for key, content in postings:
                self._post(key, content)

    def _post_at_once(self, postings: Sequence[tuple[bytes, int]]) -> bool:
        """All slots looked up together, on the chance (nearly a certainty) that none is taken by accident."""
        planned, contents = [], []
        ends = {key: (tokens.next_index, tokens.common) for key, tokens in self._lists.items()}
        for key, content in postings:
            index, common = ends[key]
            if common:
                continue
            common = index >= self._list_cap
            planned.append((key, index))
            contents.append(COMMON if common else content)
            ends[key] = (index + 1, common)
        labels, masks = slots(planned)
        if self._taken.find_many(labels)[0].any() or len(np.unique(labels)) != len(labels):
            return False
        masked = masks ^ np.array(contents, dtype=np.uint64)
        data = encode_postings(labels, masked)
        for place, label in enumerate(labels.tolist()):
            self._postings[label] = data[place * POSTING_BYTES : (place + 1) * POSTING_BYTES]
        return True

    def _post(self, key: bytes, content: int) -> None:
        tokens = self._lists[key]
        if tokens.common:
            return
        place = self._next_slot(key, tokens)
        if tokens.next_index > self._list_cap:
            content, tokens.common = COMMON, True
        self._postings[place.label] = encode_posting(place, content)

    def _next_slot(self, key: bytes, tokens: _List) -> Slot:
        while True:
            place = slot(key, tokens.next_index)
            tokens.next_index += 1
            if place.label not in self._postings and self._taken.find(place.label) is None:
                return place

    def pad(self, count: int, random: Random) -> None:
        """Add dummies up to count; one that meets a label in use is drawn again."""
        while len(self._postings) < count:
            data = random((count - len(self._postings)) * POSTING_BYTES)
            labels, _ = decode_postings(data)
            taken = self._taken.find_many(labels)[0].tolist()
            for place, label in enumerate(labels.tolist()):
                if not taken[place]:
                    self._postings.setdefault(label, data[place * POSTING_BYTES : (place + 1) * POSTING_BYTES])

    def encode(self) -> bytes:
        return b"".join(sorted(self._postings.values()))


def build_delta(
    records: Sequence[EncodedRecord],
    *,
    replaced: Sequence[Revocation] = (),
    withdrawn: Sequence[bytes] = (),
    taken: Lookup,
    used_tags: Container[bytes],
    secret: bytes,
    scope: Scope,
    terms: Terms,
    random: Random,
) -> DeltaBody:
    """Build one delta on top of the published labels in taken; build the next one only after applying this one.

    records: at most D; replaced and withdrawn (tags): at most D together; used_tags: every tag of the scope, so that
    none is drawn for a dummy. Raises LancangError(INPUT_TOO_LARGE) beyond these.
    """
    places = terms.records_per_delta
    if len(records) > places or len(replaced) + len(withdrawn) > places:
        raise LancangError(Code.INPUT_TOO_LARGE, f"a delta has room for {places} records and {places} revocations")
    context = posting_context(secret, scope)
    postings: list[tuple[bytes, int]] = []
    for record in records:
        check_record(record, terms)
        content = record_content(record.tag)
        postings += [(posting_key(y, context), content) for y in dict.fromkeys(record.evaluations)]
    allocation = _Allocation(taken, terms.list_cap)
    allocation.open(list(dict.fromkeys(key for key, _ in postings)), used_tags)
    allocation.post_all(postings)
    allocation.pad(terms.postings_per_record * places, random)
    fresh = _FreshTags(used_tags, (record.tag for record in records), random)
    revocations = [entry.old + entry.new for entry in replaced]
    revocations += [tag + fresh.draw() for tag in withdrawn]
    revocations += [fresh.draw() + fresh.draw() for _ in range(places - len(revocations))]
    return DeltaBody(allocation.encode(), b"".join(sorted(revocations)))


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
