"""Copies: what this node holds of other owners' indexes: how far, under which secret, in which files (protocol.md 4).

The postings lie in run files (node/storage/index_files); a delta just applied lies here until it is merged into one.
Revocations are kept all: a requester cannot tell dummies from real ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, or_, select, update

from node.crypto.sealing import Place, Sealer
from node.errors import Code, LancangError
from node.model.batch import REVOCATION_BYTES, TAG_BYTES, ChainPosition
from node.model.encoding import lp, u32
from node.storage.schema_copies import copy, copy_delta, copy_revocation, copy_run


class CopyState(StrEnum):
    """receiving: its snapshot is not complete; ready: searchable; faulty: the owner broke its chain."""

    RECEIVING = "receiving"
    READY = "ready"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True)
class SignedHead:
    """The newest head the owner signed: seq, its time, h, and the signature of 64 bytes."""

    seq: int
    ms: int
    hash: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """A run file and the batches whose postings it holds."""

    file_name: str
    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy. position: the last batch applied, None while receiving; ms: that batch's time; runs: oldest first."""

    owner: str
    epoch: int
    state: CopyState
    position: ChainPosition | None
    ms: int
    head: SignedHead | None
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class AppliedDelta:
    """A delta as it is applied. postings: T*D*16 bytes; revocations: D*14 bytes; hash: h of the batch."""

    seq: int
    ms: int
    hash: bytes
    postings: bytes
    revocations: bytes


def begin(connection: Connection, sealer: Sealer, owner: str, epoch: int, shared_secret: bytes) -> list[str]:
    """Begin to receive an owner's index; what was there of that epoch is forgotten. Returns run files to delete."""
    stale = erase(connection, owner, epoch)
    connection.execute(
        insert(copy).values(
            owner=owner,
            epoch=epoch,
            state=CopyState.RECEIVING,
            shared_secret=sealer.seal(shared_secret, _place(owner, epoch)),
        )
    )
    return stale


def complete(connection: Connection, owner: str, epoch: int, run: Run, *, ms: int, snapshot_hash: bytes) -> None:
    """The snapshot has arrived whole: make the copy searchable. Raises LancangError INDEX_MISSING if none was begun."""
    done = connection.execute(
        update(copy)
        .where(*_is(owner, epoch), copy.c.state == CopyState.RECEIVING)
        .values(state=CopyState.READY, seq=0, hash=snapshot_hash, ms=ms)
    )
    if done.rowcount != 1:
        raise LancangError(Code.INDEX_MISSING, f"no index of {owner} in epoch {epoch} is being received")
    _add_run(connection, owner, epoch, run)


def get(connection: Connection, owner: str, epoch: int) -> Copy | None:
    """The copy of an owner's index in an epoch, None if there is none."""
    found = connection.execute(select(copy).where(*_is(owner, epoch))).first()
    return None if found is None else _copy(connection, found)


def every(connection: Connection) -> list[Copy]:
    """All copies, by owner and epoch."""
    query = select(copy).order_by(copy.c.owner, copy.c.epoch)
    return [_copy(connection, found) for found in connection.execute(query).all()]


def shared_secret(connection: Connection, sealer: Sealer, owner: str, epoch: int) -> bytes:
    """S of a copy. Raises LancangError INDEX_MISSING, STORAGE_DAMAGED."""
    sealed = connection.scalar(select(copy.c.shared_secret).where(*_is(owner, epoch)))
    if sealed is None:
        raise LancangError(Code.INDEX_MISSING, f"no index of {owner} in epoch {epoch}")
    return sealer.open(sealed, _place(owner, epoch))


def apply(connection: Connection, owner: str, epoch: int, applied: AppliedDelta) -> None:
    """Store a delta that the rules of the exchange accepted, and move the copy's position.

    Raises LancangError BATCH_GAP if it is not the next one, INDEX_FAULT if it revokes a tag a second time.
    """
    revoked = [
        applied.revocations[start : start + REVOCATION_BYTES]
        for start in range(0, len(applied.revocations), REVOCATION_BYTES)
    ]
    moved = connection.execute(
        update(copy)
        .where(*_is(owner, epoch), copy.c.state == CopyState.READY, copy.c.seq == applied.seq - 1)
        .values(seq=applied.seq, hash=applied.hash, ms=applied.ms)
    )
    if moved.rowcount != 1:
        raise LancangError(Code.BATCH_GAP, f"{owner}, epoch {epoch}, batch {applied.seq}")
    connection.execute(insert(copy_delta).values(owner=owner, epoch=epoch, seq=applied.seq, postings=applied.postings))
    old = [each[:TAG_BYTES] for each in revoked]
    again = select(copy_revocation.c.seq).where(
        copy_revocation.c.owner == owner, copy_revocation.c.epoch == epoch, copy_revocation.c.old_tag.in_(old)
    )
    if len(set(old)) != len(old) or connection.execute(again).first() is not None:
        raise LancangError(Code.INDEX_FAULT, f"{owner} revokes a tag twice in epoch {epoch}")
    if revoked:
        connection.execute(
            insert(copy_revocation),
            [
                {
                    "owner": owner,
                    "epoch": epoch,
                    "old_tag": each[:TAG_BYTES],
                    "new_tag": each[TAG_BYTES:],
                    "seq": applied.seq,
                }
                for each in revoked
            ],
        )


