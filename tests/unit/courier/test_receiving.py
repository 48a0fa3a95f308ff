"""What a recipient takes, answers again, and refuses: by its signature, its number, its kind, its handler."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.audit.journal import ActKind
from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.exchange.letter import sign_letter
from node.model.courier import Kind, Letter, LetterOutcome, NotTaken, Receipt, SignedLetter
from node.policy.rates import Rate, RateLimiter
from node.storage import evidence
from tests.support import disk
from tests.support.letter_node import REFUSED, take
from tests.support.letter_pair import RECIPIENT, SENDER, Pair


def letter_of(pair: Pair, number: int = 1, line: bytes = bytes(16), **changed: Any) -> SignedLetter:
    """A letter as the sender would write it, changed before it is signed."""
    letter = Letter(
        os.urandom(16), line, number, Kind.DISCLOSURE_REQUEST, b"hello", pair.clock.now_ms(), SENDER, RECIPIENT
    )
    return sign_letter(pair.sender.alliance, replace(letter, **changed), pair.sender.signing)


async def outcome_of(pair: Pair, signed: SignedLetter) -> LetterOutcome:
    (outcome,) = await pair.line.received([signed])
    return outcome


async def refused_as(pair: Pair, signed: SignedLetter) -> Code:
    outcome = await outcome_of(pair, signed)
    assert isinstance(outcome, NotTaken)
    assert pair.taken() == []
    return outcome.problem.code


async def test_a_letter_that_comes_again_has_the_same_receipt_and_no_effect(pair: Pair) -> None:
    signed = letter_of(pair)
    first = await outcome_of(pair, signed)
    pair.clock.advance(60_000)
    assert isinstance(first, Receipt)
    assert await outcome_of(pair, signed) == first
    assert len(pair.taken()) == 1


async def test_a_letter_of_another_sender_or_to_another_node_is_refused_and_logged(pair: Pair) -> None:
    for wrong in (letter_of(pair, sender="la"), letter_of(pair, recipient="la")):
        assert await refused_as(pair, wrong) is Code.LETTER_ALTERED
    faults = disk.rows(pair.recipient.home, "SELECT peer FROM act WHERE kind = ?", ActKind.LETTER_FAULT)
    assert faults == [(SENDER,), (SENDER,)]


@pytest.mark.parametrize(
    "changed",
    [{"number": 2}, {"body": b"other"}, {"kind": Kind.DISCLOSURE_TAKEN}, {"ms": 5}, {"message_id": bytes(16)}],
)
async def test_a_letter_altered_after_it_was_signed_is_refused(pair: Pair, changed: dict[str, Any]) -> None:
    signed = letter_of(pair)
    altered = SignedLetter(replace(signed.letter, **changed), signed.signature)
    assert await refused_as(pair, altered) is Code.SIGNATURE_WRONG


async def test_a_letter_signed_by_another_key_or_for_another_alliance_is_refused(pair: Pair) -> None:
    letter = letter_of(pair).letter
    other_key = sign_letter(pair.sender.alliance, letter, SigningKey(bytes(32)))
    other_alliance = sign_letter("elsewhere", letter, pair.sender.signing)
    for signed in (other_key, other_alliance):
        assert await refused_as(pair, signed) is Code.SIGNATURE_WRONG
    faults = disk.rows(pair.recipient.home, "SELECT peer FROM act WHERE kind = ?", ActKind.LETTER_FAULT)
    assert faults == [(SENDER,), (SENDER,)]


async def test_a_gap_is_named_with_the_number_that_is_waited_for(pair: Pair) -> None:
    outcome = await outcome_of(pair, letter_of(pair, number=3))
    assert isinstance(outcome, NotTaken)
    assert (outcome.problem.code, outcome.expected) == (Code.LETTER_GAP, 1)
    assert isinstance(await outcome_of(pair, letter_of(pair, number=1)), Receipt)


async def test_another_letter_under_a_used_number_is_refused_and_both_are_kept_as_evidence(pair: Pair) -> None:
    first, second = letter_of(pair), letter_of(pair)
    await outcome_of(pair, first)
    outcome = await outcome_of(pair, second)
    assert isinstance(outcome, NotTaken)
    assert (outcome.problem.code, outcome.expected) == (Code.LETTER_REUSED, 2)
    ((act_id,),) = disk.rows(pair.recipient.home, "SELECT act_id FROM act WHERE kind = ?", ActKind.LETTER_FAULT)
    kept = await pair.recipient.read(evidence.get, pair.recipient.sealer, act_id)
    assert kept is not None
    assert {first.signature.hex() in kept.decode(), second.signature.hex() in kept.decode()} == {True}
    assert len(pair.taken()) == 1


async def test_a_used_id_under_another_number_or_one_of_another_act_is_refused(pair: Pair) -> None:
    first = letter_of(pair)
    await outcome_of(pair, first)
    again = await outcome_of(pair, letter_of(pair, number=2, message_id=first.letter.message_id))
    ((act_id,), *_) = disk.rows(pair.recipient.home, "SELECT act_id FROM act WHERE kind != ?", "letter-received")
    stolen = await outcome_of(pair, letter_of(pair, number=2, message_id=act_id))
    for outcome in (again, stolen):
        assert isinstance(outcome, NotTaken)
        assert outcome.problem.code is Code.LETTER_REUSED


async def test_a_kind_that_nobody_takes_is_refused_by_name_and_uses_its_number(pair: Pair) -> None:
    outcome = await outcome_of(pair, letter_of(pair, kind="horoscope"))
    assert isinstance(outcome, Receipt)
    assert outcome.refusal is not None
    assert outcome.refusal.code == Code.LETTER_UNKNOWN
    assert outcome.refusal.reason == "this node knows no letter of kind horoscope"
    assert isinstance(await outcome_of(pair, letter_of(pair, number=2)), Receipt)


async def test_a_refusal_of_the_handler_leaves_nothing_of_it_and_tells_the_sender_once(pair: Pair) -> None:
    message_id = await pair.write(body=REFUSED)
    await pair.write()
    await pair.send_all()
    assert pair.state(message_id) == "refused"
    assert pair.told() == [(message_id, Code.RECORD_NOT_FOUND)]
    assert [number for _, number, _ in pair.taken()] == [2]


async def test_a_conversation_whose_handler_fails_holds_up_no_other(pair: Pair) -> None:
    stuck = b"s" * 16

    def handle(connection: Connection, node: Node, letter: Letter) -> None:
        take(connection, node, letter)
        if letter.conversation == stuck:
            raise RuntimeError("a name that must not be logged")

    pair.recipient.courier.handlers[Kind.DISCLOSURE_REQUEST] = handle
    waiting = await pair.write(stuck)
    await pair.write(b"t" * 16)
    await pair.send()
    assert [line for line, _, _ in pair.taken()] == [b"t" * 16]
    error = disk.rows(pair.sender.home, "SELECT error, reason, state FROM outbox WHERE message_id = ?", waiting)
    ((code, reason, state),) = error
    assert (code, state) == (Code.INTERNAL, "waiting")
    assert reason.startswith("reference ")
    pair.recipient.courier.handlers[Kind.DISCLOSURE_REQUEST] = take
    await pair.send_all()
    assert {line for line, _, _ in pair.taken()} == {stuck, b"t" * 16}


async def test_whoever_writes_without_end_is_told_when_to_come_back(pair: Pair) -> None:
    pair.recipient.courier.letters_rate = RateLimiter(Rate(per_minute=60, burst=2))
    three = [letter_of(pair, line=os.urandom(16)) for _ in range(3)]
    *taken, left = await pair.line.received(three)
    assert all(isinstance(each, Receipt) for each in taken)
    assert isinstance(left, NotTaken)
    assert left.problem.code is Code.RATE_LIMITED
    with pytest.raises(LancangError) as refusal:
        await pair.line.received([letter_of(pair)])
    assert refusal.value.code is Code.RATE_LIMITED
    assert refusal.value.retry_after_ms


async def test_both_logs_tell_of_a_letter_in_the_same_words_under_the_same_id(pair: Pair) -> None:
    await pair.write()
    await pair.write(body=REFUSED)
    await pair.send_all()
    told = (
        "SELECT act_id, detail, salt FROM act JOIN act_salt USING (act_no) WHERE kind LIKE 'letter-%' ORDER BY act_id"
    )
    at_sender = disk.rows(pair.sender.home, told)
    assert len(at_sender) == 2
    assert at_sender == disk.rows(pair.recipient.home, told)


async def test_no_body_lies_open_on_either_disk(pair: Pair) -> None:
    secret = b"the body of a letter that nobody else may read"
    await pair.write(body=secret)
    assert disk.files_holding(pair.sender.home, [secret]) == []
    await pair.send_all()
    for node in (pair.sender, pair.recipient):
        assert disk.files_holding(node.home, [secret]) == []
