"""Merging sorted parts into one run: which parts (geometric sizes keep runs few), and how, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from node.storage.index_files.layout import Words
from node.storage.index_files.run import RunName
from node.storage.index_files.writer import RunWriter

GROWTH: Final = 4
"""A run is merged with newer ones only once they hold a quarter of its postings: each posting is rewritten rarely."""

_STEP: Final = 1 << 17


class Part(Protocol):
    """Sorted postings of consecutive batches."""

    @property
    def labels(self) -> Words:
        """The labels, ascending."""
        ...

    @property
    def masked(self) -> Words:
        """The masked contents, in the order of the labels."""
        ...


@dataclass(frozen=True, slots=True)
class Segment:
    """Postings in memory, of batches first_seq to last_seq."""

    first_seq: int
    last_seq: int
    labels: Words
    masked: Words

    def __len__(self) -> int:
        return len(self.labels)

    def grown(self, last_seq: int, labels: Words, masked: Words) -> Segment:
        """This segment with the next batches, to last_seq."""
        places = np.searchsorted(self.labels, labels)
        return Segment(
            self.first_seq, last_seq, np.insert(self.labels, places, labels), np.insert(self.masked, places, masked)
        )


def due(sizes: Sequence[int]) -> int:
    """How many of the newest parts to merge, by their sizes, oldest first; the newest one must be written."""
    total = sizes[-1]
    count = 1
    while count < len(sizes) and sizes[-1 - count] < GROWTH * total:
        total += sizes[-1 - count]
        count += 1
    return count


def merge_parts(directory: Path, name: RunName, parts: Sequence[Part]) -> RunName:
    """Write the union of parts as one run. Raises LancangError(BATCH_MALFORMED) if a label stands in two, OSError."""
    with RunWriter(directory, name, sum(len(part.labels) for part in parts)) as writer:
        for labels, masked in _merged(parts):
            writer.append(labels, masked)
        return writer.commit()


def _merged(parts: Sequence[Part]) -> Iterator[tuple[Words, Words]]:
    """The union in sorted stretches, cut where the largest part has passed another _STEP labels."""
    largest = max(parts, key=lambda part: len(part.labels)).labels
    starts = [0] * len(parts)
    for cut in range(_STEP, len(largest) + _STEP, _STEP):
        ends = (
            [int(np.searchsorted(part.labels, largest[cut])) for part in parts]
            if cut < len(largest)
            else [len(part.labels) for part in parts]
        )
        spans = [slice(start, end) for start, end in zip(starts, ends, strict=True)]
        labels = np.concatenate([part.labels[span] for part, span in zip(parts, spans, strict=True)])
        masked = np.concatenate([part.masked[span] for part, span in zip(parts, spans, strict=True)])
        order = np.argsort(labels, kind="stable")
        yield labels[order], masked[order]
        starts = ends
