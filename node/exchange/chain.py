"""The rules by which a copy follows its owner's chain (protocol.md 4), as a state machine without I/O.

In this order: the snapshot once, whole, with the chunks its hash names; then only seq + 1 with the right prev, of the
exact size, sorted, with no label seen before. Whatever is refused leaves the state as it was. A second batch under one
seq, a wrong prev, or a head that names another hash is a fork: evidence, not an accident.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from node.errors import Code, LancangError
from node.exchange.batch import HASH_BYTES, chunk_count, chunk_hash, delta_hash, parse_revocations, snapshot_hash
from node.exchange.delta import DeltaBody, Revocation
from node.exchange.posting import ascending, decode_postings
from node.exchange.snapshot import Snapshot
from node.exchange.terms import Lookup, Terms, Words
from node.model.batch import (
    CHUNK_POSTINGS,
    POSTING_BYTES,
    REVOCATION_BYTES,
    SNAPSHOT_MULTIPLE,
    ChainPosition,
    Delta,
    Head,
    SnapshotInfo,
)
from node.model.scope import Scope


@dataclass(frozen=True, slots=True)
class ChainState:
    """How far a copy has got. postings: so far; head: the newest one accepted, which may run ahead of position."""

    scope: Scope
    terms: Terms
    position: ChainPosition | None = None
    postings: int = 0
    head: Head | None = None

    @property
    def population(self) -> float:
        """N: postings of the chain / T, an upper bound of the records behind it."""
        return self.postings / self.terms.postings_per_record

    @property
    def certified(self) -> bool:
        """Whether a signed head vouches for every batch applied."""
        return self.position is not None and self.head is not None and self.head.seq >= self.position.seq


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a delta gives: the next state, and what is to be stored with it in one transaction."""

    state: ChainState
    labels: Words
    masked: Words
    revocations: tuple[Revocation, ...]

    @property
    def position(self) -> ChainPosition:
        """Where the chain stands with this delta."""
        return started(self.state)


def describe_snapshot(snapshot: Snapshot, scope: Scope, ms: int) -> SnapshotInfo:
    """What the owner announces of a snapshot, built at ms."""
    return SnapshotInfo(scope, ms, len(snapshot.labels), tuple(chunk_hash(chunk) for chunk in snapshot.chunks()))


def next_delta(state: ChainState, body: DeltaBody, ms: int) -> Delta:
    """The owner's next batch after state. Raises LancangError(BATCH_GAP) before the snapshot."""
    position = started(state)
    return Delta(state.scope, position.seq + 1, ms, position.hash, body.postings, body.revocations)


def extend(state: ChainState, bodies: Sequence[DeltaBody], ms: int) -> tuple[ChainState, list[tuple[Delta, bytes]]]:
    """The owner's next batches after state, each with its hash, and the state after them.

    For what build_deltas made on top of this very chain: whoever takes a delta from another uses apply_delta.
    """
    places = state.terms.postings_per_record * state.terms.records_per_delta
    made: list[tuple[Delta, bytes]] = []
    for body in bodies:
        delta = next_delta(state, body, ms)
        made.append((delta, delta_hash(delta)))
        position = ChainPosition(delta.seq, made[-1][1])
        state = dataclasses.replace(state, position=position, postings=state.postings + places)
    return state, made


class SnapshotIntake:
    """A snapshot on its way in, chunk by chunk; only finish() gives a state that can be searched."""

    def __init__(self, state: ChainState, info: SnapshotInfo) -> None:
        """Raise LancangError: BATCH_MALFORMED for impossible sizes or another scope, BATCH_FORK or BATCH_REPLAYED if
        there is a snapshot already, BATCH_FORK if the signed head names another one."""
        _check_info(state, info)
        self._hash = snapshot_hash(info)
        if state.position is not None:
            if state.position == ChainPosition(0, self._hash):
                raise LancangError(Code.BATCH_REPLAYED, "this snapshot is here already")
            raise LancangError(Code.BATCH_FORK, "an epoch has one snapshot")
        check_promised(state, 0, self._hash)
        self._state = state
        self._info = info
        self._chunks = 0
        self._last = -1

    def take(self, chunk: bytes) -> tuple[Words, Words]:
        """Check the next chunk and give its labels and masked contents. Raises LancangError(BATCH_MALFORMED)."""
        start = self._chunks * CHUNK_POSTINGS
        expected = min(CHUNK_POSTINGS, self._info.postings - start)
        if expected <= 0 or len(chunk) != expected * POSTING_BYTES:
            _malformed("a chunk has the wrong size")
        if chunk_hash(chunk) != self._info.chunk_hashes[self._chunks]:
            _malformed("a chunk is not the one that the snapshot's hash names")
        labels, masked = decode_postings(chunk)
        if int(labels[0]) <= self._last or not ascending(labels):
            _malformed("labels are not sorted")
        self._chunks += 1
        self._last = int(labels[-1])
        return labels, masked

    def finish(self) -> ChainState:
        """The state after the whole snapshot. Raises LancangError(BATCH_MALFORMED) if chunks are missing."""
        if self._chunks != len(self._info.chunk_hashes):
            _malformed("the snapshot is not complete")
        return dataclasses.replace(self._state, position=ChainPosition(0, self._hash), postings=self._info.postings)


