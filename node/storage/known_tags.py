"""Which tags this node knows by a hit it keeps: under a tag's own mark, and under the mark of what replaced it.

A mark is a keyed hash of owner, epoch and tag (row_keys.py), so the table tells nothing without the node's secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from node.storage.schema_searches import known_tag

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Known:
    """The first hit on a record that is kept, and when that was (ms)."""

    hit_id: bytes
    first_ms: int


def find(connection: Connection, marks: Sequence[bytes]) -> dict[bytes, Known]:
    """What is known of these marks; those never seen are absent."""
    found: dict[bytes, Known] = {}
    for start in range(0, len(marks), _AT_ONCE):
        query = select(known_tag.c.mark, known_tag.c.hit_id, known_tag.c.first_ms).where(
            known_tag.c.mark.in_(marks[start : start + _AT_ONCE])
        )
        found |= {mark: Known(hit_id, first_ms) for mark, hit_id, first_ms in connection.execute(query)}
    return found


def of_owner(connection: Connection, owner: str, epoch: int) -> set[bytes]:
    """Every mark known of an owner in an epoch."""
    return set(
        connection.scalars(select(known_tag.c.mark).where(known_tag.c.owner == owner, known_tag.c.epoch == epoch))
    )


def remember(
    connection: Connection, owner: str, epoch: int, hits: Mapping[bytes, bytes], now_ms: int, expires_ms: int
) -> None:
    """Keep marks with their hits (mark -> hit id). One known already keeps its first hit and lives as long as the new.

    A first hit may expire before a later one: then it is known by its number alone, and that is all that is shown.
    """
    there = find(connection, list(hits))
    fresh = [
        {
            "mark": mark,
            "owner": owner,
            "epoch": epoch,
            "hit_id": hit_id,
            "first_ms": now_ms,
            "expires_ms": expires_ms,
        }
        for mark, hit_id in hits.items()
        if mark not in there
    ]
    if fresh:
        connection.execute(insert(known_tag), fresh)
    if there:
        connection.execute(
            update(known_tag)
            .where(known_tag.c.mark.in_(list(there)), known_tag.c.expires_ms < expires_ms)
            .values(expires_ms=expires_ms)
        )


def carry(connection: Connection, epoch: int, successors: Mapping[bytes, bytes]) -> int:
    """Let what is known of a mark be known of its successor (old mark -> new mark, of that epoch). Returns how many.

    The old mark stays: whoever still looks at the old tag knows it too.
    """
    carried = 0
    for old, new in successors.items():
        row = connection.execute(select(known_tag).where(known_tag.c.mark == old)).first()
        if row is None:
            continue
        there = find(connection, [new]).get(new)
        if there is None:
            connection.execute(
                insert(known_tag).values(
                    mark=new,
                    owner=row.owner,
                    epoch=epoch,
                    hit_id=row.hit_id,
                    first_ms=row.first_ms,
                    expires_ms=row.expires_ms,
                )
            )
            carried += 1
        elif row.first_ms < there.first_ms:
            # It was found under its new tag before the word came that they are one.
            connection.execute(
                update(known_tag).where(known_tag.c.mark == new).values(hit_id=row.hit_id, first_ms=row.first_ms)
            )
    return carried


def delete_expired(connection: Connection, now_ms: int, limit: int = 500) -> bool:
    """Delete up to limit marks whose hits have expired (BULK). Returns whether there may be more."""
    doomed = connection.scalars(select(known_tag.c.mark).where(known_tag.c.expires_ms <= now_ms).limit(limit)).all()
    if doomed:
        connection.execute(delete(known_tag).where(known_tag.c.mark.in_(doomed)))
    return len(doomed) == limit


def alike(connection: Connection, hit_id: bytes) -> list[tuple[bytes, int]]:
    """Every mark (with its epoch) that is known by this first hit: one record's."""
    query = select(known_tag.c.mark, known_tag.c.epoch).where(known_tag.c.hit_id == hit_id)
    return [(mark, epoch) for mark, epoch in connection.execute(query)]
