"""Rosters that peers brought, verified and waiting for an administrator: one a version, after the one in force."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Row, Select, delete, insert, select

from node.storage.schema_members import pending_roster


@dataclass(frozen=True, slots=True)
class PendingRoster:
    """document: the signed bytes; hash: SHA-256 of the canonical JSON; peer: who brought it first; ms: when."""

    version: int
    document: bytes
    hash: bytes
    peer: str
    ms: int


def add(connection: Connection, new: PendingRoster) -> bool:
    """Keep a verified roster. Returns False if one of that version waits already."""
    if get(connection, new.version) is not None:
        return False
    connection.execute(
        insert(pending_roster).values(
            version=new.version, document=new.document, hash=new.hash, peer=new.peer, ms=new.ms
        )
    )
    return True


def every(connection: Connection) -> list[PendingRoster]:
    """All that wait, by version."""
    return [_pending(row) for row in connection.execute(_all().order_by(pending_roster.c.version))]


def get(connection: Connection, version: int) -> PendingRoster | None:
    """The one of that version, if it waits."""
    return _one(connection, _all().where(pending_roster.c.version == version))


def by_hash(connection: Connection, hash_: bytes) -> PendingRoster | None:
    """The one of that hash, if it waits."""
    return _one(connection, _all().where(pending_roster.c.hash == hash_))


def settle(connection: Connection, version: int, hash_: bytes) -> None:
    """Version is in force: forget what waited up to it, and all that waits if it followed another roster than this."""
    waiting = get(connection, version)
    through = pending_roster.c.version <= version
    other = waiting is None or waiting.hash != hash_
    connection.execute(delete(pending_roster) if other else delete(pending_roster).where(through))


def _all() -> Select[int, bytes, bytes, str, int]:
    return select(
        pending_roster.c.version,
        pending_roster.c.document,
        pending_roster.c.hash,
        pending_roster.c.peer,
        pending_roster.c.ms,
    )


def _one(connection: Connection, query: Select[int, bytes, bytes, str, int]) -> PendingRoster | None:
    found = connection.execute(query).first()
    return None if found is None else _pending(found)


def _pending(row: Row[int, bytes, bytes, str, int]) -> PendingRoster:
    return PendingRoster(*row)
