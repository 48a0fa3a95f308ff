"""Chains: what this node publishes to one audience in one epoch, from its secret to its erasure (protocol.md 3, 4).

A chain is built (snapshot file written, tags added in short transactions), then opened by one short transaction, or
dropped and built anew with another S. It remembers the last version it published: changes after that are its outbox
(publishing.py), so a change costs no row per audience.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from node.crypto.sealing import Place, Sealer
from node.errors import Code, LancangError
from node.model.batch import ChainPosition
from node.storage import tags
from node.storage.counters import Counter, last, take
from node.storage.schema_publishing import chain, delta

_ALL_OF_A_SET = 2**63 - 1


class ChainState(StrEnum):
    """building: not served yet; open: served; dropped: to be erased, given up or past its grace."""

    BUILDING = "building"
    OPEN = "open"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the order in which changes became visible: first by visible_no, within one by version."""

    visible_no: int
    version: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The first batch. file_name: in the index directory; postings: their number; hash: h; cursor: what it covers."""

    file_name: str
    postings: int
    hash: bytes
    ms: int
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain. position: None while it is built; snapshot_*: as in Snapshot; head_ms: as head_signed() kept it."""

    chain_no: int
    audience: str
    epoch: int
    state: ChainState
    file_name: str
    postings: int
    snapshot_hash: bytes
    snapshot_ms: int
    position: ChainPosition | None
    ms: int
    head_ms: int
    cursor: Cursor


def latest(connection: Connection) -> Cursor:
    """The place after everything visible now. Read it in the transaction that reads the records of a snapshot."""
    return Cursor(last(connection, Counter.VISIBLE), _ALL_OF_A_SET)


def begin(connection: Connection, sealer: Sealer, audience: str, epoch: int, shared_secret: bytes) -> int:
    """Begin to build a chain with this S (32 fresh random bytes) and return its number. One being built is dropped.

    Raises LancangError INPUT_INVALID if the chain of that audience and epoch is open already.
    """
    current = connection.execute(_current(audience, epoch)).first()
    if current is not None and current.state == ChainState.OPEN:
        raise LancangError(Code.INPUT_INVALID, f"the chain of {audience} in epoch {epoch} is open")
    if current is not None:
        drop(connection, current.chain_no)
    chain_no = take(connection, Counter.CHAIN)
    connection.execute(
        insert(chain).values(
            chain_no=chain_no,
            audience=audience,
            epoch=epoch,
            state=ChainState.BUILDING,
            shared_secret=sealer.seal(shared_secret, _place(chain_no)),
            seq=0,
            cursor_visible=0,
            cursor_version=0,
        )
    )
    return chain_no


def open_chain(connection: Connection, chain_no: int, snapshot: Snapshot) -> None:
    """Open a built chain with its snapshot. Raises LancangError INPUT_INVALID if it is not being built."""
    opened = connection.execute(
        update(chain)
        .where(chain.c.chain_no == chain_no, chain.c.state == ChainState.BUILDING)
        .values(
            state=ChainState.OPEN,
            file_name=snapshot.file_name,
            postings=snapshot.postings,
            snapshot_hash=snapshot.hash,
            snapshot_ms=snapshot.ms,
            hash=snapshot.hash,
            ms=snapshot.ms,
            cursor_visible=snapshot.cursor.visible_no,
            cursor_version=snapshot.cursor.version,
        )
    )
    if opened.rowcount != 1:
        raise LancangError(Code.INPUT_INVALID, f"chain {chain_no} is not being built")


def find(connection: Connection, audience: str, epoch: int) -> Chain | None:
    """The chain of an audience in an epoch, being built or open; None if there is none."""
    found = connection.execute(_current(audience, epoch)).first()
    return None if found is None else _chain(found)


def get(connection: Connection, chain_no: int) -> Chain:
    """The chain of that number, in any state. Raises LancangError INDEX_MISSING."""
    found = connection.execute(select(chain).where(chain.c.chain_no == chain_no)).first()
    if found is None:
        raise LancangError(Code.INDEX_MISSING, f"no chain {chain_no}")
    return _chain(found)


def in_state(connection: Connection, state: ChainState) -> list[Chain]:
    """All chains in a state, oldest first. At a restart: those being built are dropped, those dropped erased."""
    query = select(chain).where(chain.c.state == state).order_by(chain.c.chain_no)
    return [_chain(found) for found in connection.execute(query)]


def of_epoch(connection: Connection, epoch: int) -> list[Chain]:
    """The chains of an epoch that are being built or open, oldest first."""
    query = select(chain).where(chain.c.epoch == epoch, chain.c.state != ChainState.DROPPED).order_by(chain.c.chain_no)
    return [_chain(found) for found in connection.execute(query)]


def shared_secret(connection: Connection, sealer: Sealer, chain_no: int) -> bytes:
    """S of a chain. Raises LancangError INDEX_MISSING once it is erased, STORAGE_DAMAGED."""
    sealed = connection.scalar(select(chain.c.shared_secret).where(chain.c.chain_no == chain_no))
    if sealed is None:
        raise LancangError(Code.INDEX_MISSING, f"chain {chain_no} has no secret")
    return sealer.open(sealed, _place(chain_no))


def head_signed(connection: Connection, chain_no: int, ms: int) -> None:
    """Keep the time of a head that is about to be sent, so that none is ever sent with an earlier one."""
    known = (chain.c.head_ms.is_(None)) | (chain.c.head_ms < ms)
    connection.execute(update(chain).where(chain.c.chain_no == chain_no, known).values(head_ms=ms))


def drop(connection: Connection, chain_no: int) -> None:
    """End a chain and erase its S at once; erase() deletes the rest. The snapshot file is the caller's to delete."""
    connection.execute(
        update(chain).where(chain.c.chain_no == chain_no).values(state=ChainState.DROPPED, shared_secret=None)
    )


def erase(connection: Connection, chain_no: int, limit: int = 500) -> bool:
    """Delete up to limit tags and deltas of a dropped chain, at last the chain (BULK). Returns whether more is left."""
    if get(connection, chain_no).state is not ChainState.DROPPED:
        raise LancangError(Code.INPUT_INVALID, f"chain {chain_no} is not dropped")
    if tags.erase(connection, chain_no, limit):
        return True
    deltas = connection.scalars(select(delta.c.seq).where(delta.c.chain_no == chain_no).limit(limit)).all()
    if deltas:
        connection.execute(delete(delta).where(delta.c.chain_no == chain_no, delta.c.seq.in_(deltas)))
        return True
    connection.execute(delete(chain).where(chain.c.chain_no == chain_no))
    return False


def _place(chain_no: int) -> Place:
    return Place("chain", str(chain_no), "shared_secret")


def _current(audience: str, epoch: int) -> Select[*tuple[Any, ...]]:
    return select(chain).where(
        chain.c.audience == audience, chain.c.epoch == epoch, chain.c.state != ChainState.DROPPED
    )


def _chain(row: Row[*tuple[Any, ...]]) -> Chain:
    return Chain(
        row.chain_no,
        row.audience,
        row.epoch,
        ChainState(row.state),
        row.file_name or "",
        row.postings or 0,
        row.snapshot_hash or b"",
        row.snapshot_ms or 0,
        None if row.hash is None else ChainPosition(row.seq, row.hash),
        row.ms or 0,
        row.head_ms or 0,
        Cursor(row.cursor_visible, row.cursor_version),
    )