def record_head(connection: Connection, owner: str, epoch: int, head: SignedHead) -> None:
    """Remember the newest signed head; an older one (by seq, then by ms) changes nothing.

    By seq first: after an owner's clock was set back, the head of a new batch may bear an earlier time than the last.
    """
    newer = or_(
        copy.c.head_ms.is_(None),
        copy.c.head_seq < head.seq,
        and_(copy.c.head_seq == head.seq, copy.c.head_ms < head.ms),
    )
    connection.execute(
        update(copy)
        .where(*_is(owner, epoch), newer)
        .values(head_seq=head.seq, head_ms=head.ms, head_hash=head.hash, head_signature=head.signature)
    )


def mark_faulty(connection: Connection, owner: str, epoch: int) -> None:
    """The owner broke its chain: apply nothing more."""
    connection.execute(update(copy).where(*_is(owner, epoch)).values(state=CopyState.FAULTY))


def unmerged(connection: Connection, owner: str, epoch: int) -> list[tuple[int, bytes]]:
    """(seq, postings) of the deltas that lie in no run file, in order."""
    query = (
        select(copy_delta.c.seq, copy_delta.c.postings)
        .where(copy_delta.c.owner == owner, copy_delta.c.epoch == epoch)
        .order_by(copy_delta.c.seq)
    )
    return list(connection.execute(query))


def merge(connection: Connection, owner: str, epoch: int, run: Run) -> list[str]:
    """A new run file holds these batches: forget the deltas and runs inside. Returns the run files to delete then."""
    inside = (
        copy_run.c.owner == owner,
        copy_run.c.epoch == epoch,
        copy_run.c.first_seq >= run.first_seq,
        copy_run.c.last_seq <= run.last_seq,
    )
    replaced = list(connection.scalars(select(copy_run.c.file_name).where(*inside)))
    connection.execute(delete(copy_run).where(*inside))
    connection.execute(
        delete(copy_delta).where(
            copy_delta.c.owner == owner,
            copy_delta.c.epoch == epoch,
            copy_delta.c.seq.between(run.first_seq, run.last_seq),
        )
    )
    _add_run(connection, owner, epoch, run)
    return [name for name in replaced if name != run.file_name]


def revocations(connection: Connection, owner: str, epoch: int, after_seq: int = 0) -> dict[bytes, bytes]:
    """Old tag -> new tag of every revocation that came in a delta after after_seq."""
    query = select(copy_revocation.c.old_tag, copy_revocation.c.new_tag).where(
        copy_revocation.c.owner == owner, copy_revocation.c.epoch == epoch, copy_revocation.c.seq > after_seq
    )
    return dict(connection.execute(query).all())


def erase(connection: Connection, owner: str, epoch: int) -> list[str]:
    """Forget a copy and its S. Returns the run files to delete: first commit, then delete them."""
    names = list(
        connection.scalars(select(copy_run.c.file_name).where(copy_run.c.owner == owner, copy_run.c.epoch == epoch))
    )
    for table in (copy_run, copy_delta, copy_revocation, copy):
        connection.execute(delete(table).where(table.c.owner == owner, table.c.epoch == epoch))
    return names


def _is(owner: str, epoch: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (copy.c.owner == owner, copy.c.epoch == epoch)


def _place(owner: str, epoch: int) -> Place:
    return Place("copy", lp(owner) + u32(epoch), "shared_secret")


def _add_run(connection: Connection, owner: str, epoch: int, run: Run) -> None:
    connection.execute(
        insert(copy_run).values(
            owner=owner, epoch=epoch, file_name=run.file_name, first_seq=run.first_seq, last_seq=run.last_seq
        )
    )


def _copy(connection: Connection, row: Row[*tuple[Any, ...]]) -> Copy:
    runs = connection.execute(
        select(copy_run.c.file_name, copy_run.c.first_seq, copy_run.c.last_seq)
        .where(copy_run.c.owner == row.owner, copy_run.c.epoch == row.epoch)
        .order_by(copy_run.c.first_seq)
    )
    return Copy(
        row.owner,
        row.epoch,
        CopyState(row.state),
        None if row.hash is None else ChainPosition(row.seq, row.hash),
        row.ms or 0,
        None if row.head_ms is None else SignedHead(row.head_seq, row.head_ms, row.head_hash, row.head_signature),
        tuple(Run(*run) for run in runs),
    )
