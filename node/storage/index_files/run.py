"""One run: an immutable, memory-mapped file of sorted labels. Opening reads a page; a look-up touches a few."""

from __future__ import annotations

import hashlib
import mmap
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from node.errors import Code, LancangError
from node.storage.index_files.layout import (
    DIGEST_BYTES,
    HEADER_BYTES,
    WIDEST_BUCKET,
    Flags,
    RunHeader,
    Words,
    bucket_of,
)

_BLOCK: Final = 4096
"""Labels looked up at once: bounds the window of a bucketed look-up to 2 MiB."""

NEAR: Final = 256
"""Where less than so many labels of a run stand between two that are looked up, bisection is faster than buckets."""

_HASH_STEP: Final = 1 << 24
_FILE_NAME: Final = re.compile(r"(\d{12})-(\d{12})\.run")


@dataclass(frozen=True, slots=True, order=True)
class RunName:
    """Which batches a run holds, both ends included."""

    first_seq: int
    last_seq: int

    @property
    def file_name(self) -> str:
        """The file's name within its directory."""
        return f"{self.first_seq:012d}-{self.last_seq:012d}.run"

    @classmethod
    def parse(cls, file_name: str) -> RunName:
        """Read a file name. Raises LancangError(STORAGE_DAMAGED)."""
        found = _FILE_NAME.fullmatch(file_name)
        if found is None:
            raise LancangError(Code.STORAGE_DAMAGED, "not the name of an index run")
        return cls(int(found[1]), int(found[2]))


class Run:
    """A run file, open for reading; any number of threads. The mapping goes when the last reader lets go of it."""

    __slots__ = ("_data", "_header", "_offsets", "_window", "labels", "masked", "name")

    def __init__(self, name: RunName, header: RunHeader, data: mmap.mmap) -> None:
        self.name = name
        self._header = header
        self._data = data
        self.labels: Words = np.frombuffer(data, dtype="<u8", count=header.count, offset=HEADER_BYTES)
        self.masked: Words = np.frombuffer(data, dtype="<u8", count=header.count, offset=header.masked_at)
        self._offsets: npt.NDArray[np.uint32] = np.frombuffer(
            data, dtype="<u4", count=header.buckets + 1, offset=header.offsets_at
        )
        self._window = np.arange(header.widest, dtype=np.int64)

    @classmethod
    def open(cls, directory: Path, name: RunName) -> Run:
        """Map a run. Raises LancangError(STORAGE_DAMAGED) if it is missing, cut off, or not what its name says."""
        try:
            with (directory / name.file_name).open("rb") as file:
                header = RunHeader.decode(file.read(HEADER_BYTES))
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (FileNotFoundError, ValueError) as error:
            raise LancangError(Code.STORAGE_DAMAGED, f"index run {name.file_name} is missing or empty") from error
        # Batches of links alone bring no postings; a snapshot always does.
        empty = not header.count and not header.first_seq
        if RunName(header.first_seq, header.last_seq) != name or len(data) != header.file_bytes or empty:
            raise LancangError(Code.STORAGE_DAMAGED, f"index run {name.file_name} is not what its header says")
        data.madvise(mmap.MADV_RANDOM)
        return cls(name, header, data)

    def __len__(self) -> int:
        return self._header.count

    @property
    def first_seq(self) -> int:
        """The oldest batch inside."""
        return self.name.first_seq

    @property
    def last_seq(self) -> int:
        """The newest batch inside."""
        return self.name.last_seq

    def find_many(self, labels: Words) -> tuple[Flags, Words]:
        """For each label whether it is here, and its masked content (0 where it is not)."""
        header = self._header
        if not header.count or header.widest > WIDEST_BUCKET or header.count < NEAR * len(labels):
            return find_sorted(self.labels, self.masked, labels)
        if len(labels) <= _BLOCK:
            return self._find_block(labels)
        blocks = [self._find_block(labels[start : start + _BLOCK]) for start in range(0, len(labels), _BLOCK)]
        return np.concatenate([found for found, _ in blocks]), np.concatenate([masked for _, masked in blocks])

    def _find_block(self, labels: Words) -> tuple[Flags, Words]:
        begin = self._offsets[bucket_of(labels, self._header.bucket_bits)].astype(np.int64)
        places = begin[:, np.newaxis] + self._window
        np.minimum(places, self._header.count - 1, out=places)
        equal = self.labels[places] == labels[:, np.newaxis]
        found: Flags = equal.any(axis=1)
        masked = np.zeros(len(labels), dtype=np.uint64)
        hits = np.flatnonzero(found)
        masked[hits] = self.masked[places[hits, equal[hits].argmax(axis=1)]]
        return found, masked

    def verify(self) -> None:
        """Read the whole run against its digests. Raises LancangError(STORAGE_DAMAGED)."""
        header = self._header
        parts = (
            (HEADER_BYTES, header.masked_at, header.labels_digest),
            (header.masked_at, header.offsets_at, header.masked_digest),
            (header.offsets_at, header.file_bytes, header.offsets_digest),
        )
        for start, end, expected in parts:
            part_hash = hashlib.blake2b(digest_size=DIGEST_BYTES)
            for at in range(start, end, _HASH_STEP):
                part_hash.update(self._data[at : min(at + _HASH_STEP, end)])
            if part_hash.digest() != expected:
                raise LancangError(Code.STORAGE_DAMAGED, f"index run {self.name.file_name} is damaged")


def find_sorted(haystack: Words, contents: Words, labels: Words) -> tuple[Flags, Words]:
    """Look labels up in sorted arrays by bisection."""
    if not len(haystack):
        return np.zeros(len(labels), dtype=np.bool_), np.zeros(len(labels), dtype=np.uint64)
    places = np.minimum(np.searchsorted(haystack, labels), len(haystack) - 1)
    found: Flags = haystack[places] == labels
    return found, np.where(found, contents[places], np.uint64(0))
