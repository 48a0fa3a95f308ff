"""An index copy: the runs of one chain and its newest deltas, searched as one: a log-structured merge.

One writer, many readers: readers take the tuple of parts as it stands; the writer puts a new tuple in its place, so a
delta is seen whole or not at all. The database stores each delta and says which runs are valid; after a restart deltas
newer than the runs are applied again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from node.errors import Code, LancangError
from node.storage.index_files.layout import Flags, Words
from node.storage.index_files.merging import Segment, due, merge_parts
from node.storage.index_files.run import Run, RunName, find_sorted

FLUSH_POSTINGS: Final = 65_536
"""From this size on the deltas in memory (1 MiB) are due to be written."""

_MANY: Final = 1024

_Part: TypeAlias = Run | Segment


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge on disk: the run written, and the runs it replaces once the database has recorded it."""

    written: RunName
    obsolete: tuple[RunName, ...]


class IndexCopy:
    """Every posting of one chain, looked up by label: the Lookup that the rules of exchange ask for."""

    def __init__(self, directory: Path, runs: Iterable[RunName]) -> None:
        """Open the valid runs, which must begin with the snapshot and follow each other.

        Raises LancangError(STORAGE_DAMAGED).
        """
        self._directory = directory
        parts = tuple(Run.open(directory, name) for name in sorted(runs))
        expected = 0
        for run in parts:
            if run.first_seq != expected:
                raise LancangError(Code.STORAGE_DAMAGED, f"the index runs lack batch {expected}")
            expected = run.last_seq + 1
        if not parts:
            raise LancangError(Code.STORAGE_DAMAGED, "an index copy has at least its snapshot")
        self._parts: tuple[_Part, ...] = parts
        self._frozen_seq = parts[-1].last_seq
        self._writing = threading.Lock()

    @property
    def postings(self) -> int:
        """How many postings there are."""
        return sum(len(part) for part in self._parts)

    @property
    def last_seq(self) -> int:
        """The newest batch applied."""
        return self._parts[-1].last_seq

    @property
    def runs(self) -> tuple[RunName, ...]:
        """The runs in use, oldest first."""
        return tuple(part.name for part in self._parts if isinstance(part, Run))

    def find(self, label: int) -> int | None:
        """The masked content under label, or None."""
        found, masked = self.find_many(np.array([label], dtype=np.uint64))
        return int(masked[0]) if found[0] else None

    def find_many(self, labels: Words) -> tuple[Flags, Words]:
        """For each label whether it is there, and its masked content (0 where it is not)."""
        if len(labels) > _MANY and np.any(labels[1:] < labels[:-1]):
            # In order, neighbours are found in the same pages and lines of the cache.
            order = np.argsort(labels)
            found, masked = np.empty(len(labels), dtype=np.bool_), np.empty(len(labels), dtype=np.uint64)
            found[order], masked[order] = self.find_many(labels[order])
            return found, masked
        found = np.zeros(len(labels), dtype=np.bool_)
        masked = np.zeros(len(labels), dtype=np.uint64)
        for part in self._parts:
            here, contents = (
                part.find_many(labels) if isinstance(part, Run) else find_sorted(part.labels, part.masked, labels)
            )
            found |= here
            masked |= contents
        return found, masked

    def contains_any(self, labels: Words) -> bool:
        """Whether one of labels is taken."""
        return bool(self.find_many(labels)[0].any())

    def apply_delta(self, seq: int, labels: Words, masked: Words) -> None:
        """Add a delta that the rules of the chain have accepted (node/exchange/chain.py): sorted, no label known.

        Raises LancangError(BATCH_GAP) unless it is the next one.
        """
        self.apply_deltas(seq, seq, labels, masked)

    def apply_deltas(self, first_seq: int, last_seq: int, labels: Words, masked: Words) -> None:
        """As apply_delta, for consecutive deltas whose postings are sorted together: readers see all of them or none.

        Raises LancangError(BATCH_GAP) unless they are the next ones.
        """
        with self._writing:
            last = self._parts[-1]
            if first_seq != last.last_seq + 1:
                raise LancangError(Code.BATCH_GAP, f"batch {first_seq} after batch {last.last_seq}")
            if isinstance(last, Segment) and last.first_seq > self._frozen_seq:
                self._parts = (*self._parts[:-1], last.grown(last_seq, labels, masked))
            else:
                self._parts = (*self._parts, Segment(first_seq, last_seq, labels, masked))

    def merge_due(self) -> bool:
        """Whether the deltas in memory have grown enough to be written."""
        return sum(len(part) for part in self._parts if isinstance(part, Segment)) >= FLUSH_POSTINGS

    def merge(self) -> Merge | None:
        """Write what is in memory, with the runs it has outgrown, as one new run; None if memory is empty.

        It may run in a thread of its own, one at a time, while deltas go on being applied and readers see no change.
        Then: record in the database what it says, install() it, and remove() what it replaces. Raises OSError.
        """
        with self._writing:
            parts = self._parts
            self._frozen_seq = parts[-1].last_seq
        runs = [part for part in parts if isinstance(part, Run)]
        segments = parts[len(runs) :]
        if not segments:
            return None
        outgrown = due([*map(len, runs), sum(map(len, segments))]) - 1
        chosen = parts[len(runs) - outgrown :]
        name = RunName(chosen[0].first_seq, chosen[-1].last_seq)
        merge_parts(self._directory, name, chosen)
        return Merge(name, tuple(part.name for part in chosen if isinstance(part, Run)))

    def install(self, merge: Merge) -> None:
        """Let readers use a merge's run in place of its parts. Raises LancangError(STORAGE_DAMAGED)."""
        run = Run.open(self._directory, merge.written)
        with self._writing:
            before = [part for part in self._parts if part.last_seq < run.first_seq]
            after = [part for part in self._parts if part.first_seq > run.last_seq]
            self._parts = (*before, run, *after)

    def remove(self, names: Sequence[RunName]) -> None:
        """Delete run files that no one opens again; readers that still have them mapped keep them."""
        for name in names:
            (self._directory / name.file_name).unlink(missing_ok=True)

    def verify(self) -> None:
        """Read every run against its digests. Raises LancangError(STORAGE_DAMAGED)."""
        for part in self._parts:
            if isinstance(part, Run):
                part.verify()
