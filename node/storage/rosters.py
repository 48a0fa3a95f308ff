"""Rosters this node accepted, byte for byte as signed, each version once. Verifying them: node/roster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Select, delete, insert, select

from node.errors import Code, LancangError
from node.storage.schema_members import roster


@dataclass(frozen=True, slots=True)
class StoredRoster:
    """document: the signed bytes with their signatures; hash: SHA-256 of the canonical JSON."""

    version: int
    document: bytes
    hash: bytes
    accepted_ms: int


def accept(connection: Connection, version: int, document: bytes, hash_: bytes, *, ms: int) -> bool:
    """Store a verified roster. Returns False if it is there already.

    Raises LancangError ROSTER_FORK for another roster of a version already accepted, ROSTER_STALE for an older one.
    """
    known = newest(connection)
    if known is not None and version <= known.version:
        same = get(connection, version)
        if same is not None and same.hash == hash_:
            return False
        if same is not None:
            raise LancangError(Code.ROSTER_FORK, f"another roster of version {version} was accepted")
        raise LancangError(Code.ROSTER_STALE, f"version {version} is older than {known.version}")
    connection.execute(insert(roster).values(version=version, document=document, hash=hash_, accepted_ms=ms))
    return True


def leave_line(connection: Connection, first: int) -> None:
    """Take back the versions of a line that is left, from the first on that the other line does not share.

    They are kept as evidence (node/acts/membership/over_fork.py).
    """
    connection.execute(delete(roster).where(roster.c.version >= first))


def newest(connection: Connection) -> StoredRoster | None:
    """The newest accepted roster, None before the first."""
    return _one(connection, _rosters().order_by(roster.c.version.desc()).limit(1))


def newest_first(connection: Connection) -> Iterator[StoredRoster]:
    """All accepted rosters, the newest first."""
    for found in connection.execute(_rosters().order_by(roster.c.version.desc())):
        yield StoredRoster(*found)


def get(connection: Connection, version: int) -> StoredRoster | None:
    """The accepted roster of that version, if any."""
    return _one(connection, _rosters().where(roster.c.version == version))


def by_hash(connection: Connection, hash_: bytes) -> StoredRoster | None:
    """The accepted roster of that hash, if any."""
    return _one(connection, _rosters().where(roster.c.hash == hash_))


def _rosters() -> Select[int, bytes, bytes, int]:
    return select(roster.c.version, roster.c.document, roster.c.hash, roster.c.accepted_ms)


def _one(connection: Connection, query: Select[int, bytes, bytes, int]) -> StoredRoster | None:
    found = connection.execute(query).first()
    return None if found is None else StoredRoster(*found)
