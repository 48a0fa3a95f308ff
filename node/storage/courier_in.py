"""Letters received: which, with what answer, and which number each conversation has reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select

from node.model.courier import Letter, Receipt, Refusal
from node.storage.schema_courier import courier_in

_BY_ID = select(courier_in).where(
    courier_in.c.sender == bindparam("sender"), courier_in.c.message_id == bindparam("message_id")
)
_BY_NUMBER = select(courier_in).where(
    courier_in.c.sender == bindparam("sender"),
    courier_in.c.conversation == bindparam("conversation"),
    courier_in.c.number == bindparam("number"),
)
_LAST = select(func.max(courier_in.c.number)).where(
    courier_in.c.sender == bindparam("sender"), courier_in.c.conversation == bindparam("conversation")
)


@dataclass(frozen=True, slots=True, repr=False)
class Received:
    """One letter that was answered for good. written: what its sender signed, with signature."""

    message_id: bytes
    conversation: bytes
    number: int
    written: bytes
    signature: bytes
    receipt: Receipt


def by_id(connection: Connection, sender: str, message_id: bytes) -> Received | None:
    """The letter of that id from a sender, None if there is none."""
    row = connection.execute(_BY_ID, {"sender": sender, "message_id": message_id}).first()
    return None if row is None else _received(row)


def by_number(connection: Connection, sender: str, conversation: bytes, number: int) -> Received | None:
    """The letter that bore a number of a conversation, None if there is none."""
    where = {"sender": sender, "conversation": conversation, "number": number}
    row = connection.execute(_BY_NUMBER, where).first()
    return None if row is None else _received(row)


def last_number(connection: Connection, sender: str, conversation: bytes) -> int:
    """The last number received in a conversation from a sender; 0 if there is none."""
    return connection.scalar(_LAST, {"sender": sender, "conversation": conversation}) or 0


def add(connection: Connection, letter: Letter, written: bytes, signature: bytes, receipt: Receipt) -> None:
    """Keep a letter's number and its receipt; its content is its handler's business."""
    refusal = receipt.refusal
    connection.execute(
        insert(courier_in),
        {
            "sender": letter.sender,
            "message_id": letter.message_id,
            "conversation": letter.conversation,
            "number": letter.number,
            "written": written,
            "signature": signature,
            "letter_hash": receipt.letter_hash,
            "code": "" if refusal is None else refusal.code,
            "reason": "" if refusal is None else refusal.reason,
            "ms": receipt.ms,
            "receipt": receipt.signature,
        },
    )


def _received(row: Row[Any]) -> Received:
    refusal = Refusal(row.code, row.reason) if row.code else None
    receipt = Receipt(row.letter_hash, refusal, row.ms, row.receipt)
    return Received(row.message_id, row.conversation, row.number, row.written, row.signature, receipt)
