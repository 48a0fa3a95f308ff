"""Send what is due for one peer in one call, check the receipts, and keep what became of each letter.

Letters are signed now, with the key that the roster names now: one that waited through a change of keys is good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from node.acts.courier.backoff import next_try
from node.acts.membership.standing import check_target
from node.acts.runtime.node import Node
from node.acts.runtime.peer import Peer
from node.audit.journal import ActKind, Detail, record_act
from node.errors import LancangError
from node.exchange.letter import check_receipt, letter_bytes, letter_hash, receipt_words, sign_letter
from node.model.courier import (
    MOST_CALL_BYTES,
    MOST_LETTERS,
    Kind,
    Letter,
    LetterOutcome,
    NotTaken,
    OutboxState,
    Receipt,
    SignedLetter,
)
from node.storage import courier
from node.storage.courier import Waiting

DELIVER_SECONDS = 20.0
_log = structlog.get_logger("courier")


@dataclass(frozen=True, slots=True, repr=False)
class _Sent:
    """A letter as it goes out. waiting: its row."""

    waiting: Waiting
    signed: SignedLetter


async def send_due(node: Node, peer: Peer) -> int:
    """Send the letters that are due for a peer in one call, and return how many were signed for.

    Raises LancangError: the call as a whole failed, and nothing is known of any of its letters.
    """
    recipient = check_target(node, peer.node_id)
    found = await node.read(courier.due, peer.node_id, node.clock.now_ms(), MOST_LETTERS)
    if not found:
        return 0
    letters = await node.compute(_sign_all, node, found)
    limited = [each.waiting.message_id for each in letters if each.waiting.until_ms and not each.waiting.sent_ms]
    if limited:
        # Whether one arrived must be known before it is given up as unsent.
        await node.write_bulk(courier.mark_sent, limited, node.clock.now_ms())
    outcomes = await peer.deliver([each.signed for each in letters], DELIVER_SECONDS)
    checked = await node.compute(_check_all, node, letters, outcomes, recipient.signing_key)
    for each, outcome in zip(letters, checked, strict=True):
        if isinstance(outcome, Receipt):
            continue
        await _report(node, each, outcome)
    return await node.write_bulk(_settle_all, node, letters, checked)


def _sign_all(node: Node, found: Sequence[Waiting]) -> list[_Sent]:
    """As many of them as one call takes."""
    letters: list[_Sent] = []
    size = 0
    for waiting in found:
        letter = letter_of(node, waiting)
        size += len(letter.body)
        if letters and size > MOST_CALL_BYTES:
            break
        letters.append(_Sent(waiting, sign_letter(node.alliance, letter, node.signing)))
    return letters


def letter_of(node: Node, waiting: Waiting) -> Letter:
    """What is sent of a row: the letter itself, or in its place, once it was given up, its withdrawal."""
    kind, body = waiting.kind, b""
    if waiting.state is OutboxState.WAITING:
        body = courier.open_body(node.sealer, waiting)
    else:
        kind = Kind.WITHDRAWN
    return Letter(
        waiting.message_id, waiting.conversation, waiting.number, kind, body, waiting.ms, node.node_id,
        waiting.recipient,
    )  # fmt: skip


def _check_all(
    node: Node, letters: Sequence[_Sent], outcomes: Sequence[LetterOutcome], key: bytes
) -> list[LetterOutcome]:
    return [_check(node, each, outcome, key) for each, outcome in zip(letters, outcomes, strict=True)]


def _check(node: Node, sent: _Sent, outcome: LetterOutcome, key: bytes) -> LetterOutcome:
    """The outcome, if the recipient signed it; what is wrong with it otherwise."""
    if not isinstance(outcome, Receipt):
        return outcome
    letter = sent.signed.letter
    try:
        check_receipt(outcome, letter, letter_hash(letter_bytes(node.alliance, letter)), key)
    except LancangError as problem:
        return NotTaken(problem)
    return outcome


async def _report(node: Node, sent: _Sent, outcome: NotTaken) -> None:
    """A receipt that is none is the recipient's fault."""


def _settle_all(connection: Connection, node: Node, letters: Sequence[_Sent], outcomes: Sequence[LetterOutcome]) -> int:
    settled = 0
    now = node.clock.now_ms()
    for each, outcome in zip(letters, outcomes, strict=True):
        if isinstance(outcome, Receipt):
            _settle(connection, node, each, outcome, now)
            settled += 1
        else:
            problem = outcome.problem
            pause = next_try(each.waiting.attempts, problem.retry_after_ms)
            courier.put_off(connection, each.waiting, now + pause, problem.code.value, problem.detail)
    return settled


def _settle(connection: Connection, node: Node, sent: _Sent, receipt: Receipt, now: int) -> None:
    waiting, letter, refusal = sent.waiting, sent.signed.letter, receipt.refusal
    state = OutboxState.DELIVERED if refusal is None else OutboxState.REFUSED
    code, reason = ("", "") if refusal is None else (refusal.code, refusal.reason)
    courier.settle(connection, waiting, state, now, receipt_words(letter, receipt), code, reason)
    detail: Detail = {
        "letter_kind": letter.kind,
        "conversation": letter.conversation.hex(),
        "number": letter.number,
        "hash": receipt.letter_hash.hex(),
    }
    kind = ActKind.LETTER_DELIVERED
    if refusal is not None:
        kind, detail = ActKind.LETTER_REFUSED, {**detail, "code": code}
    record_act(connection, kind, node.node_id, waiting.recipient, now, detail, act_id=waiting.message_id)
    if refusal is not None:
        told = node.courier.on_refused.get(Kind(letter.kind)) if letter.kind in set(Kind) else None
        if told is not None:
            told(connection, node, letter, refusal)
