"""Worker processes for a rotation: encode records and build snapshots beside a node that serves.

They read the database themselves and yield the cores to whoever answers asks: nice 19, started with spawn, ending with
their parent. Keys reach them through the pipe of multiprocessing, never as arguments.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from node.acts.publishing.build_chain import BuiltSnapshot, write_snapshot
from node.acts.publishing.encode import seal_encoded
from node.acts.runtime.workers import begin_worker
from node.crypto.sealing import Sealer, derive_key
from node.exchange.terms import Terms
from node.model.scope import Scope
from node.storage.engine import Beside

_NICEST = 19


@dataclass(frozen=True, slots=True, repr=False)
class Workplace:
    """What a rotation's workers need: where the records are, what opens them, and the key they encode under."""

    database: Path
    storage_master: bytes
    epoch: int
    secret_key: bytes


@dataclass(frozen=True, slots=True, repr=False)
class _Opened:
    """A workplace as one worker uses it, for its whole life."""

    place: Workplace
    database: Beside
    sealer: Sealer


_opened: list[_Opened] = []


def start_rotation_workers(count: int, workplace: Workplace) -> ProcessPoolExecutor:
    """A pool of workers for one epoch. Submit from the main thread: a worker dies with the thread that began it."""
    context = get_context("spawn")
    return ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(os.getpid(), workplace))


def _begin(parent: int, workplace: Workplace) -> None:
    begin_worker(parent)
    os.nice(_NICEST)
    sealer = Sealer(derive_key(workplace.storage_master, "columns"))
    _opened[:] = [_Opened(workplace, Beside(workplace.database), sealer)]


def encode_versions(versions: Sequence[int]) -> list[tuple[int, bytes]]:
    """(version, sealed evaluations) of each of these that is still there."""
    at = _opened[0]
    with at.database.reading() as connection:
        return seal_encoded(connection, at.sealer, at.place.epoch, at.place.secret_key, versions)


def build_snapshot_files(directory: Path, scope: Scope, terms: Terms) -> BuiltSnapshot:
    """Write the snapshot of a scope into directory. Raises NotEncodedError."""
    at = _opened[0]
    with at.database.reading() as connection:
        return write_snapshot(connection, at.sealer, directory, scope, terms)
