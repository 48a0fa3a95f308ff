"""The outbox: letters to be sent, in the order of their conversations, and what became of them.

The recipient has yet to sign for a number that is `owed`. Only the lowest owed number of a conversation has a time at
which it is tried next: it alone may be in flight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from node.crypto.sealing import Place, Sealer
from node.model.courier import MESSAGE_ID_BYTES, Letter, OutboxState, Refusal
from node.storage.schema_courier import outbox, outbox_line

OPEN = (OutboxState.WAITING, OutboxState.WITHDRAWING)
"""The states in which people wait to hear what became of a letter."""

_LAST = select(outbox_line.c.last).where(
    outbox_line.c.recipient == bindparam("recipient"), outbox_line.c.conversation == bindparam("conversation")
)
_COUNT = (
    update(outbox_line)
    .where(outbox_line.c.recipient == bindparam("to"), outbox_line.c.conversation == bindparam("line"))
    .values(last=bindparam("number"))
)
_OWED = (
    select(outbox.c.message_id)
    .where(
        outbox.c.recipient == bindparam("recipient"),
        outbox.c.conversation == bindparam("conversation"),
        outbox.c.number > bindparam("after"),
        outbox.c.owed == 1,
    )
    .order_by(outbox.c.number)
    .limit(1)
)
_DUE = (
    select(outbox)
    .where(outbox.c.recipient == bindparam("recipient"), outbox.c.next_ms <= bindparam("now"))
    .order_by(outbox.c.next_ms)
    .limit(bindparam("most"))
)
# One step into an index, where a minimum over groups would read all of it.
_FIRST = (
    select(outbox.c.next_ms)
    .where(outbox.c.recipient == bindparam("recipient"), outbox.c.next_ms.is_not(None))
    .order_by(outbox.c.next_ms)
    .limit(1)
)
_TIME = update(outbox).where(outbox.c.message_id == bindparam("id")).values(next_ms=bindparam("at"))

_ROW = select(outbox).where(outbox.c.message_id == bindparam("id"))
_CLOSE = (
    update(outbox)
    .where(outbox.c.message_id == bindparam("id"))
    .values(
        state=bindparam("state"),
        owed=0,
        next_ms=None,
        attempts=outbox.c.attempts + 1,
        settled_ms=bindparam("settled_ms"),
        receipt=bindparam("receipt"),
        error=bindparam("error"),
        reason=bindparam("reason"),
        body=bindparam("body"),
    )
)


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """A row of the outbox. body: sealed, None once it is not needed; sent_ms: since when it may have arrived."""

    message_id: bytes
    recipient: str
    conversation: bytes
    number: int
    kind: str
    body: bytes | None
    body_hash: bytes
    ms: int
    until_ms: int | None
    state: OutboxState
    owed: bool
    next_ms: int | None
    attempts: int
    sent_ms: int | None
    error: str
    reason: str
    settled_ms: int | None
    receipt: bytes | None


def next_number(connection: Connection, recipient: str, conversation: bytes) -> int:
    """Give the next number of a conversation with a recipient."""
    last: int | None = connection.scalar(_LAST, {"recipient": recipient, "conversation": conversation})
    if last is None:
        connection.execute(insert(outbox_line).values(recipient=recipient, conversation=conversation, last=1))
        return 1
    connection.execute(_COUNT, {"to": recipient, "line": conversation, "number": last + 1})
    return last + 1


def add(connection: Connection, sealer: Sealer, letter: Letter, hashed: bytes, until_ms: int | None) -> None:
    """Queue a letter; it is due at once if nothing of its conversation waits. hashed: body_hash of its body."""
    line = {"recipient": letter.recipient, "conversation": letter.conversation, "after": 0}
    first = connection.scalar(_OWED, line) is None
    connection.execute(
        insert(outbox),
        {
            "message_id": letter.message_id,
            "recipient": letter.recipient,
            "conversation": letter.conversation,
            "number": letter.number,
            "kind": letter.kind,
            "body": sealer.seal(letter.body, _place(letter.message_id)),
            "body_hash": hashed,
            "ms": letter.ms,
            "until_ms": until_ms,
            "state": OutboxState.WAITING,
            "owed": 1,
            "next_ms": letter.ms if first else None,
            "attempts": 0,
            "sent_ms": None,
            "error": "",
            "reason": "",
            "settled_ms": None,
            "receipt": None,
        },
    )


def open_body(sealer: Sealer, waiting: Waiting) -> bytes:
    """The body of a letter; empty if it was dropped. Raises LancangError STORAGE_DAMAGED."""
    return b"" if waiting.body is None else sealer.open(waiting.body, _place(waiting.message_id))


def due(connection: Connection, recipient: str, now_ms: int, most: int) -> list[Waiting]:
    """Letters for a recipient that may be tried now, the longest due first, each of another conversation."""
    rows = connection.execute(_DUE, {"recipient": recipient, "now": now_ms, "most": most})
    return [_waiting(row) for row in rows]


def get(connection: Connection, message_id: bytes) -> Waiting | None:
    """One letter, None if there is none of that id."""
    row = connection.execute(_ROW, {"id": message_id}).first()
    return None if row is None else _waiting(row)


def next_due(connection: Connection, recipients: Sequence[str]) -> dict[str, int]:
    """For each of these recipients to whom something is owed: when the first is tried next."""
    found = ((name, connection.scalar(_FIRST, {"recipient": name})) for name in recipients)
    return {name: ms for name, ms in found if ms is not None}


def recipients(connection: Connection) -> list[str]:
    """Everybody to whom a letter waits."""
    query = select(outbox.c.recipient).where(outbox.c.state.in_(OPEN)).distinct()
    return [row[0] for row in connection.execute(query.order_by(outbox.c.recipient))]


def mark_sent(connection: Connection, message_ids: Sequence[bytes], ms: int) -> dict[bytes, Waiting]:
    """From now on those of these that still wait may have arrived. Returns their rows as they are now."""
    ids = outbox.c.message_id.in_(message_ids)
    connection.execute(update(outbox).where(ids, outbox.c.state == OutboxState.WAITING).values(sent_ms=ms))
    return {row.message_id: _waiting(row) for row in connection.execute(select(outbox).where(ids))}


def give_up(connection: Connection, waiting: Waiting, state: OutboxState, why: Refusal) -> None:
    """Say that a letter was given up, and drop its body. Its number is still owed."""
    row = update(outbox).where(outbox.c.message_id == waiting.message_id)
    connection.execute(row.values(state=state, error=why.code, reason=why.reason, body=None))


def withdrawing(connection: Connection, waiting: Waiting, now_ms: int) -> None:
    """A letter is to be withdrawn that may have arrived; if it is the next of its conversation, at once."""
    row = update(outbox).where(outbox.c.message_id == waiting.message_id)
    next_ms = None if waiting.next_ms is None else now_ms
    connection.execute(row.values(state=OutboxState.WITHDRAWING, next_ms=next_ms))


def close(
    connection: Connection, waiting: Waiting, ms: int, receipt: bytes, state: OutboxState, refusal: Refusal | None
) -> None:
    """The recipient has signed for a number: keep its receipt, and let the next of the conversation go at once.

    The body of a letter that was delivered is kept until drop_bodies.
    """
    kept = {"body": waiting.body} if state is OutboxState.DELIVERED else {"body": None}
    connection.execute(
        _CLOSE,
        {
            "id": waiting.message_id,
            "state": state,
            "settled_ms": ms,
            "receipt": receipt,
            "error": "" if refusal is None else refusal.code,
            "reason": "" if refusal is None else refusal.reason,
            **kept,
        },
    )
    line = {"recipient": waiting.recipient, "conversation": waiting.conversation, "after": waiting.number}
    following = connection.scalar(_OWED, line)
    if following is not None:
        connection.execute(_TIME, {"id": following, "at": ms})


def reopen(connection: Connection, waiting: Waiting, first: int, next_ms: int) -> bool:
    """Owe again the numbers of this letter's conversation from first on and below it, the first of them at next_ms.

    What is still kept of them waits again; of the others the number alone. False, and nothing done, if first is not
    one of them.
    """
    line = (outbox.c.recipient == waiting.recipient, outbox.c.conversation == waiting.conversation)
    start = connection.scalar(select(outbox.c.message_id).where(*line, outbox.c.number == first))
    if start is None:
        return False
    again = update(outbox).where(*line, outbox.c.number >= first, outbox.c.number < waiting.number)
    kept = (outbox.c.body.is_not(None), outbox.c.state == OutboxState.DELIVERED)
    connection.execute(again.values(owed=1, next_ms=None))
    connection.execute(again.where(*kept).values(state=OutboxState.WAITING))
    connection.execute(_TIME, {"id": waiting.message_id, "at": None})
    connection.execute(_TIME, {"id": start, "at": next_ms})
    return True


def number_anew(connection: Connection, waiting: Waiting, by: int, now_ms: int) -> None:
    """Raise the number of this letter, and of those after it in its conversation, by so much; it is due at once."""
    line = (outbox.c.recipient == waiting.recipient, outbox.c.conversation == waiting.conversation)
    # By way of negative numbers: one that is raised may not meet the next one on its way.
    connection.execute(
        update(outbox).where(*line, outbox.c.number >= waiting.number).values(number=-(outbox.c.number + by))
    )
    connection.execute(update(outbox).where(*line, outbox.c.number < 0).values(number=-outbox.c.number))
    counted = (outbox_line.c.recipient == waiting.recipient, outbox_line.c.conversation == waiting.conversation)
    connection.execute(update(outbox_line).where(*counted).values(last=outbox_line.c.last + by))
    connection.execute(_TIME, {"id": waiting.message_id, "at": now_ms})


def expired(connection: Connection, now_ms: int, most: int) -> list[Waiting]:
    """Letters that still wait though their time is over."""
    query = select(outbox).where(outbox.c.state == OutboxState.WAITING, outbox.c.until_ms <= now_ms)
    return [_waiting(row) for row in connection.execute(query.order_by(outbox.c.until_ms).limit(most))]


def undelivered(connection: Connection, recipient: str, most: int) -> list[Waiting]:
    """Letters to a recipient of which nobody knows that they arrived, or were given up."""
    query = select(outbox).where(outbox.c.state.in_(OPEN), outbox.c.recipient == recipient)
    return [_waiting(row) for row in connection.execute(query.order_by(outbox.c.ms).limit(most))]


def drop_bodies(connection: Connection, before_ms: int, most: int) -> int:
    """Drop the bodies of letters that were delivered before a time. Returns how many; 0 when none is left."""
    old = (
        select(outbox.c.message_id)
        .where(outbox.c.state == OutboxState.DELIVERED, outbox.c.body.is_not(None), outbox.c.settled_ms < before_ms)
        .limit(most)
    )
    return connection.execute(update(outbox).where(outbox.c.message_id.in_(old)).values(body=None)).rowcount


def put_off(connection: Connection, waiting: Waiting, next_ms: int, error: str, reason: str) -> None:
    """A try failed: say why, and when the next one is."""
    connection.execute(
        update(outbox)
        .where(outbox.c.message_id == waiting.message_id, outbox.c.owed == 1)
        .values(next_ms=next_ms, attempts=outbox.c.attempts + 1, error=error, reason=reason)
    )


def hurry(connection: Connection, recipient: str, now_ms: int) -> int:
    """Try whatever waits for a recipient at once. Returns how many letters had been put off."""
    waits = update(outbox).where(outbox.c.recipient == recipient, outbox.c.next_ms > now_ms)
    return connection.execute(waits.values(next_ms=now_ms)).rowcount


def waiting_by_recipient(connection: Connection) -> dict[str, tuple[int, int]]:
    """For each recipient for whom a letter waits: how many do, and the time at which the oldest was written."""
    query = select(outbox.c.recipient, func.count(), func.min(outbox.c.ms)).where(outbox.c.state.in_(OPEN))
    rows = connection.execute(query.group_by(outbox.c.recipient).order_by(outbox.c.recipient))
    return {name: (number, oldest_ms) for name, number, oldest_ms in rows}


def page(connection: Connection, recipient: str, most: int, *, settled: bool) -> list[Waiting]:
    """Letters for a recipient, or for all: those that wait, the oldest first, or with settled the newest of all."""
    query = select(outbox).order_by(outbox.c.ms.desc()) if settled else select(outbox).order_by(outbox.c.ms)
    if not settled:
        query = query.where(outbox.c.state.in_(OPEN))
    if recipient:
        query = query.where(outbox.c.recipient == recipient)
    return [_waiting(row) for row in connection.execute(query.limit(most))]


def beginning_with(connection: Connection, start: bytes) -> list[Waiting]:
    """The first two letters whose id begins so."""
    last = start + b"\xff" * (MESSAGE_ID_BYTES - len(start))
    ids = outbox.c.message_id.between(start, last)
    return [_waiting(row) for row in connection.execute(select(outbox).where(ids).limit(2))]


def _place(message_id: bytes) -> Place:
    return Place("outbox", message_id, "body")


def _waiting(row: Row[Any]) -> Waiting:
    fields = row._asdict()
    return Waiting(**{**fields, "state": OutboxState(fields["state"]), "owed": bool(fields["owed"])})
