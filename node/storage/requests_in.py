"""Disclosure requests that came to this owner, and its officers' decisions on them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from node.crypto.sealing import Place, Sealer
from node.errors import Code, LancangError
from node.model.disclosure import IN_OPEN, InState, Urgency, Verdict
from node.storage.schema_asks import ask
from node.storage.schema_disclosures import decision, request_in

OPEN = tuple(state.value for state in IN_OPEN)


@dataclass(frozen=True, slots=True, repr=False)
class Received:
    """What came, and what was found of it. document: the signed request as it came; row, version: the record's.

    kinds: names of the kinds that the proof showed; salt: what keeps the hash that officers sign from being guessed.
    """

    document: bytes
    row: bytes
    version: int
    kinds: tuple[str, ...]
    salt: bytes


@dataclass(frozen=True, slots=True, repr=False)
class RequestIn:
    """A request at its owner. Times in ms; ended_ms: 0 while open; received: None once erased."""

    request_id: bytes
    requester: str
    ask_id: bytes
    tag: bytes
    digest: bytes
    urgency: Urgency
    state: InState
    received_ms: int
    due_ms: int
    expires_ms: int
    ended_ms: int
    holder: str
    received: Received | None


def add(connection: Connection, sealer: Sealer, request: RequestIn) -> None:
    """Store a request that came. Raises LancangError REQUEST_REPEATED: one request for an ask and a tag."""
    same = select(request_in.c.request_id).where(request_in.c.ask_id == request.ask_id, request_in.c.tag == request.tag)
    if connection.execute(same).first() is not None or _row(connection, request.request_id) is not None:
        raise LancangError(Code.REQUEST_REPEATED)
    received = request.received
    connection.execute(
        insert(request_in).values(
            request_id=request.request_id,
            requester=request.requester,
            ask_id=request.ask_id,
            tag=request.tag,
            digest=request.digest,
            urgency=request.urgency.value,
            state=request.state.value,
            received_ms=request.received_ms,
            due_ms=request.due_ms,
            expires_ms=request.expires_ms,
            ended_ms=request.ended_ms,
            holder=request.holder,
            body=None if received is None else sealer.seal(_encode(received), _place(request.request_id, "body")),
        )
    )


def get(connection: Connection, sealer: Sealer, request_id: bytes) -> RequestIn:
    """The request of that id. Raises LancangError REQUEST_UNKNOWN."""
    row = _row(connection, request_id)
    if row is None:
        raise LancangError(Code.REQUEST_UNKNOWN)
    return _request(sealer, row)


def by_digest(connection: Connection, digest: bytes) -> bytes:
    """The id of the request with that SHA-256. Raises LancangError REQUEST_UNKNOWN."""
    found: bytes | None = connection.scalar(select(request_in.c.request_id).where(request_in.c.digest == digest))
    if found is None:
        raise LancangError(Code.REQUEST_UNKNOWN)
    return found


def named(connection: Connection, beginning: str) -> bytes:
    """The id that begins so (hex). Raises LancangError REQUEST_UNKNOWN, INPUT_INVALID if several do."""
    return one_named(connection.scalars(select(request_in.c.request_id)), beginning)


def one_named(ids: Iterable[bytes], beginning: str) -> bytes:
    """The one id that begins so. Raises LancangError REQUEST_UNKNOWN, INPUT_INVALID if several do."""
    found = [each for each in ids if each.hex().startswith(beginning)]
    if not found or not beginning:
        raise LancangError(Code.REQUEST_UNKNOWN)
    if len(found) > 1:
        raise LancangError(Code.INPUT_INVALID, "several requests begin so", remedy="Give more of the id.")
    return found[0]


def begins(connection: Connection, beginning: str) -> bool:
    """Whether the id of a request begins so (hex)."""
    return any(each.hex().startswith(beginning) for each in connection.scalars(select(request_in.c.request_id)))


def listed(connection: Connection, sealer: Sealer, *, every: bool, limit: int) -> list[RequestIn]:
    """Open requests, the soonest due first; or every one, the newest first."""
    if every:
        query = select(request_in).order_by(request_in.c.received_ms.desc(), request_in.c.request_id)
    else:
        query = select(request_in).where(request_in.c.state.in_(OPEN)).order_by(request_in.c.due_ms)
    return [_request(sealer, row) for row in connection.execute(query.limit(limit))]


def set_state(connection: Connection, request_id: bytes, state: InState, ended_ms: int = 0) -> None:
    """Let a request stand so. The database refuses `disclosed` without two officers."""
    changed = update(request_in).where(request_in.c.request_id == request_id)
    connection.execute(changed.values(state=state.value, ended_ms=ended_ms))


def set_due(connection: Connection, request_id: bytes, due_ms: int) -> None:
    """Say anew when something is due."""
    connection.execute(update(request_in).where(request_in.c.request_id == request_id).values(due_ms=due_ms))


def set_holder(connection: Connection, request_id: bytes, officer: str) -> None:
    """Say who has taken a request on."""
    connection.execute(update(request_in).where(request_in.c.request_id == request_id).values(holder=officer))


def keep_reply(connection: Connection, sealer: Sealer, request_id: bytes, reply: bytes) -> None:
    """Keep what was sent, sealed."""
    sealed = sealer.seal(reply, _place(request_id, "reply"))
    connection.execute(update(request_in).where(request_in.c.request_id == request_id).values(reply=sealed))


def reply_of(connection: Connection, sealer: Sealer, request_id: bytes) -> bytes | None:
    """What was sent, None before that."""
    row = _row(connection, request_id)
    return None if row is None or row.reply is None else sealer.open(row.reply, _place(request_id, "reply"))


def erase_ended(connection: Connection, before_ms: int, limit: int) -> int:
    """Erase what requests that ended before that time said, their replies and decisions. Returns how many."""
    old = select(request_in.c.request_id).where(
        request_in.c.ended_ms > 0, request_in.c.ended_ms <= before_ms, request_in.c.body.is_not(None)
    )
    ids = connection.scalars(old.limit(limit)).all()
    if ids:
        connection.execute(delete(decision).where(decision.c.request_id.in_(ids)))
        connection.execute(update(request_in).where(request_in.c.request_id.in_(ids)).values(body=None, reply=None))
    return len(ids)


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """By requester and purpose, how many requests came in a time, and what became of them."""

    received: dict[tuple[str, str], int]
    given: dict[tuple[str, str], int]
    refused: dict[tuple[str, str], int]


def counts_by_purpose(connection: Connection, from_ms: int, until_ms: int) -> RequestCounts:
    """Requests received from one time on and before another, by the ask that each was made after."""
    query = (
        select(request_in.c.requester, ask.c.purpose, request_in.c.state, func.count())
        .join(ask, ask.c.ask_id == request_in.c.ask_id)
        .where(request_in.c.received_ms >= from_ms, request_in.c.received_ms < until_ms)
        .group_by(request_in.c.requester, ask.c.purpose, request_in.c.state)
    )
    counts = RequestCounts({}, {}, {})
    for requester, purpose, state, number in connection.execute(query):
        place = (requester, purpose)
        counts.received[place] = counts.received.get(place, 0) + number
        if state in (InState.DISCLOSED.value, InState.READ.value):
            counts.given[place] = counts.given.get(place, 0) + number
        elif state == InState.REFUSED.value:
            counts.refused[place] = counts.refused.get(place, 0) + number
    return counts


def open_of_member(connection: Connection, requester: str) -> int:
    """How many open requests a member has here."""
    query = select(func.count()).where(request_in.c.requester == requester, request_in.c.state.in_(OPEN))
    return connection.scalar(query) or 0


@dataclass(frozen=True, slots=True, repr=False)
class KeptDecision:
    """An officer's decision. role: analyst or approver; body: the decision as he signed it."""

    officer: str
    role: str
    verdict: Verdict
    ms: int
    body: bytes


