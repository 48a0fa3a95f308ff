"""Messages of the courier contract <-> model, with every check of content."""

from __future__ import annotations

from collections.abc import Sequence

from node.errors import Code, LancangError
from node.model.courier import (
    LONGEST_KIND,
    LONGEST_REASON,
    MOST_BODY_BYTES,
    MOST_LETTERS,
    Letter,
    LetterOutcome,
    NotTaken,
    Receipt,
    Refusal,
    SignedLetter,
)
from node.v1 import courier_pb2
from node.wire.reading import exact, moment, node_id, short_text
from node.wire.status import said, shown


def letters_to_message(letters: Sequence[SignedLetter]) -> courier_pb2.DeliverRequest:
    """Encode letters."""
    return courier_pb2.DeliverRequest(letters=map(_letter_to_message, letters))


def _letter_to_message(signed: SignedLetter) -> courier_pb2.SignedLetter:
    letter = signed.letter
    return courier_pb2.SignedLetter(
        message_id=letter.message_id,
        conversation=letter.conversation,
        number=letter.number,
        kind=letter.kind,
        body=letter.body,
        ms=letter.ms,
        sender=letter.sender,
        recipient=letter.recipient,
        signature=signed.signature,
    )


def letters_from_message(message: courier_pb2.DeliverRequest) -> list[SignedLetter | LancangError]:
    """Decode letters; in place of one that is malformed, what is wrong with it.

    Raises LancangError: MESSAGE_MALFORMED without any letter, INPUT_TOO_LARGE for more than 16.
    """
    if not message.letters:
        raise LancangError(Code.MESSAGE_MALFORMED, "letters: there is none")
    if len(message.letters) > MOST_LETTERS:
        raise LancangError(Code.INPUT_TOO_LARGE, f"{len(message.letters)} letters; one call takes {MOST_LETTERS}")
    return [_one_letter(letter) for letter in message.letters]


def _one_letter(message: courier_pb2.SignedLetter) -> SignedLetter | LancangError:
    try:
        return _letter_from_message(message)
    except LancangError as problem:
        return problem


def _letter_from_message(message: courier_pb2.SignedLetter) -> SignedLetter:
    if len(message.body) > MOST_BODY_BYTES:
        raise LancangError(Code.INPUT_TOO_LARGE, f"body: a letter's has at most {MOST_BODY_BYTES} bytes")
    letter = Letter(
        message_id=exact(message.message_id, "message_id", 16),
        conversation=exact(message.conversation, "conversation", 16),
        number=message.number,
        kind=short_text(message.kind, "kind", LONGEST_KIND),
        body=message.body,
        ms=moment(message.ms, "ms"),
        sender=node_id(message.sender, "sender"),
        recipient=node_id(message.recipient, "recipient"),
    )
    return SignedLetter(letter, exact(message.signature, "signature", 64))


def outcomes_to_message(outcomes: Sequence[LetterOutcome]) -> courier_pb2.DeliverResponse:
    """Encode what became of several letters, in their order."""
    return courier_pb2.DeliverResponse(outcomes=map(_outcome_to_message, outcomes))


def _outcome_to_message(outcome: LetterOutcome) -> courier_pb2.LetterOutcome:
    if isinstance(outcome, Receipt):
        return courier_pb2.LetterOutcome(receipt=_receipt_to_message(outcome))
    problem = outcome.problem
    told = courier_pb2.LetterNotTaken(code=problem.code.value, detail=said(problem), remedy=problem.remedy)
    if problem.retry_after_ms is not None:
        told.retry_after_ms = max(0, problem.retry_after_ms)
    if outcome.expected is not None:
        told.expected_number = outcome.expected
    return courier_pb2.LetterOutcome(not_taken=told)


def _receipt_to_message(receipt: Receipt) -> courier_pb2.LetterReceipt:
    refusal = receipt.refusal
    return courier_pb2.LetterReceipt(
        code="" if refusal is None else refusal.code,
        reason="" if refusal is None else refusal.reason,
        ms=receipt.ms,
        letter_hash=receipt.letter_hash,
        signature=receipt.signature,
    )


def outcomes_from_message(message: courier_pb2.DeliverResponse, sent: int) -> list[LetterOutcome]:
    """Decode what a recipient says of so many letters; in place of what is malformed, what is wrong with it.

    Raises LancangError(MESSAGE_MALFORMED) unless there is one outcome for each letter.
    """
    if len(message.outcomes) != sent:
        raise LancangError(Code.MESSAGE_MALFORMED, "outcomes: not one for each letter")
    return [_outcome_from_message(outcome) for outcome in message.outcomes]


def _outcome_from_message(message: courier_pb2.LetterOutcome) -> LetterOutcome:
    if message.WhichOneof("outcome") == "receipt":
        try:
            return _receipt_from_message(message.receipt)
        except LancangError as problem:
            return NotTaken(problem)
    told = message.not_taken
    expected = told.expected_number if told.HasField("expected_number") else None
    if told.code not in set(Code):
        return NotTaken(LancangError(Code.INTERNAL, "not taken, by a code that this node does not know"), expected)
    retry = told.retry_after_ms if told.HasField("retry_after_ms") else None
    why = LancangError(Code(told.code), shown(told.detail), remedy=shown(told.remedy), retry_after_ms=retry)
    return NotTaken(why, expected)


def _receipt_from_message(message: courier_pb2.LetterReceipt) -> Receipt:
    if len(message.reason) > LONGEST_REASON:
        raise LancangError(Code.MESSAGE_MALFORMED, f"reason: at most {LONGEST_REASON} characters")
    # As signed: what an officer is shown of it is made printable there.
    refusal = Refusal(short_text(message.code, "code", 16), message.reason) if message.code else None
    return Receipt(
        letter_hash=exact(message.letter_hash, "letter_hash", 32),
        refusal=refusal,
        ms=moment(message.ms, "ms"),
        signature=exact(message.signature, "signature", 64),
    )
