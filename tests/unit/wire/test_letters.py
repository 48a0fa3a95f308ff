"""Letters and their outcomes as messages: what was sent is what is read, and what a peer says badly is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import Code, LancangError
from node.model.courier import Letter, LetterOutcome, NotTaken, Receipt, Refusal, SignedLetter
from node.model.encoding import LATEST_MS
from node.v1 import courier_pb2
from node.wire.courier import letters_from_message, letters_to_message, outcomes_from_message, outcomes_to_message

MS = st.integers(0, LATEST_MS)
PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=64)
LETTERS = st.builds(
    SignedLetter,
    st.builds(
        Letter,
        message_id=st.binary(min_size=16, max_size=16),
        conversation=st.binary(min_size=16, max_size=16),
        number=st.integers(1, 2**64 - 1),
        kind=PLAIN,
        body=st.binary(max_size=200),
        ms=MS,
        sender=st.just("cn"),
        recipient=st.just("th"),
    ),
    st.binary(min_size=64, max_size=64),
)
RECEIPTS = st.builds(
    Receipt,
    letter_hash=st.binary(min_size=32, max_size=32),
    refusal=st.none() | st.builds(Refusal, st.just("LCG-417"), st.text(max_size=100)),
    ms=MS,
    signature=st.binary(min_size=64, max_size=64),
)


@given(st.lists(LETTERS, min_size=1, max_size=16))
def test_letters_are_read_as_they_were_written(letters: list[SignedLetter]) -> None:
    message = courier_pb2.DeliverRequest.FromString(letters_to_message(letters).SerializeToString())
    assert letters_from_message(message) == letters


@given(st.lists(RECEIPTS, max_size=16))
def test_receipts_are_read_as_they_were_signed(receipts: list[Receipt]) -> None:
    outcomes: list[LetterOutcome] = list(receipts)
    message = courier_pb2.DeliverResponse.FromString(outcomes_to_message(outcomes).SerializeToString())
    assert outcomes_from_message(message, len(receipts)) == receipts


def test_why_a_letter_was_not_taken_arrives_whole() -> None:
    told = NotTaken(LancangError(Code.LETTER_GAP, "a gap", retry_after_ms=7), 5)
    (read,) = outcomes_from_message(outcomes_to_message([told]), 1)
    assert isinstance(read, NotTaken)
    assert (read.problem.code, read.problem.detail, read.problem.retry_after_ms) == (Code.LETTER_GAP, "a gap", 7)
    assert read.expected == 5


@given(st.binary(max_size=300))
def test_whatever_a_recipient_answers_is_an_outcome_or_refused_by_name(data: bytes) -> None:
    message = courier_pb2.DeliverResponse(outcomes=[_parsed(data)])
    (read,) = outcomes_from_message(message, 1)
    assert isinstance(read, NotTaken | Receipt)


def _parsed(data: bytes) -> courier_pb2.LetterOutcome:
    receipt = courier_pb2.LetterReceipt(letter_hash=data[:40], signature=data[40:], ms=len(data), code="LCG-417")
    return courier_pb2.LetterOutcome(receipt=receipt)


def test_an_answer_with_another_number_of_outcomes_is_refused() -> None:
    with pytest.raises(LancangError) as refusal:
        outcomes_from_message(courier_pb2.DeliverResponse(), 1)
    assert refusal.value.code is Code.MESSAGE_MALFORMED


def test_a_peers_words_that_would_drive_a_terminal_are_made_plain() -> None:
    told = courier_pb2.LetterNotTaken(code="LCG-415", detail="\x1b[2Jgone")
    (read,) = outcomes_from_message(
        courier_pb2.DeliverResponse(outcomes=[courier_pb2.LetterOutcome(not_taken=told)]), 1
    )
    assert isinstance(read, NotTaken)
    assert "\x1b" not in read.problem.detail
