"""Writing a run file: streamed in sorted chunks, never whole in memory, under its name only when complete."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from node.errors import Code, LancangError
from node.storage.index_files.layout import DIGEST_BYTES, HEADER_BYTES, RunHeader, Words, bucket_bits, bucket_of
from node.storage.index_files.run import RunName

_SUFFIX: Final = ".part"


class RunWriter:
    """Writes one run of count postings into directory: a context manager; leaving it before commit() drops the file.

    A snapshot is the run RunName(0, 0). One thread.
    """

    def __init__(self, directory: Path, name: RunName, count: int) -> None:
        """count: exactly how many postings will be appended. Raises OSError."""
        self.name = name
        self._path = directory / name.file_name
        self._part = directory / (name.file_name + _SUFFIX)
        self._count = count
        self._bits = bucket_bits(count)
        self._sizes = np.zeros(1 << self._bits, dtype=np.uint32)
        self._written = 0
        self._last = -1
        self._labels_hash = hashlib.blake2b(digest_size=DIGEST_BYTES)
        self._masked_hash = hashlib.blake2b(digest_size=DIGEST_BYTES)
        self._file = os.open(self._part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        self._open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open:
            self._close()
            self._part.unlink(missing_ok=True)

    def append(self, labels: Words, masked: Words) -> None:
        """Add the next postings, sorted.

        Raises LancangError(BATCH_MALFORMED) if a label is not greater than the one before it, also across calls, or
        there are more than count.
        """
        if len(labels) != len(masked) or self._written + len(labels) > self._count:
            raise LancangError(Code.BATCH_MALFORMED, "more postings than announced")
        if not len(labels):
            return
        if int(labels[0]) <= self._last or np.any(labels[1:] <= labels[:-1]):
            raise LancangError(Code.BATCH_MALFORMED, "labels are not sorted")
        self._put(labels, HEADER_BYTES, self._labels_hash)
        self._put(masked, HEADER_BYTES + self._count * 8, self._masked_hash)
        buckets = bucket_of(labels, self._bits)
        first = int(buckets[0])
        sizes = np.bincount(buckets - first)
        self._sizes[first : first + len(sizes)] += sizes.astype(np.uint32)
        self._written += len(labels)
        self._last = int(labels[-1])

    def commit(self) -> RunName:
        """Make the run durable under its name. Raises LancangError(BATCH_MALFORMED) if some are missing, OSError."""
        if self._written != self._count:
            raise LancangError(Code.BATCH_MALFORMED, "fewer postings than announced")
        offsets = np.zeros(len(self._sizes) + 1, dtype="<u4")
        np.cumsum(self._sizes, out=offsets[1:])
        table = offsets.tobytes()
        header = RunHeader(
            self.name.first_seq,
            self.name.last_seq,
            self._count,
            self._bits,
            int(self._sizes.max()),
            self._labels_hash.digest(),
            self._masked_hash.digest(),
            hashlib.blake2b(table, digest_size=DIGEST_BYTES).digest(),
        )
        _write(self._file, table, header.offsets_at)
        _write(self._file, header.encode(), 0)
        os.fsync(self._file)
        self._close()
        self._part.rename(self._path)
        sync_directory(self._path.parent)
        return self.name

    def _put(self, numbers: Words, part_at: int, part_hash: hashlib.blake2b) -> None:
        data = numbers.astype("<u8", copy=False).tobytes()
        part_hash.update(data)
        _write(self._file, data, part_at + self._written * 8)

    def _close(self) -> None:
        self._open = False
        os.close(self._file)


def write_run(directory: Path, name: RunName, labels: Words, masked: Words) -> RunName:
    """Write a whole run that is in memory. Raises as RunWriter does."""
    with RunWriter(directory, name, len(labels)) as writer:
        writer.append(labels, masked)
        return writer.commit()


def sync_directory(directory: Path) -> None:
    """Make names in directory durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(file: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, at)
        at += written
        view = view[written:]
