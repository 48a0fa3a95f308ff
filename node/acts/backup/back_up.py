"""Back up: everything of a home that can't be made anew, encrypted to a key that is not on this machine.

A tar archive: the settings, the keystore, certificates, officers, the roster and a consistent copy of the database. The
log, what the running node says of itself, and index files are left out.
"""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
import tarfile
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.acts.runtime.to_the_end import to_the_end
from node.audit.journal import ActKind, count, record_act
from node.config import Home
from node.crypto.backup_stream import PIECE_BYTES, BackupSealer
from node.errors import Code, LancangError
from node.storage.backup_copy import copy_for_backup
from node.storage.faults import explained

MANIFEST = "backup.json"
DATABASE = "data/lancang.db"
_LEFT_OUT = frozenset({"data", "run", "log"})
FORMAT = 1


async def back_up(node: Node, public_key: bytes, officer: str) -> AsyncGenerator[tuple[int, bytes], None]:
    """(bytes of the database copy, next piece of the backup), from its beginning to its last frame.

    Raises LancangError: DISK_FULL if the copy does not fit beside the database, INPUT_INVALID for no key.
    """
    try:
        sealer = BackupSealer(public_key)
    except (TypeError, ValueError):
        raise LancangError(Code.INPUT_INVALID, "public_key: an X25519 key of 32 bytes") from None
    now = node.clock.now_ms()
    copy = node.home.database.with_name(f"backup-{node.random(8).hex()}.db")
    try:
        acts = await node.write(_log, node, officer, now)
        # Whoever leaves meanwhile must not leave a copy behind that is made after it was removed.
        await to_the_end(asyncio.to_thread(_copied, node.home, copy))
        manifest = json.dumps({"format": FORMAT, "node_id": node.node_id, "ms": now, "acts": acts}).encode()
        total = copy.stat().st_size
        yield total, sealer.beginning
        pieces = _archive(node.home, copy, manifest)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield total, await asyncio.to_thread(sealer.frame, piece)
        yield total, sealer.frame(b"", last=True)
    finally:
        copy.unlink(missing_ok=True)


def _log(connection: Connection, node: Node, officer: str, now: int) -> int:
    record_act(connection, ActKind.BACKED_UP, officer, "", now)
    return count(connection)


def _copied(home: Home, copy: Path) -> None:
    with explained():
        try:
            copy_for_backup(home.database, copy)
        except sqlite3.Error as error:
            full = "full" in str(error)
            code = Code.DISK_FULL if full else Code.STORAGE_DAMAGED
            raise LancangError(code, "the copy of the database for a backup") from error


def _archive(home: Home, copy: Path, manifest: bytes) -> Iterator[bytes]:
    """The tar archive in pieces, of which only one is in memory."""
    buffer = _Buffer()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(manifest)
        archive.addfile(entry, io.BytesIO(manifest))
        for path in sorted(home.path.rglob("*")):
            place = path.relative_to(home.path)
            if place.parts[0] in _LEFT_OUT or path.is_symlink() or not path.is_file():
                continue
            archive.add(path, str(place), filter=_plain)
            yield from buffer.pieces()
        entry = _plain(archive.gettarinfo(copy, DATABASE))
        # The header alone: the content of a large database goes past tarfile, which would hold all of it.
        archive.addfile(entry)
        with copy.open("rb") as file:
            while data := file.read(PIECE_BYTES):
                buffer.write(data)
                yield from buffer.pieces()
        padding = -entry.size % tarfile.BLOCKSIZE
        buffer.write(bytes(padding))
        archive.offset += entry.size + padding
    yield from buffer.pieces(everything=True)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without whose they were on this machine."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


class _Buffer(io.RawIOBase):
    """What tarfile writes, handed on in whole pieces."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()
        self._written = 0

    def tell(self) -> int:
        return self._written

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # tarfile hands bytes
        self._held += data
        self._written += len(data)
        return len(data)

    def pieces(self, *, everything: bool = False) -> Iterator[bytes]:
        while len(self._held) >= PIECE_BYTES or (everything and self._held):
            piece = bytes(self._held[:PIECE_BYTES])
            del self._held[:PIECE_BYTES]
            yield piece
