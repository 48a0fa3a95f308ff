"""Epochs: this node's own (seed and key sealed until erased) and its peers' chains of statements (protocol.md 2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from node.crypto.sealing import Place, Sealer
from node.errors import Code, LancangError
from node.model.epoch import EpochStatement, SignedEpoch
from node.storage.schema_epochs import own_epoch, peer_epoch


class EpochState(StrEnum):
    """preparing: its indexes are being built; given-up: so they were, and what is left of it is being erased; open:
    takes asks; closed: seed and key are erased."""

    PREPARING = "preparing"
    GIVEN_UP = "given-up"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class OwnEpoch:
    """An epoch of this node. hash: of the statement's encoding, 32 bytes, as the next statement names it."""

    epoch: int
    state: EpochState
    signed: SignedEpoch
    hash: bytes

    @property
    def told(self) -> bool:
        """Whether it was ever opened, so that others may know of it."""
        return self.state in (EpochState.OPEN, EpochState.CLOSED)


@dataclass(frozen=True, slots=True, repr=False)
class EpochSecrets:
    """seed: 32 bytes; secret_key: 32 bytes."""

    seed: bytes
    secret_key: bytes


def add_own(
    connection: Connection, sealer: Sealer, signed: SignedEpoch, statement_hash: bytes, secrets: EpochSecrets
) -> None:
    """Store a new epoch of this node, preparing. Raises LancangError EPOCH_CHAIN unless it follows the newest one."""
    epoch = _next(connection, signed)
    connection.execute(
        insert(own_epoch).values(
            epoch=epoch,
            state=EpochState.PREPARING,
            seed=sealer.seal(secrets.seed, _place(epoch, "seed")),
            secret_key=sealer.seal(secrets.secret_key, _place(epoch, "secret_key")),
            statement=signed.statement.encode(),
            signature=signed.signature,
            hash=statement_hash,
        )
    )


def add_closed(connection: Connection, signed: SignedEpoch, statement_hash: bytes) -> None:
    """Store an epoch of this node whose key is gone, as others know it. Raises LancangError EPOCH_CHAIN."""
    epoch = _next(connection, signed)
    connection.execute(
        insert(own_epoch).values(
            epoch=epoch,
            state=EpochState.CLOSED,
            statement=signed.statement.encode(),
            signature=signed.signature,
            hash=statement_hash,
        )
    )


def _next(connection: Connection, signed: SignedEpoch) -> int:
    """The number of an own epoch that follows the newest one."""
    said = signed.statement
    newest = connection.execute(select(own_epoch).order_by(own_epoch.c.epoch.desc()).limit(1)).first()
    if newest is not None and (newest.epoch + 1, newest.hash) != (said.epoch, said.previous):
        raise LancangError(Code.EPOCH_CHAIN, f"epoch {said.epoch} does not follow epoch {newest.epoch}")
    return said.epoch


def own(connection: Connection) -> list[OwnEpoch]:
    """All epochs of this node, oldest first."""
    query = select(own_epoch).order_by(own_epoch.c.epoch)
    return [OwnEpoch(row.epoch, EpochState(row.state), _signed(row), row.hash) for row in connection.execute(query)]


def own_statements(connection: Connection, first: int) -> tuple[SignedEpoch, ...]:
    """The statements of this node's epochs from a number on, oldest first."""
    query = select(own_epoch).where(own_epoch.c.epoch >= first).order_by(own_epoch.c.epoch)
    return tuple(_signed(row) for row in connection.execute(query))


def secrets(connection: Connection, sealer: Sealer, epoch: int) -> EpochSecrets:
    """Seed and key of an own epoch. Raises LancangError EPOCH_UNKNOWN, EPOCH_CLOSED once erased, STORAGE_DAMAGED."""
    found = connection.execute(
        select(own_epoch.c.seed, own_epoch.c.secret_key).where(own_epoch.c.epoch == epoch)
    ).first()
    if found is None:
        raise LancangError(Code.EPOCH_UNKNOWN, f"epoch {epoch}")
    if found.seed is None or found.secret_key is None:
        raise LancangError(Code.EPOCH_CLOSED, f"epoch {epoch}")
    return EpochSecrets(
        sealer.open(found.seed, _place(epoch, "seed")), sealer.open(found.secret_key, _place(epoch, "secret_key"))
    )


def open_epoch(connection: Connection, signed: SignedEpoch, statement_hash: bytes) -> None:
    """Its indexes are built: it takes asks, under this statement. Nobody has seen the one it was prepared with.

    Raises LancangError EPOCH_UNKNOWN unless it was preparing.
    """
    epoch = signed.statement.epoch
    opened = connection.execute(
        update(own_epoch)
        .where(own_epoch.c.epoch == epoch, own_epoch.c.state == EpochState.PREPARING)
        .values(
            state=EpochState.OPEN,
            statement=signed.statement.encode(),
            signature=signed.signature,
            hash=statement_hash,
        )
    )
    if opened.rowcount != 1:
        raise LancangError(Code.EPOCH_UNKNOWN, f"epoch {epoch} is not preparing")


def sign_anew(connection: Connection, epoch: int, signature: bytes) -> None:
    """Put another signature under an own statement: this node's key was replaced."""
    connection.execute(update(own_epoch).where(own_epoch.c.epoch == epoch).values(signature=signature))


