"""Restore a home from a backup, while no node runs: it appears whole, or not at all.

The node that starts in it has no key of any epoch: it must open a new one (after_restore.py) before it serves.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from nacl.public import PrivateKey

from node.acts.backup.back_up import FORMAT, MANIFEST
from node.acts.founding.found import appearing
from node.config import Home
from node.crypto.backup_stream import BackupReader
from node.errors import Code, LancangError
from node.storage.durable_files import make_private_directory, sync_directory, write_durably

_MOST_MANIFEST = 4_096
_MOST_FILES = 10_000


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """What a backup says of itself: whose it is, when it was made (ms), and how many acts the log had then."""

    node_id: str
    ms: int
    acts: int


def restore_home(source: BinaryIO, private_key: PrivateKey, target: Path, without: tuple[str, ...]) -> BackupFacts:
    """Restore into target, which must be absent or empty. without: members that the node need not hear at its start.

    Raises LancangError: BACKUP_DAMAGED, BACKUP_KEY, INPUT_INVALID for an occupied target, DISK_FULL.
    """
    with appearing(target) as path:
        reader = BackupReader(source, private_key)
        try:
            with tarfile.open(fileobj=io.BufferedReader(_Source(reader)), mode="r|") as archive:
                facts = _unpack(archive, Home(path))
        except tarfile.TarError as error:
            raise LancangError(Code.BACKUP_DAMAGED, "its archive can't be read") from error
        reader.check_ended()
        home = Home(path)
        if not (home.database.is_file() and home.settings.is_file() and home.keystore.is_file()):
            raise LancangError(Code.BACKUP_DAMAGED, "the database, the settings or the keystore is missing")
        _close_epochs(home.database)
        marker = {"node_id": facts.node_id, "ms": facts.ms, "acts": facts.acts, "without": sorted(without)}
        write_durably(home.restored, json.dumps(marker).encode())
    return facts


class _Source(io.RawIOBase):
    """The reader as tarfile wants it."""

    def __init__(self, reader: BackupReader) -> None:
        super().__init__()
        self._reader = reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what io.BufferedReader gives
        piece = self._reader.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _unpack(archive: tarfile.TarFile, home: Home) -> BackupFacts:
    entries = iter(archive)
    first = next(entries, None)
    if first is None or first.name != MANIFEST or first.size > _MOST_MANIFEST:
        raise LancangError(Code.BACKUP_DAMAGED, "it does not begin with its manifest")
    facts = _facts(_content(archive, first).read())
    for number, entry in enumerate(entries):
        if number >= _MOST_FILES or not entry.isreg():
            raise LancangError(Code.BACKUP_DAMAGED, "it holds what no home has")
        _write(home.path / _place(entry.name), entry, _content(archive, entry))
    for folder in sorted({path.parent for path in home.path.rglob("*")}):
        sync_directory(folder)
    return facts


def _facts(data: bytes) -> BackupFacts:
    try:
        told = json.loads(data)
        if told["format"] != FORMAT:
            raise LancangError(Code.BACKUP_DAMAGED, f"format {told['format']}; this program knows {FORMAT}")
        return BackupFacts(str(told["node_id"]), int(told["ms"]), int(told["acts"]))
    except (ValueError, KeyError, TypeError):
        raise LancangError(Code.BACKUP_DAMAGED, "its manifest can't be read") from None


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(entry)
    if content is None:
        raise LancangError(Code.BACKUP_DAMAGED, "it holds what no home has")
    return content


def _place(name: str) -> PurePosixPath:
    """Where a file belongs, never outside the home."""
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts or not place.parts:
        raise LancangError(Code.BACKUP_DAMAGED, "it holds what no home has")
    return place


def _write(path: Path, entry: tarfile.TarInfo, content: IO[bytes]) -> None:
    make_private_directory(path.parent)
    mode = 0o600 if entry.mode & 0o077 == 0 else 0o644
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
        shutil.copyfileobj(content, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


def _close_epochs(database: Path) -> None:
    """No epoch of before is served again; one that was being prepared never was."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        try:
            connection.execute("BEGIN IMMEDIATE")
            # An epoch of its number may come again: what was built for this one must not be taken for that one's.
            connection.execute(
                "UPDATE chain SET state = 'dropped', shared_secret = NULL"
                " WHERE epoch IN (SELECT epoch FROM own_epoch WHERE state IN ('preparing', 'given-up'))"
            )
            connection.execute("DELETE FROM own_epoch WHERE state IN ('preparing', 'given-up')")
            connection.execute("UPDATE own_epoch SET state = 'closed' WHERE state = 'open'")
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise LancangError(Code.BACKUP_DAMAGED, "its database can't be read") from error


def read_marker(home: Home) -> dict[str, object] | None:
    """What a restore left for the first start; None if there is nothing. Raises LancangError(STORAGE_DAMAGED)."""
    try:
        told = json.loads(home.restored.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        raise LancangError(Code.STORAGE_DAMAGED, home.restored.name) from None
    if not isinstance(told, dict):
        raise LancangError(Code.STORAGE_DAMAGED, home.restored.name)
    return told


def members_left_out(marker: dict[str, object]) -> Iterator[str]:
    """The members that need not be heard."""
    named = marker.get("without")
    yield from (str(name) for name in named) if isinstance(named, list) else ()


def marked_number(marker: dict[str, object], key: str) -> int:
    """A number of the marker; 0 if there is none."""
    value = marker.get(key)
    return value if isinstance(value, int) else 0
