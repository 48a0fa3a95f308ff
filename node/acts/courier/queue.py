"""Queue a letter in the transaction of the act it belongs to: it will arrive if that act was done, and only then."""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.membership.standing import member_of
from node.acts.runtime.node import Node
from node.errors import Code, LancangError
from node.exchange.letter import body_hash
from node.model.courier import CONVERSATION_BYTES, MESSAGE_ID_BYTES, MOST_BODY_BYTES, Kind, Letter
from node.model.officer import Role
from node.storage import courier


def post(
    connection: Connection,
    node: Node,
    recipient: str,
    conversation: bytes,
    kind: Kind,
    body: bytes,
    ms: int,
    *,
    until_ms: int | None = None,
) -> bytes:
    """Queue a letter in the caller's transaction (node.write's) and return its message id, 16 bytes.

    conversation: 16 bytes; letters of one arrive in the order in which they were queued. body: at most 256 KiB.
    until_ms: from then on a letter that did not arrive is given up, and on_refused is told.
    Raises LancangError: PEER_UNKNOWN, ROLE_FORBIDDEN to whoever holds no records, INPUT_INVALID, INPUT_TOO_LARGE.
    """
    member = member_of(node, recipient)
    if recipient == node.node_id:
        raise LancangError(Code.INPUT_INVALID, "recipient: a node writes no letters to itself")
    if member.role is not Role.MEMBER:
        raise LancangError(Code.ROLE_FORBIDDEN, f"{recipient} holds no records: letters go between those who do")
    if len(conversation) != CONVERSATION_BYTES:
        raise LancangError(Code.INPUT_INVALID, f"conversation: {CONVERSATION_BYTES} bytes")
    if len(body) > MOST_BODY_BYTES:
        raise LancangError(Code.INPUT_TOO_LARGE, f"{len(body)} bytes; a letter's body has at most {MOST_BODY_BYTES}")
    number = courier.next_number(connection, recipient, conversation)
    message_id = node.random(MESSAGE_ID_BYTES)
    letter = Letter(message_id, conversation, number, kind, body, ms, node.node_id, recipient)
    courier.add(connection, node.sealer, letter, body_hash(body), until_ms)
    node.courier.posted += 1
    return message_id