def decide(connection: Connection, sealer: Sealer, request_id: bytes, made: KeptDecision) -> None:
    """Keep a decision; an earlier one of its role gives way. Raises SAME_OFFICER if he decided in the other role."""
    theirs = select(decision.c.role).where(decision.c.request_id == request_id, decision.c.officer == made.officer)
    if connection.execute(theirs.where(decision.c.role != made.role)).first() is not None:
        raise LancangError(Code.SAME_OFFICER, f"{made.officer} has decided on it already")
    connection.execute(delete(decision).where(decision.c.request_id == request_id, decision.c.role == made.role))
    connection.execute(
        insert(decision).values(
            request_id=request_id,
            officer=made.officer,
            role=made.role,
            verdict=made.verdict.value,
            ms=made.ms,
            body=sealer.seal(made.body, Place("decision", request_id + made.role.encode(), "body")),
        )
    )


def decisions(connection: Connection, sealer: Sealer, request_id: bytes) -> dict[str, KeptDecision]:
    """The decisions on a request by role."""
    found = connection.execute(select(decision).where(decision.c.request_id == request_id))
    return {
        row.role: KeptDecision(
            row.officer,
            row.role,
            Verdict(row.verdict),
            row.ms,
            sealer.open(row.body, Place("decision", request_id + row.role.encode(), "body")),
        )
        for row in found
    }


def _row(connection: Connection, request_id: bytes) -> Row[Any] | None:
    return connection.execute(select(request_in).where(request_in.c.request_id == request_id)).first()


def _request(sealer: Sealer, row: Row[Any]) -> RequestIn:
    body = None if row.body is None else _decode(sealer.open(row.body, _place(row.request_id, "body")))
    return RequestIn(
        request_id=row.request_id,
        requester=row.requester,
        ask_id=row.ask_id,
        tag=row.tag,
        digest=row.digest,
        urgency=Urgency(row.urgency),
        state=InState(row.state),
        received_ms=row.received_ms,
        due_ms=row.due_ms,
        expires_ms=row.expires_ms,
        ended_ms=row.ended_ms,
        holder=row.holder,
        received=body,
    )


def _encode(received: Received) -> bytes:
    said = {
        "document": base64.b64encode(received.document).decode("ascii"),
        "row": received.row.hex(),
        "version": received.version,
        "kinds": list(received.kinds),
        "salt": received.salt.hex(),
    }
    return json.dumps(said).encode()


def _decode(body: bytes) -> Received:
    said = json.loads(body)
    return Received(
        base64.b64decode(said["document"]),
        bytes.fromhex(said["row"]),
        said["version"],
        tuple(said["kinds"]),
        bytes.fromhex(said["salt"]),
    )


def _place(request_id: bytes, column: str) -> Place:
    return Place("request_in", request_id, column)
