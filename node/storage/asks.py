"""Asks this node received and charged, with their elements until the epoch's grace is over (protocol.md 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, insert, select, update

from node.errors import Code, LancangError
from node.model.ask import Ask
from node.model.scope import Scope
from node.storage.schema_asks import ask

_ELEMENT_BYTES = 32
# Built once: an owner does this for every ask.
_SAME_SEARCH = select(ask.c.ask_id).where(
    ask.c.requester == bindparam("by"), ask.c.epoch == bindparam("within"), ask.c.search_id == bindparam("search")
)
_ADD = insert(ask)


@dataclass(frozen=True, slots=True)
class StoredAsk:
    """An ask as it came, what it was charged (evaluations) and when. Its elements are () once erased."""

    ask: Ask
    charged: int
    ms: int


def known(connection: Connection, received: Ask) -> bool:
    """Whether this very ask is there already: then it is answered again free.

    Raises LancangError ASK_REUSED if the requester used its search id in another ask of this epoch.
    """
    key = {"by": received.scope.audience, "within": received.scope.epoch, "search": received.search_id}
    there = connection.scalar(_SAME_SEARCH, key)
    if there is not None and there != received.ask_id:
        raise LancangError(Code.ASK_REUSED)
    return there is not None


def add(connection: Connection, received: Ask, charged: int, ms: int) -> None:
    """Store an ask that is not known, in the transaction that charges it."""
    row = {
        "ask_id": received.ask_id,
        "requester": received.scope.audience,
        "epoch": received.scope.epoch,
        "search_id": received.search_id,
        "officer": received.officer,
        "purpose": received.purpose,
        "case_handle": received.case,
        "commit": received.commit,
        "elements": b"".join(received.elements),
        "signature": received.signature,
        "charged": charged,
        "ms": ms,
    }
    connection.execute(_ADD, row)


def get(connection: Connection, ask_id: bytes, alliance: str, owner: str) -> StoredAsk | None:
    """The ask of that id, None if it never came. alliance, owner: this node's, for the scope."""
    row = connection.execute(select(ask).where(ask.c.ask_id == ask_id)).first()
    return None if row is None else _stored(row, alliance, owner)


@dataclass(frozen=True, slots=True)
class Period:
    """Asks of one requester from one time on and before another (ms); officer: a pseudonym, or '' for all."""

    requester: str
    officer: str
    from_ms: int
    until_ms: int

    def conditions(self) -> list[ColumnElement[bool]]:
        """What a row must fulfil."""
        within = [ask.c.requester == self.requester, ask.c.ms >= self.from_ms, ask.c.ms < self.until_ms]
        return [*within, ask.c.officer == self.officer] if self.officer else within


def ids_of(connection: Connection, period: Period, limit: int) -> list[bytes]:
    """The ids, in ascending order and at most limit, of a period's asks that still have their elements."""
    query = select(ask.c.ask_id).where(*period.conditions(), ask.c.elements.is_not(None))
    return list(connection.scalars(query.order_by(ask.c.ask_id).limit(limit)))


def erased_of(connection: Connection, period: Period) -> int:
    """How many asks of a period are past their epoch and cannot be inspected any more."""
    query = select(func.count()).select_from(ask).where(*period.conditions(), ask.c.elements.is_(None))
    return connection.scalar(query) or 0


def _stored(row: Row[Any], alliance: str, owner: str) -> StoredAsk:
    joined = row.elements or b""
    return StoredAsk(
        Ask(
            scope=Scope(alliance, owner, row.requester, row.epoch),
            search_id=row.search_id,
            purpose=row.purpose,
            case=row.case_handle,
            commit=row.commit,
            elements=tuple(joined[at : at + _ELEMENT_BYTES] for at in range(0, len(joined), _ELEMENT_BYTES)),
            ask_id=row.ask_id,
            signature=row.signature,
            officer=row.officer,
        ),
        row.charged,
        row.ms,
    )


def erase_elements(connection: Connection, epoch: int, limit: int = 200) -> bool:
    """Erase the elements of up to limit asks of an epoch past its grace (BULK). Returns whether there may be more."""
    doomed = connection.scalars(
        select(ask.c.ask_id).where(ask.c.epoch == epoch, ask.c.elements.is_not(None)).limit(limit)
    ).all()
    if doomed:
        connection.execute(update(ask).where(ask.c.ask_id.in_(doomed)).values(elements=None))
    return len(doomed) == limit
