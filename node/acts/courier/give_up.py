"""Give letters up: those whose time is over, and those to a member that left. Whoever wrote one is told.

Its number is still owed: a withdrawal is sent in its place, or what follows it could never arrive. Where the letter may
have arrived, nobody is told before the recipient has said which of the two it took.
"""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.courier.letters import written
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code
from node.model.courier import Kind, OutboxState, Refusal
from node.storage import courier
from node.storage.courier import Waiting

AT_ONCE = 20
"""Letters given up in one transaction."""

EXPIRED = Refusal(Code.LETTER_EXPIRED.value, "its time was over before it arrived")
_LEFT = "its recipient left the alliance"


def expire(connection: Connection, node: Node) -> int:
    """Give up letters whose time is over. Returns how many were looked at; 0 when none is left."""
    now = node.clock.now_ms()
    found = courier.expired(connection, now, AT_ONCE)
    for waiting in found:
        if waiting.sent_ms is not None:
            courier.withdrawing(connection, waiting, now)
        else:
            give_up(connection, node, waiting, OutboxState.EXPIRED, EXPIRED)
    return len(found)


def return_letters(connection: Connection, node: Node, recipient: str) -> int:
    """Give up letters to a member that left. Returns how many; 0 when none is left."""
    found = courier.undelivered(connection, recipient, AT_ONCE)
    for waiting in found:
        reason = f"{_LEFT}; it may have arrived" if waiting.attempts or waiting.sent_ms else _LEFT
        give_up(connection, node, waiting, OutboxState.RETURNED, Refusal(Code.LETTER_RETURNED.value, reason))
    return len(found)


def give_up(connection: Connection, node: Node, waiting: Waiting, state: OutboxState, why: Refusal) -> None:
    """Keep that a letter was given up, and tell whoever wrote it."""
    tell_refused(connection, node, waiting, why)
    courier.give_up(connection, waiting, state, why)
    record_given_up(connection, node, waiting, why)


def record_given_up(connection: Connection, node: Node, waiting: Waiting, why: Refusal) -> None:
    """The act of it."""
    detail: Detail = {
        "letter_kind": waiting.kind,
        "conversation": waiting.conversation.hex(),
        "number": waiting.number,
        "message_id": waiting.message_id.hex(),
        "code": why.code,
    }
    record_act(connection, ActKind.LETTER_GIVEN_UP, node.node_id, waiting.recipient, node.clock.now_ms(), detail)


def tell_refused(connection: Connection, node: Node, waiting: Waiting, why: Refusal) -> None:
    """Tell whoever wrote a letter, in the transaction that settles it."""
    told = node.courier.on_refused.get(Kind(waiting.kind)) if waiting.kind in set(Kind) else None
    if told is not None:
        told(connection, node, written(node, waiting), why)
