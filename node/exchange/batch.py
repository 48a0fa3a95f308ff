"""Batches byte for byte: a snapshot's head part with its chunk hashes, deltas, revocations, and the hash h of each
(protocol.md 4). Parsing refuses everything that encoding would not have written.
"""

from __future__ import annotations

import itertools
import struct
from typing import Final, NoReturn

from node.crypto.hashing import blake
from node.errors import Code, LancangError
from node.exchange.delta import Revocation
from node.model.batch import (
    CHUNK_POSTINGS,
    POSTING_BYTES,
    REVOCATION_BYTES,
    TAG_BYTES,
    BatchType,
    Delta,
    Links,
    SnapshotInfo,
)
from node.model.encoding import u8, u32, u64
from node.model.scope import Scope

HASH_BYTES: Final = 32
NO_BATCH: Final = bytes(HASH_BYTES)
"""prev of the snapshot: there is nothing before it."""

_MAGIC: Final = b"LCIX"
_FORMAT: Final = 1


def chunk_hash(chunk: bytes) -> bytes:
    """The hash of one chunk of a snapshot's postings."""
    return blake("lancang1.chunk", b"", chunk, HASH_BYTES)


def chunk_count(postings: int) -> int:
    """How many chunks carry so many postings."""
    return -(-postings // CHUNK_POSTINGS)


def encode_delta(delta: Delta) -> bytes:
    """The bytes of a delta. Raises ValueError if its postings or revocations are not whole."""
    postings, spare = divmod(len(delta.postings), POSTING_BYTES)
    revocations, left = divmod(len(delta.revocations), REVOCATION_BYTES)
    if spare or left:
        raise ValueError("postings and revocations must be whole")
    start = _start(
        BatchType.DELTA,
        delta.scope,
        seq=delta.seq,
        ms=delta.ms,
        previous=delta.previous,
        n=postings,
        r=revocations,
    )
    return start + delta.postings + delta.revocations


def encode_snapshot(info: SnapshotInfo) -> bytes:
    """The bytes of a snapshot, its postings standing there as their chunk hashes."""
    start = _start(BatchType.SNAPSHOT, info.scope, seq=0, ms=info.ms, previous=NO_BATCH, n=info.postings, r=0)
    return start + b"".join(info.chunk_hashes)


def encode_links(links: Links) -> bytes:
    """The bytes of a batch of links: a delta's, with n = 0 and the links for revocations."""
    count, left = divmod(len(links.links), REVOCATION_BYTES)
    if left:
        raise ValueError("links must be whole")
    start = _start(BatchType.LINKS, links.scope, seq=links.seq, ms=links.ms, previous=links.previous, n=0, r=count)
    return start + links.links


def links_hash(links: Links) -> bytes:
    """h of a batch of links."""
    return blake("lancang1.batch", b"", encode_links(links), HASH_BYTES)


def delta_hash(delta: Delta) -> bytes:
    """h of a delta."""
    return blake("lancang1.batch", b"", encode_delta(delta), HASH_BYTES)


def snapshot_hash(info: SnapshotInfo) -> bytes:
    """h of a snapshot."""
    return blake("lancang1.batch", b"", encode_snapshot(info), HASH_BYTES)


def parse_delta(data: bytes) -> Delta:
    """Read a delta. Raises LancangError(BATCH_MALFORMED)."""
    reader = _Reader(data)
    scope, seq, ms, previous, postings, revocations = reader.start(BatchType.DELTA)
    delta = Delta(
        scope,
        seq,
        ms,
        previous,
        reader.take(postings * POSTING_BYTES),
        reader.take(revocations * REVOCATION_BYTES),
    )
    reader.end()
    return delta


def parse_snapshot(data: bytes) -> SnapshotInfo:
    """Read a snapshot without its postings. Raises LancangError(BATCH_MALFORMED)."""
    reader = _Reader(data)
    scope, seq, ms, previous, postings, revocations = reader.start(BatchType.SNAPSHOT)
    if seq or revocations or previous != NO_BATCH:
        _malformed("a snapshot is the first batch and revokes nothing")
    hashes = tuple(reader.take(HASH_BYTES) for _ in range(chunk_count(postings)))
    reader.end()
    return SnapshotInfo(scope, ms, postings, hashes)


def parse_revocations(data: bytes) -> tuple[Revocation, ...]:
    """Read revocations. Raises LancangError(BATCH_MALFORMED) unless they are whole and sorted."""
    if len(data) % REVOCATION_BYTES:
        _malformed("a revocation is cut off")
    entries = [data[at : at + REVOCATION_BYTES] for at in range(0, len(data), REVOCATION_BYTES)]
    if any(later < earlier for earlier, later in itertools.pairwise(entries)):
        _malformed("revocations are not sorted")
    return tuple(Revocation(entry[:TAG_BYTES], entry[TAG_BYTES:]) for entry in entries)


def _start(kind: BatchType, scope: Scope, *, seq: int, ms: int, previous: bytes, n: int, r: int) -> bytes:
    return b"".join((_MAGIC, u8(_FORMAT), u8(kind), scope.encode(), u64(seq), u64(ms), previous, u32(n), u32(r)))


def _malformed(detail: str) -> NoReturn:
    raise LancangError(Code.BATCH_MALFORMED, detail)


class _Reader:
    """Takes a batch apart from the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            _malformed("a batch is cut off")
        piece = self._data[self._at : end]
        self._at = end
        return piece

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def name(self) -> str:
        try:
            return self.take(self.number(2)).decode("ascii")
        except UnicodeDecodeError:
            _malformed("a name in the scope is not ASCII")

    def start(self, kind: BatchType) -> tuple[Scope, int, int, bytes, int, int]:
        """scope, seq, ms, prev, n and r."""
        if self.take(6) != _MAGIC + u8(_FORMAT) + u8(kind):
            _malformed(f"not a {kind.name.lower()} of format {_FORMAT}")
        scope = Scope(self.name(), self.name(), self.name(), self.number(4))
        seq, ms, previous, n, r = struct.unpack(">QQ32sII", self.take(56))
        return scope, seq, ms, previous, n, r

    def end(self) -> None:
        if self._at != len(self._data):
            _malformed("a batch is longer than it says")
