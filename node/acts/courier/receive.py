"""Receive letters: each runs its handler once, in the transaction that records its receipt, in its place in order.

A letter that was answered for good is answered again with the same receipt. What goes wrong otherwise leaves nothing
behind, and the sender tries again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from node.acts.membership.roster_in_force import check_in_force
from node.acts.membership.standing import check_still, member_of
from node.acts.runtime.courier import Handler, OnRefused
from node.acts.runtime.node import Node
from node.acts.runtime.report_fault import report_letter_fault
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.letter import PASSING, check_letter, letter_bytes, letter_hash, sign_receipt
from node.model.courier import LONGEST_REASON, Kind, Letter, LetterOutcome, NotTaken, Receipt, Refusal, SignedLetter
from node.model.officer import Caller
from node.storage import courier_in
from node.storage.courier_in import Received
from node.storage.savepoint import savepoint

__all__ = ["Handler", "OnRefused", "receive_letters"]
_log = structlog.get_logger("courier")


@dataclass(frozen=True, slots=True)
class _Reused:
    """A number or an id that another letter bore. before: that letter, if it is known."""

    problem: LancangError
    before: Received | None


async def receive_letters(
    node: Node, letters: Sequence[SignedLetter | LancangError], caller: Caller
) -> list[LetterOutcome]:
    """Take the letters of one call in their order, each as if it came alone; a malformed one is given as what it is.

    Raises LancangError: the roster or the caller's standing is in the way of all.
    """
    check_in_force(node)
    sender = member_of(node, caller.name)
    checked = await node.compute(_check_all, node, letters, caller.name, sender.signing_key)
    outcomes: list[LetterOutcome] = []
    for signed in checked:
        check_still(node, caller, sender)
        outcomes.append(NotTaken(signed) if isinstance(signed, LancangError) else await _take(node, signed))
    return outcomes


def _check_all(
    node: Node, letters: Sequence[SignedLetter | LancangError], caller: str, key: bytes
) -> list[SignedLetter | LancangError]:
    return [_check(node, signed, caller, key) for signed in letters]


def _check(node: Node, signed: SignedLetter | LancangError, caller: str, key: bytes) -> SignedLetter | LancangError:
    if isinstance(signed, LancangError):
        return signed
    try:
        check_letter(signed, alliance=node.alliance, sender=caller, recipient=node.node_id, sender_key=key)
    except LancangError as problem:
        return problem
    return signed


async def _take(node: Node, signed: SignedLetter) -> LetterOutcome:
    try:
        outcome = await node.write_bulk(_taken, node, signed)
    except LancangError as problem:
        return NotTaken(problem)
    if isinstance(outcome, _Reused):
        before = [] if outcome.before is None else [(outcome.before.written, outcome.before.signature)]
        now = (letter_bytes(node.alliance, signed.letter), signed.signature)
        await report_letter_fault(node, signed.letter.sender, outcome.problem, [*before, now])
        return NotTaken(outcome.problem)
    return outcome


def _taken(connection: Connection, node: Node, signed: SignedLetter) -> LetterOutcome | _Reused:
    """One letter in one transaction. Raises whatever keeps it from being taken now."""
    letter = signed.letter
    known = courier_in.by_id(connection, letter.sender, letter.message_id)
    last = courier_in.last_number(connection, letter.sender, letter.conversation)
    if known is not None:
        if (known.conversation, known.number) != (letter.conversation, letter.number):
            return _Reused(LancangError(Code.LETTER_REUSED, "another letter bore this id"), known)
        return known.receipt
    if letter.number <= last:
        before = courier_in.by_number(connection, letter.sender, letter.conversation, letter.number)
        return _Reused(LancangError(Code.LETTER_REUSED, f"another letter bore number {letter.number}"), before)
    if letter.number != last + 1:
        gap = f"number {letter.number} came, {last + 1} is the next of this conversation"
        return NotTaken(LancangError(Code.LETTER_GAP, gap), last + 1)
    if courier_in.act_known(connection, letter.message_id):
        return _Reused(LancangError(Code.LETTER_REUSED, "another act bears this id"), None)
    return _handled(connection, node, signed)


def _handled(connection: Connection, node: Node, signed: SignedLetter) -> Receipt:
    letter, now = signed.letter, node.clock.now_ms()
    refusal: Refusal | None = None
    try:
        with savepoint(connection):
            _handle(connection, node, letter)
    except LancangError as problem:
        if problem.code in PASSING:
            raise
        refusal = Refusal(problem.code.value, (problem.detail or problem.title)[:LONGEST_REASON])
    written = letter_bytes(node.alliance, letter)
    receipt = sign_receipt(letter, refusal, now, letter_hash(written), node.signing)
    courier_in.add(connection, letter, written, signed.signature, receipt)
    detail: Detail = {
        "letter_kind": letter.kind,
        "conversation": letter.conversation.hex(),
        "number": letter.number,
        "hash": receipt.letter_hash.hex(),
    }
    kind = ActKind.LETTER_RECEIVED
    if refusal is not None:
        kind, detail = ActKind.LETTER_REFUSED, {**detail, "code": refusal.code}
        _log.info("letter refused", peer=letter.sender, kind=letter.kind, code=refusal.code)
    record_act(connection, kind, letter.sender, letter.sender, now, detail, act_id=letter.message_id)
    return receipt


def _handle(connection: Connection, node: Node, letter: Letter) -> None:
    if letter.kind == Kind.WITHDRAWN:
        return
    known = Kind(letter.kind) if letter.kind in set(Kind) else None
    handler = None if known is None else node.courier.handlers.get(known)
    if handler is None:
        raise LancangError(Code.LETTER_UNKNOWN, f"this node knows no letter of kind {letter.kind}")
    handler(connection, node, letter)
