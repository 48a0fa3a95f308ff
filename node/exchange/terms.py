"""The constants of one epoch as its statement fixes them, and the shapes that every rule here shares (protocol.md 2).

They come from the signed statement, not from the roster in force: a policy that changes later binds the next epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from node.model.epoch import EpochStatement

Random: TypeAlias = Callable[[int], bytes]
"""A source of random bytes: the operating system's in a node, a seeded one in a test."""

Words: TypeAlias = npt.NDArray[np.uint64]
"""Labels, masks or masked contents: 8 bytes each, read as big-endian numbers, so that numeric order is wire order."""

Found: TypeAlias = npt.NDArray[np.bool_]


class Lookup(Protocol):
    """The labels of one chain, wherever they are kept."""

    def find(self, label: int) -> int | None:
        """The masked content under label, or None."""
        ...

    def find_many(self, labels: Words) -> tuple[Found, Words]:
        """For each label whether it is there, and its masked content (0 where it is not)."""
        ...


class KnownTags(Protocol):
    """Every tag of one chain, standing or revoked."""

    def contains_many(self, tags: Words) -> Found:
        """For each tag, as a number of 7 bytes, whether it is or was one of the chain's."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """T postings a record, D record places a delta, C records a token's list may hold, Q elements an ask."""

    postings_per_record: int
    records_per_delta: int
    list_cap: int
    ask_size: int

    @classmethod
    def of(cls, statement: EpochStatement) -> Terms:
        """The constants that a statement fixes for its epoch."""
        return cls(
            statement.postings_per_record,
            statement.records_per_delta,
            statement.list_cap,
            statement.ask_size,
        )


def words(data: bytes | bytearray | memoryview[Any]) -> Words:
    """Read big-endian 8-byte words into numbers of the machine's own order."""
    return np.frombuffer(data, dtype=">u8").astype(np.uint64)
