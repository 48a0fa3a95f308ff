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
from node.model.courier import Letter, OutboxState
from node.storage.schema_courier import outbox, outbox_line

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
_TIME = update(outbox).where(outbox.c.message_id == bindparam("id")).values(next_ms=bindparam("at"))


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
    row = connection.execute(select(outbox).where(outbox.c.message_id == message_id)).first()
    return None if row is None else _waiting(row)


def next_due(connection: Connection) -> dict[str, int]:
    """For each recipient of whom something is owed: when the first is tried next."""
    query = select(outbox.c.recipient, func.min(outbox.c.next_ms)).where(outbox.c.next_ms.is_not(None))
    return {row[0]: row[1] for row in connection.execute(query.group_by(outbox.c.recipient))}


def mark_sent(connection: Connection, message_ids: Sequence[bytes], ms: int) -> None:
    """From now on these may have arrived."""
    ids = outbox.c.message_id.in_(message_ids)
    connection.execute(update(outbox).where(ids, outbox.c.sent_ms.is_(None)).values(sent_ms=ms))


def settle(
    connection: Connection, waiting: Waiting, state: OutboxState, ms: int, receipt: bytes, error: str, reason: str
) -> None:
    """The recipient has signed for a number: keep the receipt, and let the next of the conversation go at once."""
    connection.execute(
        update(outbox)
        .where(outbox.c.message_id == waiting.message_id)
        .values(
            state=state, owed=0, next_ms=None, attempts=waiting.attempts + 1, error=error, reason=reason,
            settled_ms=ms, receipt=receipt, body=None,
        )
    )  # fmt: skip
    line = {"recipient": waiting.recipient, "conversation": waiting.conversation, "after": waiting.number}
    following = connection.scalar(_OWED, line)
    if following is not None:
        connection.execute(_TIME, {"id": following, "at": ms})


def put_off(connection: Connection, waiting: Waiting, next_ms: int, error: str, reason: str) -> None:
    """A try failed: say why, and when the next one is."""
    connection.execute(
        update(outbox)
        .where(outbox.c.message_id == waiting.message_id, outbox.c.owed == 1)
        .values(next_ms=next_ms, attempts=outbox.c.attempts + 1, error=error, reason=reason)
    )


def hurry(connection: Connection, recipient: str, now_ms: int) -> None:
    """Try whatever waits for a recipient at once."""
    waits = update(outbox).where(outbox.c.recipient == recipient, outbox.c.next_ms > now_ms)
    connection.execute(waits.values(next_ms=now_ms))


def _place(message_id: bytes) -> Place:
    return Place("outbox", message_id, "body")


def _waiting(row: Row[Any]) -> Waiting:
    fields = row._asdict()
    return Waiting(**{**fields, "state": OutboxState(fields["state"]), "owed": bool(fields["owed"])})
