"""Building deltas: the postings and revocations of up to D records each, in one fixed size (protocol.md 3, 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from node.errors import Code, LancangError
from node.exchange.allot import Allotted, Wanted, allot
from node.exchange.ends import EndsNoted
from node.exchange.posting import ListHeads, decode_postings, encode_postings, tag_numbers
from node.exchange.terms import KnownTags, Lookup, Random, Terms, Words
from node.model.batch import POSTING_BYTES, TAG_BYTES


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


@dataclass(frozen=True, slots=True, repr=False)
class ListedRecord:
    """A record to be posted: its tag for one audience (7 bytes), and where its tokens' lists begin in that index."""

    tag: bytes
    heads: ListHeads


@dataclass(frozen=True, slots=True)
class DeltaContent:
    """What one delta is to tell: at most D records; at most D replaced and withdrawn (tags) together."""

    records: Sequence[ListedRecord] = ()
    replaced: Sequence[Revocation] = ()
    withdrawn: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class BuiltDeltas:
    """Deltas in their order, and the labels and masked contents of all of them together, sorted by label."""

    bodies: list[DeltaBody]
    labels: Words
    masked: Words


def build_deltas(
    contents: Sequence[DeltaContent],
    *,
    taken: Lookup,
    used_tags: KnownTags,
    terms: Terms,
    random: Random,
    noted: EndsNoted | None = None,
) -> BuiltDeltas:
    """Build the next deltas of a chain, each on top of the ones before it and of the published labels in taken.

    Many at once cost less than one by one: ends of lists are looked up together. used_tags: every tag of the scope, so
    that none is drawn for a dummy. noted: where lists ended before; kept from round to round, it saves work.
    Raises LancangError(INPUT_TOO_LARGE) for a content beyond D or a record beyond T.
    """
    for content in contents:
        _check_content(content, terms)
    allotted = allot(_wanted(contents), taken, used_tags, terms.list_cap, noted)
    count = terms.postings_per_record * terms.records_per_delta
    padded = _padded(allotted, len(contents), count, taken, random)
    new_tags = tag_numbers(b"".join([record.tag for content in contents for record in content.records]))
    needed = sum(_tags_needed(content, terms.records_per_delta) for content in contents)
    drawn = iter(fresh_tags(needed, used_tags, random, also=new_tags))
    return BuiltDeltas(
        [
            DeltaBody(postings, _revocations(content, terms.records_per_delta, drawn))
            for postings, content in zip(_by_delta(padded, len(contents)), contents, strict=True)
        ],
        padded.labels,
        padded.masked,
    )


def fresh_tags(count: int, used_tags: KnownTags, random: Random, also: Words | None = None) -> list[bytes]:
    """count random tags, all different, that no record of the chain ever had; none of also either."""
    drawn = bytearray(random(count * TAG_BYTES))
    while True:
        numbers = tag_numbers(bytes(drawn))
        again = np.ones(count, dtype=np.bool_)
        again[np.unique(numbers, return_index=True)[1]] = False
        again |= used_tags.contains_many(numbers)
        if also is not None:
            again |= np.isin(numbers, also)
        if not again.any():
            return [bytes(drawn[at : at + TAG_BYTES]) for at in range(0, len(drawn), TAG_BYTES)]
        for place in np.flatnonzero(again).tolist():
            drawn[place * TAG_BYTES : (place + 1) * TAG_BYTES] = random(TAG_BYTES)


def _check_content(content: DeltaContent, terms: Terms) -> None:
    places = terms.records_per_delta
    if len(content.records) > places or len(content.replaced) + len(content.withdrawn) > places:
        raise LancangError(Code.INPUT_TOO_LARGE, f"a delta has room for {places} records and {places} revocations")
    if any(len(record.heads) > terms.postings_per_record for record in content.records):
        raise LancangError(Code.INPUT_TOO_LARGE, f"a record has at most {terms.postings_per_record} tokens")


def _wanted(contents: Sequence[DeltaContent]) -> Wanted:
    records = [(record, place) for place, content in enumerate(contents) for record in content.records]
    tags = tag_numbers(b"".join([record.tag for record, _ in records])) << np.uint64(8)
    sizes = np.array([len(record.heads) for record, _ in records], dtype=np.int64)
    places = np.array([place for _, place in records], dtype=np.int64)
    return Wanted.of(
        b"".join([record.heads.keys for record, _ in records]),
        b"".join([record.heads.slots for record, _ in records]),
        np.repeat(tags, sizes),
        np.repeat(places, sizes),
    )


def _padded(allotted: Allotted, deltas: int, count: int, taken: Lookup, random: Random) -> Allotted:
    """Add dummies until every delta has count postings, and sort all by label; a dummy under a label in use is redrawn.

    Equal labels can only be dummies': those of allotted are all different.
    """
    missing = count - np.bincount(allotted.places, minlength=deltas)
    places = np.concatenate((allotted.places, np.repeat(np.arange(deltas), missing)))
    real = len(allotted.labels)
    labels, masked = decode_postings(random((len(places) - real) * POSTING_BYTES))
    while True:
        both = np.concatenate((allotted.labels, labels))
        order = np.argsort(both, kind="stable")
        # Of equal labels the first stays: the sort is stable and dummies stand last.
        repeated = order[1:][both[order[1:]] == both[order[:-1]]] - real
        redrawn = np.union1d(repeated, np.flatnonzero(taken.find_many(labels)[0]))
        if not len(redrawn):
            break
        labels[redrawn], masked[redrawn] = decode_postings(random(len(redrawn) * POSTING_BYTES))
    return Allotted(both[order], np.concatenate((allotted.masked, masked))[order], places[order])


def _by_delta(padded: Allotted, deltas: int) -> list[bytes]:
    """The postings of each delta as they travel, sorted by label."""
    # Sorted by label already: a stable sort of small numbers keeps that within each delta, and is cheap.
    order = np.argsort(padded.places.astype(np.min_scalar_type(deltas)), kind="stable")
    data = encode_postings(padded.labels[order], padded.masked[order])
    size = len(data) // max(deltas, 1)
    return [data[at : at + size] for at in range(0, len(data), size)] if size else []


def _tags_needed(content: DeltaContent, places: int) -> int:
    """Random tags in a delta's revocations: one for each withdrawn, two for each dummy."""
    return 2 * places - 2 * len(content.replaced) - len(content.withdrawn)


def _revocations(content: DeltaContent, places: int, drawn: Iterator[bytes]) -> bytes:
    entries = [entry.old + entry.new for entry in content.replaced]
    entries += [tag + next(drawn) for tag in content.withdrawn]
    entries += [next(drawn) + next(drawn) for _ in range(places - len(entries))]
    return b"".join(sorted(entries))
