"""Building a snapshot: one audience's postings at the start of an epoch, padded with dummies (protocol.md 3, 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from node.errors import Code, LancangError
from node.exchange.posting import (
    COMMON,
    EVALUATION_BYTES,
    SECRET_BYTES,
    encode_postings,
    posting_context,
    posting_key,
    record_content,
    slot_bytes,
)
from node.exchange.terms import Random, Terms, Words, words
from node.model.batch import CHUNK_POSTINGS, POSTING_BYTES, SNAPSHOT_MULTIPLE
from node.model.scope import Scope

_ATTEMPTS: Final = 8


@dataclass(frozen=True, slots=True, repr=False)
class EncodedRecord:
    """A record as its index sees it: its tag for one audience (7 bytes) and the evaluations of its tokens (64 each)."""

    tag: bytes
    evaluations: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Postings in the order of their labels, and the secret S that they were derived with."""

    secret: bytes = field(repr=False)
    labels: Words
    masked: Words

    def chunks(self) -> Iterator[bytes]:
        """The postings as they travel: chunks of 65,536, the last one shorter."""
        for start in range(0, len(self.labels), CHUNK_POSTINGS):
            end = start + CHUNK_POSTINGS
            yield encode_postings(self.labels[start:end], self.masked[start:end])


class _CollisionError(Exception):
    """Two postings were given one label."""


def check_record(record: EncodedRecord, terms: Terms) -> None:
    """Raise LancangError(INPUT_TOO_LARGE) on more than T tokens, ValueError on an evaluation of another length."""
    if len(record.evaluations) > terms.postings_per_record:
        raise LancangError(Code.INPUT_TOO_LARGE, f"a record has at most {terms.postings_per_record} tokens")
    if any(len(evaluation) != EVALUATION_BYTES for evaluation in record.evaluations):
        raise ValueError("an evaluation has 64 bytes")


def build_snapshot(records: Iterable[EncodedRecord], scope: Scope, terms: Terms, random: Random) -> Snapshot:
    """Draw S and derive, pad and sort the postings of all records; their number is a multiple of 1024 * T.

    Should two labels ever meet, S is drawn again and everything derived anew: no mask of the first try is used.
    """
    lists = _lists(records, terms)
    for _ in range(_ATTEMPTS):
        secret = random(SECRET_BYTES)
        try:
            labels, masked = _pad(*_derive(lists, posting_context(secret, scope), terms.list_cap), terms, random)
        except _CollisionError:
            continue
        return Snapshot(secret, labels, masked)
    raise LancangError(Code.INTERNAL, f"labels collided {_ATTEMPTS} times: the source of randomness is broken")


def _lists(records: Iterable[EncodedRecord], terms: Terms) -> dict[bytes, list[int]]:
    """For each evaluation the contents of its postings, in the order of the records."""
    lists: defaultdict[bytes, list[int]] = defaultdict(list)
    contents: set[int] = set()
    for record in records:
        check_record(record, terms)
        content = record_content(record.tag)
        if content in contents:
            raise ValueError("a tag stands for one record")
        contents.add(content)
        for evaluation in dict.fromkeys(record.evaluations):
            lists[evaluation].append(content)
    return lists


def _derive(lists: dict[bytes, list[int]], context: bytes, list_cap: int) -> tuple[Words, Words]:
    """Labels and masked contents of all real postings, unsorted."""
    places: list[bytes] = []
    contents: list[int] = []
    for evaluation, tags in lists.items():
        key = posting_key(evaluation, context)
        if len(tags) > list_cap:
            places.append(slot_bytes(key, 0))
            contents.append(COMMON)
        else:
            places.extend([slot_bytes(key, i) for i in range(len(tags))])
            contents.extend(tags)
    pairs = words(b"".join(places)).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1] ^ np.array(contents, dtype=np.uint64)


def _pad(labels: Words, masked: Words, terms: Terms, random: Random) -> tuple[Words, Words]:
    """Add dummies up to the next multiple and sort. Raises _CollisionError if two labels are equal."""
    multiple = SNAPSHOT_MULTIPLE * terms.postings_per_record
    total = max(1, -(-len(labels) // multiple)) * multiple
    dummies = words(random((total - len(labels)) * POSTING_BYTES)).reshape(-1, 2)
    labels = np.concatenate((labels, dummies[:, 0]))
    order = np.argsort(labels)
    labels = labels[order]
    if np.any(labels[1:] == labels[:-1]):
        raise _CollisionError
    return labels, np.concatenate((masked, dummies[:, 1]))[order]