def apply_delta(state: ChainState, delta: Delta, taken: Lookup) -> Applied:
    """Check the next delta against the chain; taken: every label applied so far.

    Raises LancangError: BATCH_MALFORMED, BATCH_GAP (something is missing before it), BATCH_REPLAYED (it was applied
    already), BATCH_FORK.
    """
    if delta.scope != state.scope:
        _malformed("the delta is of another index")
    terms = state.terms
    places = terms.postings_per_record * terms.records_per_delta
    if len(delta.postings) != places * POSTING_BYTES:
        _malformed(f"a delta has {places} postings, always")
    if len(delta.revocations) != terms.records_per_delta * REVOCATION_BYTES:
        _malformed(f"a delta has {terms.records_per_delta} revocations, always")
    if len(delta.previous) != HASH_BYTES:
        _malformed("prev has 32 bytes")
    new = ChainPosition(delta.seq, delta_hash(delta))
    check_order(started(state), delta.previous, new)
    check_promised(state, new.seq, new.hash)
    labels, masked = decode_postings(delta.postings)
    if not ascending(labels):
        _malformed("labels are not sorted")
    revocations = parse_revocations(delta.revocations)
    found, _ = taken.find_many(labels)
    if found.any():
        _malformed("a label stands in the chain already")
    return Applied(
        dataclasses.replace(state, position=new, postings=state.postings + places),
        labels,
        masked,
        revocations,
    )


def accept_head(state: ChainState, head: Head) -> ChainState:
    """Take a head that verify_head has checked; it may run ahead of the batches.

    Raises LancangError: BATCH_FORK if it names another hash for a seq, BATCH_REPLAYED if an older one.
    """
    for known in (state.position, state.head):
        if known is not None and head.seq == known.seq and head.hash != known.hash:
            raise LancangError(Code.BATCH_FORK, f"two hashes for seq {head.seq}")
    if state.position is not None and head.seq < state.position.seq:
        raise LancangError(Code.BATCH_REPLAYED, f"a head of seq {head.seq} after seq {state.position.seq}")
    if state.head is not None and (head.seq, head.ms) < (state.head.seq, state.head.ms):
        raise LancangError(Code.BATCH_REPLAYED, "an older head than the one known")
    return dataclasses.replace(state, head=head)


def check_resume(known_hash: bytes | None, asked: ChainPosition) -> None:
    """At the owner: check that a copy stands on this chain. known_hash: h of batch asked.seq or None.

    Raises LancangError(BATCH_FORK).
    """
    if known_hash is None or known_hash != asked.hash:
        raise LancangError(Code.BATCH_FORK, f"no batch {asked.seq} with this hash was ever published here")


def _check_info(state: ChainState, info: SnapshotInfo) -> None:
    if info.scope != state.scope:
        _malformed("the snapshot is of another index")
    if info.postings <= 0 or info.postings % (SNAPSHOT_MULTIPLE * state.terms.postings_per_record):
        _malformed("a snapshot's size is a multiple of 1024 * T")
    hashes = info.chunk_hashes
    if len(hashes) != chunk_count(info.postings) or any(len(one) != HASH_BYTES for one in hashes):
        _malformed("a snapshot names one hash a chunk")


def check_order(position: ChainPosition, previous: bytes, new: ChainPosition) -> None:
    """Check that a batch is the next one after position. Raises LancangError: BATCH_FORK, BATCH_REPLAYED, BATCH_GAP."""
    if new.seq == position.seq and new.hash != position.hash:
        raise LancangError(Code.BATCH_FORK, f"two batches with seq {new.seq}")
    if new.seq <= position.seq:
        raise LancangError(Code.BATCH_REPLAYED, f"seq {new.seq} after seq {position.seq}")
    if new.seq > position.seq + 1:
        raise LancangError(Code.BATCH_GAP, f"seq {new.seq} after seq {position.seq}")
    if previous != position.hash:
        raise LancangError(Code.BATCH_FORK, f"seq {new.seq} follows another batch {position.seq}")


def check_promised(state: ChainState, seq: int, batch_hash: bytes) -> None:
    """A head that came before its batch binds the owner to it. Raises LancangError(BATCH_FORK)."""
    if state.head is not None and state.head.seq == seq and state.head.hash != batch_hash:
        raise LancangError(Code.BATCH_FORK, f"the signed head names another batch {seq}")


def started(state: ChainState) -> ChainPosition:
    """Where a chain stands. Raises LancangError(BATCH_GAP) before its snapshot."""
    if state.position is None:
        raise LancangError(Code.BATCH_GAP, "the snapshot comes first")
    return state.position


def _malformed(detail: str) -> NoReturn:
    raise LancangError(Code.BATCH_MALFORMED, detail)