def give_up(connection: Connection, epoch: int) -> None:
    """An epoch never opens from here on, and its key is erased: nobody has seen its statement, it has answered no ask.

    Raises LancangError EPOCH_UNKNOWN unless it is preparing, or given up already.
    """
    given_up = connection.execute(
        update(own_epoch)
        .where(own_epoch.c.epoch == epoch, own_epoch.c.state.in_(_NEVER_OPENED))
        .values(state=EpochState.GIVEN_UP, seed=None, secret_key=None)
    )
    if given_up.rowcount != 1:
        raise LancangError(Code.EPOCH_UNKNOWN, f"epoch {epoch} is not preparing")


def forget(connection: Connection, epoch: int) -> None:
    """Forget an epoch that was given up; its number is given again. Raises LancangError EPOCH_UNKNOWN."""
    gone = connection.execute(
        delete(own_epoch).where(own_epoch.c.epoch == epoch, own_epoch.c.state == EpochState.GIVEN_UP)
    )
    if gone.rowcount != 1:
        raise LancangError(Code.EPOCH_UNKNOWN, f"epoch {epoch} was not given up")


def close(connection: Connection, epoch: int) -> bool:
    """Its grace is over: erase seed and key. Returns False if that was done before.

    Then call Database.empty_log(); backups are the operator's to erase.
    """
    closed = connection.execute(
        update(own_epoch)
        .where(own_epoch.c.epoch == epoch, own_epoch.c.state == EpochState.OPEN)
        .values(state=EpochState.CLOSED, seed=None, secret_key=None)
    )
    return closed.rowcount == 1


def add_peer(connection: Connection, signed: SignedEpoch, statement_hash: bytes, received_ms: int) -> bool:
    """Store a peer's verified statement. Returns False if it is there already.

    Raises LancangError EPOCH_CHAIN for a second statement of an epoch, or one that does not follow the newest known.
    The first one known of a peer may be any: a node that joins late sees the chain from there.
    """
    said = signed.statement
    there = peer_epoch.c.owner == said.owner
    same = connection.execute(select(peer_epoch.c.hash).where(there, peer_epoch.c.epoch == said.epoch)).first()
    if same is not None:
        if same.hash != statement_hash:
            raise LancangError(Code.EPOCH_CHAIN, f"a second statement of {said.owner} for epoch {said.epoch}")
        return False
    newest = connection.execute(
        select(peer_epoch.c.epoch, peer_epoch.c.hash).where(there).order_by(peer_epoch.c.epoch.desc()).limit(1)
    ).first()
    if newest is not None and (newest.epoch + 1, newest.hash) != (said.epoch, said.previous):
        raise LancangError(Code.EPOCH_CHAIN, f"epoch {said.epoch} of {said.owner} does not follow {newest.epoch}")
    connection.execute(
        insert(peer_epoch).values(
            owner=said.owner,
            epoch=said.epoch,
            statement=said.encode(),
            signature=signed.signature,
            hash=statement_hash,
            received_ms=received_ms,
        )
    )
    return True


def sign_peer_anew(connection: Connection, signed: SignedEpoch) -> None:
    """Put a peer's present signature under a statement that is known already."""
    said = signed.statement
    connection.execute(
        update(peer_epoch)
        .where(peer_epoch.c.owner == said.owner, peer_epoch.c.epoch == said.epoch)
        .values(signature=signed.signature)
    )


def of_peer(connection: Connection, owner: str, first: int = 0, limit: int | None = None) -> list[SignedEpoch]:
    """The statements known of a peer from a number on, oldest first; all of them, or at most limit."""
    known = select(peer_epoch).where(peer_epoch.c.owner == owner, peer_epoch.c.epoch >= first)
    return [_signed(row) for row in connection.execute(known.order_by(peer_epoch.c.epoch).limit(limit))]


def pace_of_peer(connection: Connection, owner: str) -> list[tuple[int, int]]:
    """(from, received) of each statement known of a peer, in ms, oldest first."""
    query = select(peer_epoch).where(peer_epoch.c.owner == owner).order_by(peer_epoch.c.epoch)
    return [(decode_statement(row.statement).from_ms, row.received_ms) for row in connection.execute(query)]


def owners(connection: Connection) -> list[str]:
    """The peers of which statements are known."""
    return list(connection.scalars(select(peer_epoch.c.owner).distinct()))


def forget_peer(connection: Connection, owner: str) -> None:
    """Forget a peer's statements: it left, and whoever bears its id next begins a chain of its own."""
    connection.execute(delete(peer_epoch).where(peer_epoch.c.owner == owner))


def decode_statement(data: bytes) -> EpochStatement:
    """The statement whose encode() is data. Raises LancangError STORAGE_DAMAGED."""
    try:
        return EpochStatement.decode(data)
    except ValueError:
        raise LancangError(Code.STORAGE_DAMAGED, "a stored epoch statement") from None


_NEVER_OPENED = (EpochState.PREPARING, EpochState.GIVEN_UP)


def _place(epoch: int, column: str) -> Place:
    return Place("own_epoch", str(epoch), column)


def _signed(row: Row[*tuple[Any, ...]]) -> SignedEpoch:
    return SignedEpoch(decode_statement(row.statement), row.signature)
