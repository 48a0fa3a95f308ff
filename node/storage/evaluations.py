"""The VOPRF evaluations of records: stored by version and epoch, read for publishing, made anew for a new epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, delete, exists, func, select

from node.crypto.sealing import Sealer
from node.storage.many_rows import insert_rows
from node.storage.records import Kind, live_pages, newest, versions
from node.storage.schema_records import change_set, evaluation, record_version
from node.storage.sealed_records import Evaluations, SealedRecord, open_evaluations


def get(connection: Connection, sealer: Sealer, version: int, epoch: int) -> Evaluations | None:
    """The evaluations of one version in one epoch, None where there are none. Raises LancangError STORAGE_DAMAGED."""
    found = connection.execute(
        select(record_version.c.row, record_version.c.digest, evaluation.c.body)
        .join(evaluation, evaluation.c.version == record_version.c.version)
        .where(record_version.c.version == version, evaluation.c.epoch == epoch)
    ).first()
    return None if found is None else open_evaluations(sealer, found.row, found.digest, epoch, found.body)


def many(connection: Connection, sealer: Sealer, wanted: Sequence[int], epoch: int) -> dict[int, Evaluations]:
    """As get(), for several versions; those without evaluations are absent."""
    found = connection.execute(
        select(record_version.c.version, record_version.c.row, record_version.c.digest, evaluation.c.body)
        .join(evaluation, evaluation.c.version == record_version.c.version)
        .where(record_version.c.version.in_(wanted), evaluation.c.epoch == epoch)
    )
    return {version: open_evaluations(sealer, row, digest, epoch, body) for version, row, digest, body in found}


def live(connection: Connection, sealer: Sealer, epoch: int) -> Iterator[tuple[bytes, int, Evaluations | None]]:
    """(row, version, evaluations in that epoch or None where they are missing) of every live record."""
    joined = (evaluation.c.version == record_version.c.version) & (evaluation.c.epoch == epoch)
    query = versions().add_columns(evaluation.c.body.label("sealed")).outerjoin(evaluation, joined)
    for found in live_pages(connection, query):
        opened = None
        if found.sealed is not None:
            opened = open_evaluations(sealer, found.row, found.digest, epoch, found.sealed)
        yield found.row, found.version, opened


def missing(connection: Connection, epoch: int, after: int, limit: int) -> list[int]:
    """The live versions after a version that have no evaluations in an epoch, in order, at most limit."""
    there = exists().where(evaluation.c.version == record_version.c.version, evaluation.c.epoch == epoch)
    query = (
        select(record_version.c.version)
        .join(change_set, change_set.c.set_no == record_version.c.set_no)
        .where(newest(), record_version.c.kind == Kind.PUT, record_version.c.version > after, ~there)
        .order_by(record_version.c.version)
        .limit(limit)
    )
    return list(connection.scalars(query))


def count(connection: Connection, epoch: int) -> int:
    """How many versions have evaluations in an epoch (for progress)."""
    return connection.scalar(select(func.count()).where(evaluation.c.epoch == epoch)) or 0


def add_new(connection: Connection, records: Sequence[tuple[int, SealedRecord]]) -> None:
    """Store the evaluations that came with new versions, as (version, record)."""
    insert_rows(
        connection,
        tuple(evaluation.c),
        [(version, epoch, body) for version, record in records for epoch, body in record.evaluations.items()],
    )


def add(connection: Connection, epoch: int, sealed: Sequence[tuple[int, bytes]]) -> None:
    """Store evaluations of another epoch, as (version, sealed); versions purged meanwhile or done are passed over."""
    wanted = [version for version, _ in sealed]
    there = set(connection.scalars(select(record_version.c.version).where(record_version.c.version.in_(wanted))).all())
    done = select(evaluation.c.version).where(evaluation.c.version.in_(wanted), evaluation.c.epoch == epoch)
    there -= set(connection.scalars(done).all())
    rows = [(version, epoch, body) for version, body in sealed if version in there]
    insert_rows(connection, tuple(evaluation.c), rows)


def erase(connection: Connection, epoch: int, limit: int) -> bool:
    """Delete up to limit evaluations of an epoch (BULK). Returns whether more are left."""
    doomed = select(evaluation.c.version).where(evaluation.c.epoch == epoch).limit(limit)
    gone = connection.execute(
        delete(evaluation).where(evaluation.c.epoch == epoch, evaluation.c.version.in_(doomed.scalar_subquery()))
    )
    return gone.rowcount == limit
