"""Requests to pass on: those that came, with officers' decisions on them; and those that were made here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from node.crypto.sealing import Place, Sealer
from node.errors import Code, LancangError
from node.model.disclosure import Verdict
from node.model.onward import OnwardState
from node.storage.requests_in import KeptDecision, one_named
from node.storage.schema_onward import onward_decision, onward_in, onward_out


@dataclass(frozen=True, slots=True, repr=False)
class OnwardIn:
    """A request to pass on at the owner. request_id: of the disclosure; to: the third member; document: as signed."""

    onward_id: bytes
    request_id: bytes
    requester: str
    to: str
    digest: bytes
    state: OnwardState
    received_ms: int
    ended_ms: int
    document: bytes


@dataclass(frozen=True, slots=True, repr=False)
class OnwardOut:
    """The same at the requester. code: the ground of a refusal, or why the owner's node did not take it."""

    onward_id: bytes
    request_id: bytes
    owner: str
    to: str
    officer: str
    digest: bytes
    state: OnwardState
    made_ms: int
    ended_ms: int
    code: str
    document: bytes


def add_in(connection: Connection, sealer: Sealer, one: OnwardIn) -> None:
    """Store a request that came. Raises LancangError REQUEST_REPEATED."""
    if connection.execute(select(onward_in.c.onward_id).where(onward_in.c.onward_id == one.onward_id)).first():
        raise LancangError(Code.REQUEST_REPEATED)
    connection.execute(
        insert(onward_in).values(
            onward_id=one.onward_id,
            request_id=one.request_id,
            requester=one.requester,
            recipient=one.to,
            digest=one.digest,
            state=one.state.value,
            received_ms=one.received_ms,
            ended_ms=one.ended_ms,
            body=sealer.seal(one.document, Place("onward_in", one.onward_id, "body")),
        )
    )


def get_in(connection: Connection, sealer: Sealer, onward_id: bytes) -> OnwardIn:
    """The request of that id. Raises LancangError REQUEST_UNKNOWN."""
    row = connection.execute(select(onward_in).where(onward_in.c.onward_id == onward_id)).first()
    if row is None:
        raise LancangError(Code.REQUEST_UNKNOWN)
    return _in(sealer, row)


def named_in(connection: Connection, beginning: str) -> bytes:
    """The id that begins so (hex). Raises LancangError REQUEST_UNKNOWN, INPUT_INVALID if several do."""
    return one_named(connection.scalars(select(onward_in.c.onward_id)), beginning)


def by_digest(connection: Connection, digest: bytes) -> bytes:
    """The id of the request with that SHA-256. Raises LancangError REQUEST_UNKNOWN."""
    found: bytes | None = connection.scalar(select(onward_in.c.onward_id).where(onward_in.c.digest == digest))
    if found is None:
        raise LancangError(Code.REQUEST_UNKNOWN)
    return found


def listed_in(connection: Connection, sealer: Sealer, *, every: bool, limit: int) -> list[OnwardIn]:
    """Open requests, the oldest first; or every one, the newest first."""
    if every:
        query = select(onward_in).order_by(onward_in.c.received_ms.desc())
    else:
        opened = (OnwardState.ASKED.value, OnwardState.APPROVED_ONCE.value)
        query = select(onward_in).where(onward_in.c.state.in_(opened)).order_by(onward_in.c.received_ms)
    return [_in(sealer, row) for row in connection.execute(query.limit(limit))]


def set_in(connection: Connection, onward_id: bytes, state: OnwardState, ended_ms: int = 0) -> None:
    """Let a request stand so. The database refuses `granted` without two officers."""
    changed = update(onward_in).where(onward_in.c.onward_id == onward_id)
    connection.execute(changed.values(state=state.value, ended_ms=ended_ms))


