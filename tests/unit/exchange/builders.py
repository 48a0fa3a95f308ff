"""What tests of the exchange set up: a seeded source of bytes, a scope, small terms, records with chosen tokens."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import sha512

import numpy as np

from node.exchange.batch import snapshot_hash
from node.exchange.chain import Applied, ChainState, apply_delta, describe_snapshot, extend, next_delta
from node.exchange.delta import DeltaBody, DeltaContent, ListedRecord, Revocation, build_deltas
from node.exchange.ends import EndsNoted
from node.exchange.posting import decode_postings, list_heads, posting_context, posting_key, tag_numbers
from node.exchange.snapshot import EncodedRecord, Snapshot, build_snapshot
from node.exchange.terms import Found, Random, Terms, Words
from node.exchange.walk import Walk, walk
from node.model.batch import ChainPosition, Delta, SnapshotInfo
from node.model.scope import Scope

SCOPE = Scope("mekong", "th", "cn", 3)
TERMS = Terms(postings_per_record=4, records_per_delta=2, list_cap=5, ask_size=8)
REAL_TERMS = Terms(postings_per_record=24, records_per_delta=8, list_cap=256, ask_size=64)
MS = 1_800_000_000_000


def seeded(seed: int) -> Random:
    """Bytes that look random and are the same in every run."""
    return random.Random(seed).randbytes


def evaluation(token: str) -> bytes:
    """A stand-in for the evaluation of a token: 64 bytes, the same for the same token."""
    return sha512(token.encode()).digest()


def record(tag: bytes, *tokens: str) -> EncodedRecord:
    """A record with these tokens."""
    return EncodedRecord(tag, tuple(map(evaluation, tokens)))


def tag(number: int) -> bytes:
    """A tag that is easy to tell from others."""
    return sha512(number.to_bytes(4, "big")).digest()[:7]


def listed(encoded: EncodedRecord, secret: bytes, scope: Scope = SCOPE) -> ListedRecord:
    """A record as a delta is told it."""
    return ListedRecord(encoded.tag, list_heads(b"".join(encoded.evaluations), posting_context(secret, scope)))


@dataclass(frozen=True)
class TagSet:
    """Tags in a set: the plainest KnownTags there are."""

    tags: Collection[bytes] = ()

    def contains_many(self, tags: Words) -> Found:
        known = set(tag_numbers(b"".join(self.tags)).tolist())
        return np.array([number in known for number in tags.tolist()], dtype=np.bool_)


class DictLookup:
    """Labels in a dictionary: the plainest Lookup there is."""

    def __init__(self) -> None:
        self.postings: dict[int, int] = {}

    def add(self, labels: Words, masked: Words) -> None:
        self.postings.update(zip(labels.tolist(), masked.tolist(), strict=True))

    def find(self, label: int) -> int | None:
        return self.postings.get(label)

    def find_many(self, labels: Words) -> tuple[Found, Words]:
        values = [self.postings.get(label) for label in labels.tolist()]
        found = np.array([value is not None for value in values], dtype=np.bool_)
        return found, np.array([value or 0 for value in values], dtype=np.uint64)


@dataclass
class Owner:
    """An owner's chain for one audience: what it published, and the labels that are its counters."""

    snapshot: Snapshot
    info: SnapshotInfo
    state: ChainState
    random: Random
    terms: Terms
    taken: DictLookup = field(default_factory=DictLookup)
    deltas: list[Delta] = field(default_factory=list)
    tags: set[bytes] = field(default_factory=set)
    noted: EndsNoted = field(default_factory=EndsNoted)

    def build(
        self,
        *records: EncodedRecord,
        replaced: Sequence[Revocation] = (),
        withdrawn: Sequence[bytes] = (),
        ms: int = MS,
    ) -> Delta:
        """The next delta, not yet published."""
        (body,) = self._bodies([self.content(*records, replaced=replaced, withdrawn=withdrawn)])
        return next_delta(self.state, body, ms)

    def content(
        self, *records: EncodedRecord, replaced: Sequence[Revocation] = (), withdrawn: Sequence[bytes] = ()
    ) -> DeltaContent:
        """What a delta of this chain is to tell."""
        each = [listed(one, self.snapshot.secret, self.state.scope) for one in records]
        return DeltaContent(each, replaced, withdrawn)

    def _bodies(self, contents: Sequence[DeltaContent]) -> list[DeltaBody]:
        built = build_deltas(
            contents,
            taken=self.taken,
            used_tags=TagSet(self.tags),
            terms=self.terms,
            random=self.random,
            noted=self.noted,
        )
        together = sorted(pair for body in built.bodies for pair in zip(*decode_postings(body.postings), strict=True))
        assert together == list(zip(built.labels, built.masked, strict=True))
        return built.bodies

    def publish(
        self, *records: EncodedRecord, replaced: Sequence[Revocation] = (), withdrawn: Sequence[bytes] = ()
    ) -> Delta:
        """Build the next delta and put it on the chain."""
        return self.publish_all([self.content(*records, replaced=replaced, withdrawn=withdrawn)])[0]

    def publish_all(self, contents: Sequence[DeltaContent]) -> list[Delta]:
        """Build the next deltas at once and put them on the chain, each checked as a peer would."""
        expected, made = extend(self.state, self._bodies(contents), MS)
        for (delta, _), content in zip(made, contents, strict=True):
            applied: Applied = apply_delta(self.state, delta, self.taken)
            self.state = applied.state
            self.taken.add(applied.labels, applied.masked)
            self.deltas.append(delta)
            self.tags.update(entry.tag for entry in content.records)
        assert self.state == expected
        return [delta for delta, _ in made]

    def key(self, token: str) -> bytes:
        """The posting key of a token."""
        return posting_key(evaluation(token), posting_context(self.snapshot.secret, self.state.scope))

    def walk(self, token: str) -> Walk:
        """What stands under a token."""
        return walk(self.taken, self.key(token), self.terms.list_cap)

    def delta_postings(self) -> list[tuple[int, int]]:
        """Label and masked content of every posting of every delta."""
        return [
            pair
            for delta in self.deltas
            for pair in zip(*(part.tolist() for part in decode_postings(delta.postings)), strict=True)
        ]


def owner(records: Sequence[EncodedRecord] = (), *, seed: int = 1, scope: Scope = SCOPE, terms: Terms = TERMS) -> Owner:
    """An owner that has just published a snapshot."""
    source = seeded(seed)
    snapshot = build_snapshot(records, scope, terms, source)
    info = describe_snapshot(snapshot, scope, MS)
    state = ChainState(scope, terms, ChainPosition(0, snapshot_hash(info)), info.postings)
    made = Owner(snapshot, info, state, source, terms, tags={entry.tag for entry in records})
    made.taken.add(snapshot.labels, snapshot.masked)
    return made
