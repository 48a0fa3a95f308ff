"""After one of two nodes was restored from a backup their numbers differ; what was lost with it is put right here.

A restored recipient waits for numbers that it signed for once: they are sent again. A restored sender begins with
numbers that it gave out once: those of its letters that wait go on behind them.
"""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, page, record_act
from node.storage import courier
from node.storage.courier import Waiting

MOST_AGAIN = 10_000
"""Who asks for more of one conversation waits for people: they see it in the outbox."""


def send_again(connection: Connection, node: Node, waiting: Waiting, first: int, next_ms: int) -> None:
    """The recipient waits for a number below this one: send from there on what is still kept; else its withdrawal.

    The first of them goes at next_ms, so that a recipient that never has enough is asked less and less often.
    """
    if waiting.number - first > MOST_AGAIN:
        return
    if courier.reopen(connection, waiting, first, next_ms):
        detail: Detail = {"conversation": waiting.conversation.hex(), "first": first, "before": waiting.number}
        now = node.clock.now_ms()
        record_act(connection, ActKind.LETTERS_SENT_AGAIN, node.node_id, waiting.recipient, now, detail)


def number_anew(connection: Connection, node: Node, waiting: Waiting, expected: int) -> None:
    """The recipient knows later numbers of this conversation than this node: go on behind them.

    Only a node that was restored does so; to any other it is a fault that people must look at.
    """
    if page(connection, kind=ActKind.NODE_RESTORED, limit=1):
        courier.number_anew(connection, waiting, expected - waiting.number, node.clock.now_ms())
