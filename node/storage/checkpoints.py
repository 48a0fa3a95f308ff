"""Checkpoints as they are kept: own ones with who vouched for them, and of other logs the newest that counts."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from node.model.checkpoint import MOST_SIZE, Checkpoint, Cosignature, SignedCheckpoint
from node.storage.schema_log import checkpoint, cosignature

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


def keep(connection: Connection, signed: SignedCheckpoint) -> None:
    """Keep a checkpoint, with who vouched for it; what is kept already stays."""
    said = signed.checkpoint
    place = {"owner": said.owner, "generation": said.generation, "size": said.size}
    row = {**place, "checkpoint": said.encode(), "signature": signed.signature}
    connection.execute(upsert(checkpoint).values(row).on_conflict_do_nothing())
    for given in signed.cosignatures:
        vouch(connection, said, given)


def replace_newest(connection: Connection, signed: SignedCheckpoint) -> None:
    """Keep a checkpoint of another log, and drop those before it: what it goes on from need not be kept."""
    said = signed.checkpoint
    for table in (checkpoint, cosignature):
        connection.execute(delete(table).where(table.c.owner == said.owner))
    keep(connection, signed)


def vouch(connection: Connection, said: Checkpoint, given: Cosignature) -> None:
    """Keep that a witness vouched for a checkpoint; its newer word takes the place of an older one."""
    place = {"owner": said.owner, "generation": said.generation, "size": said.size, "witness": given.witness}
    where = and_(*(cosignature.c[name] == value for name, value in place.items()))
    connection.execute(delete(cosignature).where(where))
    connection.execute(insert(cosignature).values(**place, ms=given.ms, signature=given.signature))


def newest(connection: Connection, owner: str) -> SignedCheckpoint | None:
    """The newest checkpoint of a log: of its latest generation the longest."""
    found = _found(connection, _of(owner).order_by(checkpoint.c.generation.desc(), checkpoint.c.size.desc()).limit(1))
    return found[0] if found else None


def newest_of_each(connection: Connection) -> list[SignedCheckpoint]:
    """Of every log the newest."""
    owners = connection.scalars(select(checkpoint.c.owner).distinct().order_by(checkpoint.c.owner)).all()
    return [found for owner in owners if (found := newest(connection, owner)) is not None]


def newest_vouched(connection: Connection, owner: str, witness: str) -> SignedCheckpoint | None:
    """The newest checkpoint of a log that one witness has vouched for."""
    joined = and_(*(cosignature.c[name] == checkpoint.c[name] for name in ("owner", "generation", "size")))
    query = _of(owner).join(cosignature, joined).where(cosignature.c.witness == witness)
    found = _found(connection, query.order_by(checkpoint.c.generation.desc(), checkpoint.c.size.desc()).limit(1))
    return found[0] if found else None


def every(connection: Connection, owner: str, until: int) -> list[SignedCheckpoint]:
    """The kept checkpoints of a log of at most so many leaves, the oldest first."""
    order = (checkpoint.c.generation, checkpoint.c.size)
    return _found(connection, _of(owner).where(checkpoint.c.size <= until).order_by(*order))


def prune(connection: Connection, owner: str, now_ms: int) -> None:
    """Drop own checkpoints that nobody will need: of each hour of the last day, and each day before, the newest stays.

    And of each witness the newest that it vouched for: a later one vouches for everything before it.
    """
    kept = every(connection, owner, MOST_SIZE)
    needed = set[tuple[int, int]]()
    seen = set[tuple[object, ...]]()
    for signed in reversed(kept):
        said = signed.checkpoint
        span = HOUR_MS if now_ms - said.ms < DAY_MS else DAY_MS
        marks: set[tuple[object, ...]] = {(said.generation, span, said.ms // span)}
        marks |= {(said.generation, given.witness) for given in signed.cosignatures}
        if not marks <= seen:
            needed.add((said.generation, said.size))
        seen |= marks
    for signed in kept[:-1]:
        generation, size = signed.checkpoint.generation, signed.checkpoint.size
        if (generation, size) not in needed:
            for table in (checkpoint, cosignature):
                where = (table.c.owner == owner, table.c.generation == generation, table.c.size == size)
                connection.execute(delete(table).where(*where))


def count(connection: Connection, owner: str) -> int:
    """How many are kept of a log."""
    return connection.scalar(select(func.count()).select_from(checkpoint).where(checkpoint.c.owner == owner)) or 0


def _of(owner: str) -> Select[Any]:
    return select(
        checkpoint.c.owner, checkpoint.c.generation, checkpoint.c.size, checkpoint.c.checkpoint, checkpoint.c.signature
    ).where(checkpoint.c.owner == owner)


def _found(connection: Connection, query: Select[Any]) -> list[SignedCheckpoint]:
    rows = connection.execute(query).all()
    if not rows:
        return []
    given = _cosignatures(connection, rows)
    return [
        SignedCheckpoint(
            Checkpoint.decode(row.checkpoint), row.signature, tuple(given[row.generation, row.size])
        )
        for row in rows
    ]  # fmt: skip


def _cosignatures(connection: Connection, rows: list[Row[Any]] | Any) -> dict[tuple[int, int], list[Cosignature]]:
    sizes = [row.size for row in rows]
    query = select(cosignature).where(
        cosignature.c.owner == rows[0].owner, cosignature.c.size >= min(sizes), cosignature.c.size <= max(sizes)
    )
    found = defaultdict[tuple[int, int], list[Cosignature]](list)
    for row in connection.execute(query.order_by(cosignature.c.witness)):
        found[row.generation, row.size].append(Cosignature(row.witness, row.ms, row.signature))
    return found
