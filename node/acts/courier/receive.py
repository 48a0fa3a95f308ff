"""Receive letters: each runs its handler once, in the transaction that records its receipt, in its place in order.

A letter that was answered for good is answered again with the same receipt. What goes wrong otherwise leaves nothing
behind, and the sender tries again.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from node.acts.courier.letters import act_of
from node.acts.membership.keys_apart import check_keys_agree
from node.acts.membership.roster_in_force import check_in_force
from node.acts.membership.standing import check_still, member_of
from node.acts.runtime.courier import Handler, OnRefused
from node.acts.runtime.node import Node
from node.acts.runtime.report_fault import report_letter_fault
from node.audit.journal import ActKind, Done, known_ids, record_acts
from node.errors import Code, LancangError
from node.exchange.letter import PASSING, check_letter, letter_bytes, letter_hash, sign_receipt
from node.model.courier import LONGEST_REASON, Kind, Letter, LetterOutcome, NotTaken, Receipt, Refusal, SignedLetter
from node.model.officer import Caller
from node.observe import LETTERS, whereabouts
from node.storage import courier_in
from node.storage.courier_in import Received
from node.storage.savepoint import savepoint

__all__ = ["Handler", "OnRefused", "receive_letters"]

AT_ONCE = 8
"""Letters handled in one transaction: it must be short, for searches wait behind it."""

_log = structlog.get_logger("courier")


@dataclass(frozen=True, slots=True)
class _Reused:
    """A number or an id that another letter bore. before: that letter, if it is known; expected: the next number."""

    problem: LancangError
    before: Received | None
    expected: int


async def receive_letters(
    node: Node, letters: Sequence[SignedLetter | LancangError], caller: Caller
) -> list[LetterOutcome]:
    """Take the letters of one call in their order, each as if it came alone; in place of a malformed one what it is.

    Raises LancangError: the roster, the caller's standing or its rate is in the way of all.
    """
    check_in_force(node)
    sender = member_of(node, caller.name)
    admitted = _within_rate(node, letters, caller.name)
    checked = await node.compute(_check_all, node, admitted, caller.name, sender.signing_key)
    await _log_forged(node, checked, caller.name)
    good = [(place, signed) for place, signed in enumerate(checked) if isinstance(signed, SignedLetter)]
    outcomes: dict[int, LetterOutcome] = {
        place: NotTaken(signed) for place, signed in enumerate(checked) if isinstance(signed, LancangError)
    }
    for start in range(0, len(good), AT_ONCE):
        check_still(node, caller, sender)
        part = good[start : start + AT_ONCE]
        taken = await _take(node, [signed for _, signed in part])
        outcomes.update(zip((place for place, _ in part), taken, strict=True))
    return [outcomes[place] for place in range(len(checked))]


def _within_rate(
    node: Node, letters: Sequence[SignedLetter | LancangError], caller: str
) -> list[SignedLetter | LancangError]:
    """As many as the caller may send now. Raises LancangError(RATE_LIMITED) if not even one."""
    admitted: list[SignedLetter | LancangError] = []
    for signed in letters:
        try:
            node.courier.letters_rate.check(caller, node.clock.now_ms())
        except LancangError as problem:
            if not admitted:
                raise
            return admitted + [problem] * (len(letters) - len(admitted))
        admitted.append(signed)
    return admitted


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


async def _log_forged(node: Node, checked: Sequence[SignedLetter | LancangError], caller: str) -> None:
    """A letter that its caller did not write, or not to this node, is an act; a flood of them is not one of acts."""
    for problem in checked:
        forged = isinstance(problem, LancangError) and problem.code in (Code.LETTER_ALTERED, Code.SIGNATURE_WRONG)
        if isinstance(problem, LancangError) and forged and await _is_fault(node, caller, problem):
            await report_letter_fault(node, caller, problem, [])


async def _is_fault(node: Node, caller: str, problem: LancangError) -> bool:
    """Whether to log it: not where one of the two does not know the other's new key yet."""
    if not _may_log(node, caller):
        return False
    try:
        await check_keys_agree(node, node.copies.view(caller), problem)
    except LancangError:
        return False
    return True


def _may_log(node: Node, peer: str) -> bool:
    try:
        node.courier.faults_rate.check(peer, node.clock.now_ms())
    except LancangError:
        return False
    return True


