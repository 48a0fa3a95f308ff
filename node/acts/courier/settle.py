"""What becomes of a letter at its sender: a receipt settles it, anything else puts it off; each with its act.

Its row is read anew: while the call was under way the letter may have been given up.
"""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.courier.backoff import next_try
from node.acts.courier.give_up import EXPIRED, record_given_up, tell_refused
from node.acts.courier.letters import act_of
from node.acts.courier.restored import number_anew, send_again
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Done
from node.errors import Code
from node.exchange.letter import receipt_words
from node.model.courier import Kind, Letter, NotTaken, OutboxState, Receipt, Refusal
from node.observe import LETTERS
from node.storage import courier


def settle(connection: Connection, node: Node, letter: Letter, receipt: Receipt) -> Done | None:
    """The recipient has signed for this letter, or for the withdrawal that stands in its place; the next one may go.

    Returns the act of it, for the caller to record; None if it was settled before.
    """
    waiting = courier.get(connection, letter.message_id)
    if waiting is None or not waiting.owed:
        return None
    now, refusal = node.clock.now_ms(), receipt.refusal
    # Where people were told long ago only the number was still owed.
    state, why = waiting.state, Refusal(waiting.error, waiting.reason) if waiting.error else None
    if state is OutboxState.WITHDRAWING and letter.kind == Kind.WITHDRAWN:
        tell_refused(connection, node, waiting, EXPIRED)
        record_given_up(connection, node, waiting, EXPIRED)
        state, why = OutboxState.EXPIRED, EXPIRED
    elif state in courier.OPEN and letter.kind != Kind.WITHDRAWN:
        if refusal is not None:
            tell_refused(connection, node, waiting, refusal)
        state, why = (OutboxState.DELIVERED if refusal is None else OutboxState.REFUSED), refusal
    courier.close(connection, waiting, now, receipt_words(letter, receipt), state, why)
    LETTERS.labels(waiting.recipient, "sent", refusal.code if refusal else "OK").inc()
    kind = ActKind.LETTER_DELIVERED if refusal is None else ActKind.LETTER_REFUSED
    return act_of(kind, node.node_id, letter.recipient, letter, receipt, now)


def not_taken(connection: Connection, node: Node, letter: Letter, outcome: NotTaken) -> None:
    """It was not taken now: try again later, or put right what a restored home does not know any more."""
    waiting = courier.get(connection, letter.message_id)
    if waiting is None or not waiting.owed:
        return
    problem = outcome.problem
    next_ms = node.clock.now_ms() + next_try(waiting.attempts, problem.retry_after_ms)
    courier.put_off(connection, waiting, next_ms, problem.code.value, problem.detail)
    if outcome.expected is None:
        return
    if problem.code is Code.LETTER_GAP and 0 < outcome.expected < waiting.number:
        send_again(connection, node, waiting, outcome.expected, next_ms)
    elif problem.code is Code.LETTER_REUSED and waiting.number < outcome.expected < 1 << 62:
        number_anew(connection, node, waiting, outcome.expected)
