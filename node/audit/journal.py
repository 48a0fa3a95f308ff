"""The journal: one append-only table of acts, each written in the transaction of the act itself.

Triggers refuse to change or delete a row. act_no counts 1, 2, 3, ... without a gap, for the tree of RFC 6962 that is to
stand on it. A detail holds no personal data: numbers, states, codes, ids and hashes (in hex).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from node.storage.schema_acts import act

ACT_ID_BYTES = 16
# Built once: a search writes seven acts, and building a statement costs more than running it.
_NEWEST = select(func.max(act.c.act_no))
_APPEND = insert(act)
_EVERY = select(act.c.act_no, act.c.act_id, act.c.ms, act.c.kind, act.c.actor, act.c.peer, act.c.detail)

Detail = Mapping[str, str | int | bool | None]


class ActKind(StrEnum):
    """What was done. Values are stored: they are added to, never changed."""

    NODE_STARTED = "node-started"
    NODE_STOPPED = "node-stopped"
    ROSTER_ACCEPTED = "roster-accepted"
    ROSTER_RECEIVED = "roster-received"
    ROSTER_REFUSED = "roster-refused"
    OFFICER_REVOKED = "officer-revoked"
    PEER_SUSPENDED = "peer-suspended"
    PEER_RESUMED = "peer-resumed"
    BACKED_UP = "backed-up"
    NODE_RESTORED = "node-restored"
    RESTORED_CONFIRMED = "restored-confirmed"
    ROTATION_BEGUN = "rotation-begun"
    ROTATION_GIVEN_UP = "rotation-given-up"
    EPOCH_OPENED = "epoch-opened"
    EPOCH_CLOSED = "epoch-closed"
    PEER_EPOCH_ACCEPTED = "peer-epoch-accepted"
    RECORD_STORED = "record-stored"
    RECORD_WITHDRAWN = "record-withdrawn"
    RECORD_SHOWN = "record-shown"
    RECORDS_IMPORTED = "record-imported"
    IMPORT_DROPPED = "import-dropped"
    INDEX_SERVED = "index-served"
    INDEX_RECEIVED = "index-received"
    INDEX_REFUSED = "index-refused"
    SEARCH = "search"
    ASK_SENT = "ask-sent"
    ASK_RECEIVED = "ask-received"
    ASK_ANSWERED = "ask-answered"
    ANSWER_REFUSED = "answer-refused"
    REFUSAL = "refusal"
    ASKS_DRAWN = "asks-drawn"
    ASKS_OPENED = "asks-opened"
    OPENING_REFUSED = "opening-refused"
    LETTER_DELIVERED = "letter-delivered"
    LETTER_RECEIVED = "letter-received"
    LETTER_REFUSED = "letter-refused"
    LETTER_GIVEN_UP = "letter-given-up"
    ALARM_RAISED = "alarm-raised"
    ALARM_ACKNOWLEDGED = "alarm-acknowledged"


@dataclass(frozen=True, slots=True)
class Act:
    """One act. actor: who did it here (an officer, a peer, or this node); peer: the node at the other end, or ''."""

    act_no: int
    act_id: bytes
    ms: int
    kind: ActKind
    actor: str
    peer: str
    detail: Detail


@dataclass(frozen=True, slots=True)
class Done:
    """An act to be written; its number is given as it is. act_id: 16 bytes, random unless both ends share it."""

    kind: ActKind
    actor: str
    peer: str
    ms: int
    detail: Detail
    act_id: bytes = field(default_factory=lambda: secrets.token_bytes(ACT_ID_BYTES))


def record_act(
    connection: Connection,
    kind: ActKind,
    actor: str,
    peer: str,
    ms: int,
    detail: Detail | None = None,
    *,
    act_id: bytes | None = None,
) -> bytes:
    """Write an act in the caller's transaction (the writer's: act numbers are given one by one) and return its id.

    act_id: 16 bytes, given where both ends share it; random otherwise.
    """
    done = Done(kind, actor, peer, ms, detail or {}, act_id or secrets.token_bytes(ACT_ID_BYTES))
    record_acts(connection, (done,))
    return done.act_id


def record_acts(connection: Connection, acts: Sequence[Done]) -> None:
    """Write several acts in the order given, in the caller's transaction (the writer's)."""
    if acts:
        first = count(connection) + 1
        connection.execute(_APPEND, [_row(first + place, done) for place, done in enumerate(acts)])


def _row(number: int, done: Done) -> dict[str, object]:
    return {
        "act_no": number,
        "act_id": done.act_id,
        "ms": done.ms,
        "kind": done.kind,
        "actor": done.actor,
        "peer": done.peer,
        "detail": json.dumps(dict(done.detail), sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    }


def count(connection: Connection) -> int:
    """How many acts there are, which is the number of the newest."""
    return connection.scalar(_NEWEST) or 0


def count_since(connection: Connection, kind: ActKind, peer: str, since_ms: int) -> int:
    """How many acts of a kind with a peer there were after since_ms."""
    query = select(func.count()).where(act.c.kind == kind, act.c.peer == peer, act.c.ms > since_ms)
    return connection.scalar(query) or 0


def page(connection: Connection, after: int = 0, limit: int = 100, kind: ActKind | None = None) -> list[Act]:
    """Acts numbered after `after` in order, at most limit, of one kind or of all."""
    query = _EVERY.where(act.c.act_no > after).order_by(act.c.act_no).limit(limit)
    if kind is not None:
        query = query.where(act.c.kind == kind)
    return _acts(connection, query)


def between(
    connection: Connection, kind: ActKind, from_ms: int, until_ms: int, peer: str = "", containing: str = ""
) -> list[Act]:
    """The acts of a kind from one time on and before another, in order; with one peer or any, holding a text or any."""
    query = _EVERY.where(act.c.kind == kind, act.c.ms >= from_ms, act.c.ms < until_ms).order_by(act.c.act_no)
    if peer:
        query = query.where(act.c.peer == peer)
    if containing:
        query = query.where(act.c.detail.contains(containing, autoescape=True))
    return _acts(connection, query)


def _acts(connection: Connection, query: Select[Any]) -> list[Act]:
    return [
        Act(act_no, act_id, ms, ActKind(name), actor, peer, json.loads(detail))
        for act_no, act_id, ms, name, actor, peer, detail in connection.execute(query)
    ]
