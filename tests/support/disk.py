"""What lies on a node's disk, as whoever holds the machine would read it: rows, files, published batches."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from node.config import Home
from node.storage.index_files import Run, RunName

Labels = npt.NDArray[np.uint64]
SNAPSHOT = RunName(0, 0)


def rows(home: Home, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Read rows of a node's database, running or not (WAL lets a reader in)."""
    with closing(sqlite3.connect(f"file:{home.database}?mode=ro", uri=True)) as database:
        return database.execute(sql, values).fetchall()


def number(home: Home, sql: str, *values: Any) -> int:
    """Read one number; 0 for NULL."""
    return int(rows(home, sql, *values)[0][0] or 0)


def table_sizes(home: Home) -> dict[str, int]:
    """How many rows each table has."""
    names = [name for (name,) in rows(home, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: number(home, f"SELECT count(*) FROM {name}") for name in names if not name.startswith("sqlite_")}  # noqa: S608 - names from the schema itself


def files(home: Home) -> list[Path]:
    """Every file that the node has written or keeps, its log too."""
    return sorted(path for path in home.path.rglob("*") if path.is_file())


def files_holding(home: Home, needles: Iterable[bytes]) -> list[tuple[str, bytes]]:
    """Which files hold which of these byte strings in the clear."""
    wanted = list(needles)
    found = []
    for path in files(home):
        data = path.read_bytes()
        found += [(path.name, needle) for needle in wanted if needle in data]
    return found


@dataclass(frozen=True, slots=True)
class PublishedChain:
    """One chain at its owner. secret: S as sealed in its row; deltas: the deltas' postings in order."""

    number: int
    secret: bytes
    seq: int
    snapshot: Run
    deltas: tuple[bytes, ...]

    def labels(self) -> Labels:
        """Every label ever published in the chain, deltas after the snapshot, in the order published."""
        parts = [np.asarray(self.snapshot.labels)]
        parts += [np.frombuffer(postings, dtype=">u8")[0::2].astype(np.uint64) for postings in self.deltas]
        return np.concatenate(parts)


def chain(owner: Home, audience: str) -> PublishedChain:
    """The chain an owner has published to an audience. The owner must have exactly one."""
    ((number_, secret, seq),) = rows(
        owner, "SELECT chain_no, shared_secret, seq FROM chain WHERE audience = ?", audience
    )
    deltas = rows(owner, "SELECT postings FROM delta WHERE chain_no = ? ORDER BY seq", number_)
    snapshot = Run.open(owner.index / "own" / str(number_), SNAPSHOT)
    return PublishedChain(number_, secret, seq, snapshot, tuple(postings for (postings,) in deltas))


def copied_seq(requester: Home, owner: str) -> int:
    """How far a requester's copy of an owner's index goes."""
    return number(requester, "SELECT max(seq) FROM copy WHERE owner = ?", owner)
