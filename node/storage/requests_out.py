"""Disclosure requests that this node has made, and what came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from node.crypto.sealing import Place, Sealer
from node.errors import Code, LancangError
from node.model.disclosure import OUT_OPEN, OutState, Urgency
from node.storage.requests_in import one_named
from node.storage.schema_disclosures import request_out
from node.storage.schema_searches import hit


@dataclass(frozen=True, slots=True, repr=False)
class RequestOut:
    """A request at its requester. document: the signed request; answer: the reply or refusal, None before or after it.

    Times in ms: due_ms is 0 until the owner has taken it in, ended_ms while it is open, retain_until_ms until
    something is disclosed. code: why it was rejected or refused.
    """

    request_id: bytes
    hit_id: bytes
    owner: str
    officer: str
    digest: bytes
    urgency: Urgency
    state: OutState
    made_ms: int
    due_ms: int
    expires_ms: int
    ended_ms: int
    retain_until_ms: int
    code: str
    document: bytes | None
    answer: bytes | None


def add(connection: Connection, sealer: Sealer, request: RequestOut) -> None:
    """Store a request before it leaves. Raises LancangError REQUEST_REPEATED: one a hit."""
    if connection.execute(select(request_out.c.request_id).where(request_out.c.hit_id == request.hit_id)).first():
        raise LancangError(Code.REQUEST_REPEATED)
    connection.execute(
        insert(request_out).values(
            request_id=request.request_id,
            hit_id=request.hit_id,
            owner=request.owner,
            officer=request.officer,
            digest=request.digest,
            urgency=request.urgency.value,
            state=request.state.value,
            made_ms=request.made_ms,
            due_ms=request.due_ms,
            expires_ms=request.expires_ms,
            ended_ms=request.ended_ms,
            retain_until_ms=request.retain_until_ms,
            code=request.code,
            body=None
            if request.document is None
            else sealer.seal(request.document, _place(request.request_id, "body")),
        )
    )


def get(connection: Connection, sealer: Sealer, request_id: bytes) -> RequestOut:
    """The request of that id. Raises LancangError REQUEST_UNKNOWN."""
    row = connection.execute(select(request_out).where(request_out.c.request_id == request_id)).first()
    if row is None:
        raise LancangError(Code.REQUEST_UNKNOWN)
    return _request(sealer, row)


def named(connection: Connection, beginning: str) -> bytes:
    """The id that begins so (hex). Raises LancangError REQUEST_UNKNOWN, INPUT_INVALID if several do."""
    return one_named(connection.scalars(select(request_out.c.request_id)), beginning)


def begins(connection: Connection, beginning: str) -> bool:
    """Whether the id of a request begins so (hex)."""
    return any(each.hex().startswith(beginning) for each in connection.scalars(select(request_out.c.request_id)))


def by_digest(connection: Connection, digest: bytes) -> bytes | None:
    """The id of the request with that SHA-256, None if there is none."""
    found: bytes | None = connection.scalar(select(request_out.c.request_id).where(request_out.c.digest == digest))
    return found


def of_hit(connection: Connection, sealer: Sealer, hit_id: bytes) -> RequestOut | None:
    """The request that was made for a hit, None if there was none."""
    row = connection.execute(select(request_out).where(request_out.c.hit_id == hit_id)).first()
    return None if row is None else _request(sealer, row)


def listed(connection: Connection, sealer: Sealer, limit: int) -> list[RequestOut]:
    """Requests, the newest first."""
    query = select(request_out).order_by(request_out.c.made_ms.desc(), request_out.c.request_id).limit(limit)
    return [_request(sealer, row) for row in connection.execute(query)]


def owners(connection: Connection, request_ids: Sequence[bytes]) -> dict[bytes, str]:
    """Whom each of these requests was made to; unknown ones are absent."""
    query = select(request_out.c.request_id, request_out.c.owner).where(request_out.c.request_id.in_(request_ids))
    return dict(connection.execute(query).all())


def change(connection: Connection, request_id: bytes, state: OutState, **values: int | str) -> None:
    """Let a request stand so, with what else is known now (due_ms, ended_ms, retain_until_ms, code)."""
    connection.execute(
        update(request_out).where(request_out.c.request_id == request_id).values(state=state.value, **values)
    )


def keep_answer(connection: Connection, sealer: Sealer, request_id: bytes, answer: bytes) -> None:
    """Keep what came back, sealed."""
    sealed = sealer.seal(answer, _place(request_id, "answer"))
    connection.execute(update(request_out).where(request_out.c.request_id == request_id).values(answer=sealed))


def open_of(connection: Connection, officers: Sequence[str]) -> list[bytes]:
    """The open requests of these officers."""
    states = [state.value for state in OUT_OPEN]
    query = select(request_out.c.request_id).where(request_out.c.state.in_(states), request_out.c.officer.in_(officers))
    return list(connection.scalars(query))


def counts_by_search(connection: Connection) -> dict[bytes, int]:
    """By search id, how many disclosures were requested of hits that are still kept."""
    query = select(hit.c.search_id, func.count()).join(request_out, request_out.c.hit_id == hit.c.hit_id)
    return dict(connection.execute(query.group_by(hit.c.search_id)).all())


def ended_empty(connection: Connection, from_ms: int, until_ms: int) -> dict[str, int]:
    """By owner, how many requests ended with nothing given in that time; owners that gave anything are left out."""
    within = select(request_out.c.owner, request_out.c.state).where(
        request_out.c.ended_ms >= from_ms, request_out.c.ended_ms < until_ms
    )
    ended = [(owner, OutState(state)) for owner, state in connection.execute(within)]
    gave = {owner for owner, state in ended if state in (OutState.DISCLOSED, OutState.READ, OutState.ERASED)}
    empty = (OutState.REFUSED, OutState.REJECTED, OutState.EXPIRED)
    return dict(Counter(owner for owner, state in ended if state in empty and owner not in gave))


def erase_ended(connection: Connection, before_ms: int, limit: int) -> int:
    """Erase what requests that ended before that time said. What was given has a date of its own. Returns how many."""
    old = select(request_out.c.request_id).where(
        request_out.c.ended_ms > 0,
        request_out.c.ended_ms <= before_ms,
        request_out.c.body.is_not(None),
        request_out.c.answer.is_(None) | (request_out.c.retain_until_ms == 0),
    )
    ids = connection.scalars(old.limit(limit)).all()
    if ids:
        gone = update(request_out).where(request_out.c.request_id.in_(ids))
        connection.execute(gone.values(body=None, answer=None))
    return len(ids)


def due_for_erasure(connection: Connection, now_ms: int, limit: int = 100) -> list[bytes]:
    """Requests whose disclosed copy has outlived what its owner allowed."""
    query = select(request_out.c.request_id).where(
        request_out.c.answer.is_not(None), request_out.c.retain_until_ms > 0, request_out.c.retain_until_ms <= now_ms
    )
    return list(connection.scalars(query.limit(limit)))


def erase_answers(connection: Connection, request_ids: Sequence[bytes], now_ms: int) -> None:
    """Erase disclosed copies; that they were there stays."""
    gone = update(request_out).where(request_out.c.request_id.in_(request_ids))
    connection.execute(gone.values(answer=None, state=OutState.ERASED.value, ended_ms=now_ms))


def _request(sealer: Sealer, row: Row[Any]) -> RequestOut:
    def opened(column: str, sealed: bytes | None) -> bytes | None:
        return None if sealed is None else sealer.open(sealed, _place(row.request_id, column))

    return RequestOut(
        request_id=row.request_id,
        hit_id=row.hit_id,
        owner=row.owner,
        officer=row.officer,
        digest=row.digest,
        urgency=Urgency(row.urgency),
        state=OutState(row.state),
        made_ms=row.made_ms,
        due_ms=row.due_ms,
        expires_ms=row.expires_ms,
        ended_ms=row.ended_ms,
        retain_until_ms=row.retain_until_ms,
        code=row.code,
        document=opened("body", row.body),
        answer=opened("answer", row.answer),
    )


def _place(request_id: bytes, column: str) -> Place:
    return Place("request_out", request_id, column)