async def _take(node: Node, letters: Sequence[SignedLetter]) -> list[LetterOutcome]:
    """Take a few letters in one transaction."""
    try:
        taken = await node.write_bulk(_taken, node, letters)
    except LancangError as problem:
        return [NotTaken(problem)] * len(letters)
    outcomes: list[LetterOutcome] = []
    for signed, outcome in zip(letters, taken, strict=True):
        sender = signed.letter.sender
        if isinstance(outcome, _Reused):
            if _may_log(node, sender):
                before = [] if outcome.before is None else [(outcome.before.written, outcome.before.signature)]
                now = (letter_bytes(node.alliance, signed.letter), signed.signature)
                await report_letter_fault(node, sender, outcome.problem, [*before, now])
            outcomes.append(NotTaken(outcome.problem, outcome.expected))
            continue
        if isinstance(outcome, Receipt):
            LETTERS.labels(sender, "received", outcome.refusal.code if outcome.refusal else "OK").inc()
        outcomes.append(outcome)
    return outcomes


def _taken(connection: Connection, node: Node, letters: Sequence[SignedLetter]) -> list[LetterOutcome | _Reused]:
    taken = known_ids(connection, [signed.letter.message_id for signed in letters])
    acts: list[Done] = []
    outcomes = [_one(connection, node, signed, taken, acts) for signed in letters]
    record_acts(connection, acts)
    return outcomes


def _one(
    connection: Connection, node: Node, signed: SignedLetter, taken: Collection[bytes], acts: list[Done]
) -> LetterOutcome | _Reused:
    """Handle the next letter of its conversation; answer one of before as before. taken: ids of acts; acts: grows."""
    letter = signed.letter
    out_of_turn = _out_of_turn(connection, letter, taken)
    if out_of_turn is not None:
        return out_of_turn
    refusal = _handled(connection, node, letter)
    if isinstance(refusal, NotTaken):
        return refusal
    now, written = node.clock.now_ms(), letter_bytes(node.alliance, letter)
    receipt = sign_receipt(letter, refusal, now, letter_hash(written), node.signing)
    courier_in.add(connection, letter, written, signed.signature, receipt)
    kind = ActKind.LETTER_RECEIVED if refusal is None else ActKind.LETTER_REFUSED
    acts.append(act_of(kind, letter.sender, letter.sender, letter, receipt, now))
    return receipt


def _out_of_turn(connection: Connection, letter: Letter, taken: Collection[bytes]) -> LetterOutcome | _Reused | None:
    """What is said of a letter that is not the next one of its conversation; None if it is."""
    known = courier_in.by_id(connection, letter.sender, letter.message_id)
    last = courier_in.last_number(connection, letter.sender, letter.conversation)
    if known is not None:
        if (known.conversation, known.number) == (letter.conversation, letter.number):
            return known.receipt
        return _Reused(LancangError(Code.LETTER_REUSED, "another letter bore this id"), known, last + 1)
    if letter.number <= last:
        before = courier_in.by_number(connection, letter.sender, letter.conversation, letter.number)
        problem = LancangError(Code.LETTER_REUSED, f"another letter bore number {letter.number}")
        return _Reused(problem, before, last + 1)
    if letter.number != last + 1:
        gap = f"number {letter.number} came, {last + 1} is the next of this conversation"
        return NotTaken(LancangError(Code.LETTER_GAP, gap), last + 1)
    if letter.message_id in taken:
        return _Reused(LancangError(Code.LETTER_REUSED, "another act bears this id"), None, last + 1)
    return None


def _handled(connection: Connection, node: Node, letter: Letter) -> Refusal | NotTaken | None:
    """What its handler says to a letter: nothing, that it is refused, or not taken now. Then all it wrote is undone.

    Raises LancangError where the disk fails: then nothing of the transaction stands.
    """
    try:
        with savepoint(connection):
            _handle(connection, node, letter)
    except LancangError as problem:
        if problem.code in (Code.DISK_FULL, Code.STORAGE_DAMAGED):
            raise
        if problem.code in PASSING:
            return NotTaken(problem)
        return Refusal(problem.code.value, (problem.detail or problem.title)[:LONGEST_REASON])
    except Exception as problem:
        reference = secrets.token_hex(4)
        # Where it happened, not what it said: an exception's text may hold a person's data.
        kind, where = type(problem).__name__, whereabouts(problem)
        _log.error("unforeseen", letter_kind=letter.kind, reference=reference, kind=kind, where=where)
        return NotTaken(LancangError(Code.INTERNAL, f"reference {reference}"))
    return None


def _handle(connection: Connection, node: Node, letter: Letter) -> None:
    """Raises LancangError: LETTER_UNKNOWN, or what its handler refuses it with."""
    if letter.kind == Kind.WITHDRAWN:
        return
    known = Kind(letter.kind) if letter.kind in set(Kind) else None
    handler = None if known is None else node.courier.handlers.get(known)
    if handler is None:
        raise LancangError(Code.LETTER_UNKNOWN, f"this node knows no letter of kind {letter.kind}")
    handler(connection, node, letter)
