"""Index batches and heads: what an owner streams to an audience (protocol.md 4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from node.model.encoding import u64
from node.model.scope import Scope

POSTING_BYTES = 16
LABEL_BYTES = 8
TAG_BYTES = 7
REVOCATION_BYTES = 14
CHUNK_POSTINGS = 65_536
SNAPSHOT_MULTIPLE = 1024


class BatchType(IntEnum):
    """One snapshot an epoch, then deltas; links once the next epoch has opened."""

    SNAPSHOT = 0
    DELTA = 1
    LINKS = 2


@dataclass(frozen=True, slots=True)
class Head:
    """An owner's signed word on how far its chain reaches: h of batch seq, as of ms."""

    scope: Scope
    seq: int
    ms: int
    hash: bytes
    signature: bytes = b""

    def encode(self) -> bytes:
        """The bytes that are signed."""
        return b"lancang/1/head" + self.scope.encode() + u64(self.seq) + u64(self.ms) + self.hash


@dataclass(frozen=True, slots=True)
class Delta:
    """A delta as it travels: postings (T*D*16 bytes, sorted by label) and revocations (D*14 bytes, sorted)."""

    scope: Scope
    seq: int
    ms: int
    previous: bytes
    postings: bytes
    revocations: bytes


@dataclass(frozen=True, slots=True)
class Links:
    """A batch of links: old tag || new tag of the next epoch, 14 bytes each, sorted, padded with dummies."""

    scope: Scope
    seq: int
    ms: int
    previous: bytes
    links: bytes


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """A snapshot without its postings: their number and the chunk hashes that stand in its batch bytes."""

    scope: Scope
    ms: int
    postings: int
    chunk_hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ChainPosition:
    """How far a copy has got in a chain: the last applied seq and its h."""

    seq: int
    hash: bytes
