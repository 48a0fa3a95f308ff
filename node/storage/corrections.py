"""Corrections that were written here, with what became of their letters; and those that came here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from node.model.correction import CorrectionKind
from node.model.courier import OutboxState
from node.storage.schema_corrections import correction_in, correction_out, given
from node.storage.schema_courier import outbox


@dataclass(frozen=True, slots=True)
class SentCorrection:
    """A correction at its owner. settled_ms: when its recipient signed for it, 0 while it is outstanding.

    error, reason: why its letter was not taken the last time, or was refused; "" before a failed try.
    """

    request_id: bytes
    requester: str
    number: int
    kind: CorrectionKind
    made_ms: int
    state: OutboxState
    settled_ms: int
    attempts: int
    error: str
    reason: str

    @property
    def outstanding(self) -> bool:
        """Whether its recipient has not acknowledged it."""
        return self.state is not OutboxState.DELIVERED


@dataclass(frozen=True, slots=True)
class CameCorrection:
    """A correction at its requester. seen_ms: when an officer first looked at the request since, 0 before."""

    request_id: bytes
    number: int
    kind: CorrectionKind
    made_ms: int
    received_ms: int
    seen_ms: int


def add_sent(
    connection: Connection, request_id: bytes, number: int, kind: CorrectionKind, ms: int, message_id: bytes | None
) -> None:
    """Keep that a correction was written. message_id: of its letter, None if its recipient had left."""
    connection.execute(
        insert(correction_out).values(
            request_id=request_id, number=number, kind=kind.value, made_ms=ms, message_id=message_id
        )
    )


def sent(
    connection: Connection, limit: int, *, every: bool, request_ids: Iterable[bytes] | None = None
) -> list[SentCorrection]:
    """Corrections written here: the outstanding ones, the oldest first; or every one, the newest first."""
    query = (
        select(
            correction_out.c.request_id,
            given.c.requester,
            correction_out.c.number,
            correction_out.c.kind,
            correction_out.c.made_ms,
            outbox.c.state,
            outbox.c.settled_ms,
            outbox.c.attempts,
            outbox.c.error,
            outbox.c.reason,
        )
        .join(given, given.c.request_id == correction_out.c.request_id)
        .outerjoin(outbox, outbox.c.message_id == correction_out.c.message_id)
    )
    if request_ids is not None:
        query = query.where(correction_out.c.request_id.in_(list(request_ids)))
    if every:
        query = query.order_by(correction_out.c.made_ms.desc(), correction_out.c.number.desc())
    else:
        query = query.where(_outstanding()).order_by(correction_out.c.made_ms, correction_out.c.number)
    return [
        SentCorrection(
            request_id=row.request_id,
            requester=row.requester,
            number=row.number,
            kind=CorrectionKind(row.kind),
            made_ms=row.made_ms,
            state=OutboxState.RETURNED if row.state is None else OutboxState(row.state),
            settled_ms=row.settled_ms or 0,
            attempts=row.attempts or 0,
            error=row.error or "",
            reason=row.reason or "",
        )
        for row in connection.execute(query.limit(limit))
    ]


def outstanding_since(connection: Connection, before_ms: int) -> int:
    """How many corrections written before that have not been acknowledged."""
    query = (
        select(func.count())
        .select_from(correction_out)
        .outerjoin(outbox, outbox.c.message_id == correction_out.c.message_id)
        .where(_outstanding(), correction_out.c.made_ms < before_ms)
    )
    return connection.scalar(query) or 0


def add_came(connection: Connection, one: CameCorrection) -> None:
    """Keep that a correction came."""
    connection.execute(
        insert(correction_in).values(
            request_id=one.request_id,
            number=one.number,
            kind=one.kind.value,
            made_ms=one.made_ms,
            received_ms=one.received_ms,
            seen_ms=one.seen_ms,
        )
    )


def newest_came(connection: Connection, request_ids: Iterable[bytes] | None = None) -> dict[bytes, CameCorrection]:
    """The newest correction of each of these requests, or of every one; requests without one are absent."""
    query = select(correction_in).order_by(correction_in.c.made_ms, correction_in.c.number)
    if request_ids is not None:
        query = query.where(correction_in.c.request_id.in_(list(request_ids)))
    return {
        row.request_id: CameCorrection(
            row.request_id, row.number, CorrectionKind(row.kind), row.made_ms, row.received_ms, row.seen_ms
        )
        for row in connection.execute(query)
    }


def came(connection: Connection, limit: int) -> list[CameCorrection]:
    """Corrections that came here, the newest first."""
    query = select(correction_in).order_by(
        correction_in.c.received_ms.desc(), correction_in.c.request_id, correction_in.c.number.desc()
    )
    return [
        CameCorrection(row.request_id, row.number, CorrectionKind(row.kind), row.made_ms, row.received_ms, row.seen_ms)
        for row in connection.execute(query.limit(limit))
    ]


def see(connection: Connection, request_id: bytes, now_ms: int) -> None:
    """An officer has looked at a request: its corrections are no news any more."""
    unseen = update(correction_in).where(correction_in.c.request_id == request_id, correction_in.c.seen_ms == 0)
    connection.execute(unseen.values(seen_ms=now_ms))


def _outstanding() -> ColumnElement[bool]:
    return or_(outbox.c.state.is_(None), outbox.c.state != OutboxState.DELIVERED)
