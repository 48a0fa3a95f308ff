"""How a run file is laid out: a header of one page, sorted labels, masked contents, and a bucket table.

Labels are uniform, so their high bits tell where they stand: bucket b covers the labels that begin with b, and
offsets[b] .. offsets[b + 1] are its places. A look-up touches one page of each part. Little-endian throughout, so that
numpy reads the mapping as it is; numeric order of the labels is the byte order they travel in.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from node.errors import Code, LancangError

Words: TypeAlias = npt.NDArray[np.uint64]
Flags: TypeAlias = npt.NDArray[np.bool_]

HEADER_BYTES: Final = 4096
DIGEST_BYTES: Final = 32
BUCKET_MEAN: Final = 8
"""About how many labels a bucket holds."""

WIDEST_BUCKET: Final = 64
"""Beyond this labels are not uniform (a hostile owner's), and a look-up searches the whole run instead."""

_MAGIC: Final = b"LCRUN\x00\x00\x01"
_FIELDS: Final = struct.Struct("<8sQQQII32s32s32s")


@dataclass(frozen=True, slots=True)
class RunHeader:
    """first_seq, last_seq: the batches inside; count: postings; widest: the fullest bucket; a digest for each part."""

    first_seq: int
    last_seq: int
    count: int
    bucket_bits: int
    widest: int
    labels_digest: bytes
    masked_digest: bytes
    offsets_digest: bytes

    @property
    def masked_at(self) -> int:
        """Where the masked contents begin."""
        return HEADER_BYTES + self.count * 8

    @property
    def offsets_at(self) -> int:
        """Where the bucket table begins."""
        return HEADER_BYTES + self.count * 16

    @property
    def buckets(self) -> int:
        """How many buckets there are."""
        return 1 << self.bucket_bits

    @property
    def file_bytes(self) -> int:
        """How long the file is."""
        return self.offsets_at + (self.buckets + 1) * 4

    def encode(self) -> bytes:
        """The header page, ending in its own digest."""
        fields = _FIELDS.pack(
            _MAGIC,
            self.first_seq,
            self.last_seq,
            self.count,
            self.bucket_bits,
            self.widest,
            self.labels_digest,
            self.masked_digest,
            self.offsets_digest,
        )
        return (fields + digest(fields)).ljust(HEADER_BYTES, b"\0")

    @classmethod
    def decode(cls, page: bytes) -> RunHeader:
        """Read a header page. Raises LancangError(STORAGE_DAMAGED)."""
        fields = page[: _FIELDS.size]
        end = _FIELDS.size + DIGEST_BYTES
        if len(page) != HEADER_BYTES or page[_FIELDS.size : end] != digest(fields) or fields[:8] != _MAGIC:
            raise LancangError(Code.STORAGE_DAMAGED, "an index run's header is damaged")
        return cls(*_FIELDS.unpack(fields)[1:])


def digest(data: bytes) -> bytes:
    """The checksum of a header."""
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()


def bucket_bits(count: int) -> int:
    """How many high bits of a label choose its bucket in a run of count postings."""
    return max(0, (count // BUCKET_MEAN).bit_length() - 1)


def bucket_of(labels: Words, bits: int) -> npt.NDArray[np.int64]:
    """The bucket of each label."""
    if bits == 0:
        return np.zeros(len(labels), dtype=np.int64)
    return (labels >> np.uint64(64 - bits)).astype(np.int64)