def decide(connection: Connection, sealer: Sealer, onward_id: bytes, made: KeptDecision) -> None:
    """Keep a decision; an earlier one of its role gives way. Raises SAME_OFFICER if he decided in the other role."""
    theirs = select(onward_decision.c.role).where(
        onward_decision.c.onward_id == onward_id, onward_decision.c.officer == made.officer
    )
    if connection.execute(theirs.where(onward_decision.c.role != made.role)).first() is not None:
        raise LancangError(Code.SAME_OFFICER, f"{made.officer} has decided on it already")
    same = (onward_decision.c.onward_id == onward_id) & (onward_decision.c.role == made.role)
    connection.execute(delete(onward_decision).where(same))
    connection.execute(
        insert(onward_decision).values(
            onward_id=onward_id,
            officer=made.officer,
            role=made.role,
            verdict=made.verdict.value,
            ms=made.ms,
            body=sealer.seal(made.body, _of_role(onward_id, made.role)),
        )
    )


def decisions(connection: Connection, sealer: Sealer, onward_id: bytes) -> list[KeptDecision]:
    """The decisions on a request, one a role."""
    found = connection.execute(select(onward_decision).where(onward_decision.c.onward_id == onward_id))
    return [
        KeptDecision(
            row.officer, row.role, Verdict(row.verdict), row.ms, sealer.open(row.body, _of_role(onward_id, row.role))
        )
        for row in found
    ]


def add_out(connection: Connection, sealer: Sealer, one: OnwardOut) -> None:
    """Store a request before it leaves."""
    connection.execute(
        insert(onward_out).values(
            onward_id=one.onward_id,
            request_id=one.request_id,
            owner=one.owner,
            recipient=one.to,
            officer=one.officer,
            digest=one.digest,
            state=one.state.value,
            made_ms=one.made_ms,
            ended_ms=one.ended_ms,
            code=one.code,
            body=sealer.seal(one.document, Place("onward_out", one.onward_id, "body")),
        )
    )


def get_out(connection: Connection, sealer: Sealer, onward_id: bytes) -> OnwardOut:
    """The request of that id. Raises LancangError REQUEST_UNKNOWN."""
    row = connection.execute(select(onward_out).where(onward_out.c.onward_id == onward_id)).first()
    if row is None:
        raise LancangError(Code.REQUEST_UNKNOWN)
    return _out(sealer, row)


def of_requests(connection: Connection, sealer: Sealer, request_ids: Iterable[bytes]) -> list[OnwardOut]:
    """What was asked to pass on of these disclosures, the newest first."""
    query = select(onward_out).where(onward_out.c.request_id.in_(list(request_ids)))
    return [_out(sealer, row) for row in connection.execute(query.order_by(onward_out.c.made_ms.desc()))]


def end_out(
    connection: Connection, sealer: Sealer, onward_id: bytes, state: OnwardState, now_ms: int, code: str, answer: bytes
) -> None:
    """Keep what the owner answered. answer: b'' where its node did not take the request."""
    sealed = sealer.seal(answer, Place("onward_out", onward_id, "answer")) if answer else None
    ended = update(onward_out).where(onward_out.c.onward_id == onward_id)
    connection.execute(ended.values(state=state.value, ended_ms=now_ms, code=code, answer=sealed))


def forget(connection: Connection, before_ms: int) -> int:
    """Forget requests to pass on that ended before then, at either end. Returns how many."""
    gone = 0
    for table in (onward_in, onward_out):
        gone += connection.execute(delete(table).where(table.c.ended_ms > 0, table.c.ended_ms <= before_ms)).rowcount
    return gone


def _in(sealer: Sealer, row: Row[Any]) -> OnwardIn:
    return OnwardIn(
        row.onward_id,
        row.request_id,
        row.requester,
        row.recipient,
        row.digest,
        OnwardState(row.state),
        row.received_ms,
        row.ended_ms,
        sealer.open(row.body, Place("onward_in", row.onward_id, "body")),
    )


def _out(sealer: Sealer, row: Row[Any]) -> OnwardOut:
    return OnwardOut(
        row.onward_id,
        row.request_id,
        row.owner,
        row.recipient,
        row.officer,
        row.digest,
        OnwardState(row.state),
        row.made_ms,
        row.ended_ms,
        row.code,
        sealer.open(row.body, Place("onward_out", row.onward_id, "body")),
    )


def _of_role(onward_id: bytes, role: str) -> Place:
    return Place("onward_decision", onward_id + role.encode(), "body")
