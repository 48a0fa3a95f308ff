"""Letters of a member that lies, against a real node: refused by name, logged where it is a fault, never stored."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.exchange.letter import check_receipt, letter_bytes, letter_hash, sign_letter
from node.model.courier import MOST_BODY_BYTES, MOST_LETTERS, Kind, Letter, NotTaken, Receipt, SignedLetter
from node.v1 import courier_pb2
from node.wire.courier import letters_to_message, outcomes_from_message
from tests.support.hostile_calls import Caller, Refusal, refusal_of
from tests.support.hostile_members import ALLIANCE
from tests.support.hostile_target import TARGET, Target

DELIVER = "/node.v1.CourierService/Deliver"


def letter(number: int = 1, line: bytes | None = None, **changed: Any) -> Letter:
    """A letter of cn to the target that any node takes, and that does nothing."""
    made = Letter(os.urandom(16), line or os.urandom(16), number, Kind.WITHDRAWN, b"", 1_800_000_000_000, "cn", TARGET)
    return replace(made, **changed)


def signed(target: Target, written: Letter) -> SignedLetter:
    return sign_letter(ALLIANCE, written, target.papers["cn"].signing)


def outcomes(caller: Caller, letters: Sequence[SignedLetter]) -> list[Receipt | NotTaken]:
    data = caller.unary(DELIVER, letters_to_message(letters).SerializeToString())
    return outcomes_from_message(courier_pb2.DeliverResponse.FromString(data), len(letters))


def code_of(outcome: Receipt | NotTaken) -> str:
    if isinstance(outcome, NotTaken):
        return outcome.problem.code
    return "" if outcome.refusal is None else outcome.refusal.code


def refused_call(target: Target, data: bytes, member: str = "cn") -> Refusal:
    with target.member(member) as caller:
        return refusal_of(caller, DELIVER, data)


def _forged(target: Target) -> SignedLetter:
    return sign_letter(ALLIANCE, letter(), SigningKey(os.urandom(32)))


def _altered(target: Target) -> SignedLetter:
    honest = signed(target, letter())
    return SignedLetter(replace(honest.letter, ms=honest.letter.ms + 1), honest.signature)


WRONG: dict[str, tuple[Code, Callable[[Target], SignedLetter]]] = {
    "signed by another key": (Code.SIGNATURE_WRONG, _forged),
    "altered after it was signed": (Code.SIGNATURE_WRONG, _altered),
    "another member's": (Code.LETTER_ALTERED, lambda target: signed(target, letter(sender="la"))),
    "to another member": (Code.LETTER_ALTERED, lambda target: signed(target, letter(recipient="la"))),
    "before the one that precedes it": (Code.LETTER_GAP, lambda target: signed(target, letter(number=2))),
    "with number 0": (Code.LETTER_ALTERED, lambda target: signed(target, letter(number=0))),
    "with a number that no database holds": (
        Code.LETTER_ALTERED,
        lambda target: signed(target, letter(number=(1 << 64) - 1)),
    ),
    "with a short id": (Code.MESSAGE_MALFORMED, lambda target: signed(target, letter(message_id=b"short"))),
    "with a short conversation": (Code.MESSAGE_MALFORMED, lambda target: signed(target, letter(line=b"short"))),
    "of no kind": (Code.LETTER_ALTERED, lambda target: signed(target, letter(kind=""))),
    "of a kind that drives a terminal": (
        Code.MESSAGE_MALFORMED,
        lambda target: signed(target, letter(kind="\x1b[2J")),
    ),
    "too large": (Code.INPUT_TOO_LARGE, lambda target: signed(target, letter(body=bytes(MOST_BODY_BYTES + 1)))),
    "from after the calendar": (Code.MESSAGE_MALFORMED, lambda target: signed(target, letter(ms=(1 << 63)))),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_letter_is_refused_by_name_and_holds_up_no_other(target: Target, wrong: str) -> None:
    code, make = WRONG[wrong]
    first, last = signed(target, letter()), signed(target, letter())
    with target.member("cn") as caller:
        found = outcomes(caller, [first, make(target), last])
    assert [code_of(each) for each in found] == ["", code, ""]
    target.serves()


def test_a_kind_that_no_node_knows_is_refused_by_name_and_for_good(target: Target) -> None:
    written = letter(kind="horoscope")
    with target.member("cn") as caller:
        first, again = (outcomes(caller, [signed(target, written)])[0] for _ in range(2))
    assert isinstance(first, Receipt)
    assert first.refusal is not None
    assert (first.refusal.code, first.refusal.reason) == (
        Code.LETTER_UNKNOWN,
        "this node knows no letter of kind horoscope",
    )
    assert again == first
    assert check_signed(target, written, first)


def check_signed(target: Target, written: Letter, receipt: Receipt) -> bool:
    try:
        check_receipt(receipt, written, letter_hash(letter_bytes(ALLIANCE, written)), target.signing_key())
    except LancangError:
        return False
    return True


def test_a_receipt_is_for_one_letter_and_one_outcome(target: Target) -> None:
    written = letter()
    with target.member("cn") as caller:
        (receipt,) = outcomes(caller, [signed(target, written)])
    assert isinstance(receipt, Receipt)
    assert check_signed(target, written, receipt)
    assert not check_signed(target, letter(), receipt)
    assert not check_signed(target, written, replace(receipt, ms=receipt.ms + 1))


def test_a_second_letter_under_one_number_is_a_fault_that_the_target_keeps(target: Target) -> None:
    line = os.urandom(16)
    before = len(target.acts("letter-fault", "cn"))
    with target.member("cn") as caller:
        found = outcomes(caller, [signed(target, letter(line=line)), signed(target, letter(line=line))])
        following = outcomes(caller, [signed(target, letter(2, line))])
    assert [code_of(each) for each in (*found, *following)] == ["", Code.LETTER_REUSED, ""]
    assert len(target.acts("letter-fault", "cn")) in (before + 1, before)


def test_an_id_that_another_member_used_is_this_members_own(target: Target) -> None:
    written = letter()
    other = sign_letter(ALLIANCE, replace(written, sender="la"), target.papers["la"].signing)
    with target.member("cn") as caller:
        assert code_of(outcomes(caller, [signed(target, written)])[0]) == ""
    with target.member("la") as caller:
        # It must not reach the other's letter; under a taken id no act can be logged, so it is refused.
        assert code_of(outcomes(caller, [other])[0]) == Code.LETTER_REUSED


def test_no_letter_too_many_letters_and_too_large_a_call_are_refused_as_a_whole(target: Target) -> None:
    many = [signed(target, letter()) for _ in range(MOST_LETTERS + 1)]
    large = letters_to_message([signed(target, letter(body=bytes(MOST_BODY_BYTES))) for _ in range(5)])
    for data, code in (
        (b"", Code.MESSAGE_MALFORMED),
        (letters_to_message(many).SerializeToString(), Code.INPUT_TOO_LARGE),
        (large.SerializeToString(), Code.INPUT_TOO_LARGE),
        (b"\xff" * 40, Code.MESSAGE_MALFORMED),
    ):
        assert refused_call(target, data).code == code


def test_who_holds_no_records_writes_no_letters(target: Target) -> None:
    data = letters_to_message([signed(target, letter())]).SerializeToString()
    for name in ("unodc", "lmlecc"):
        assert refused_call(target, data, name).code == Code.ROLE_FORBIDDEN


def test_a_flood_of_faults_is_not_a_flood_of_acts(target: Target) -> None:
    with target.member("cn") as caller:
        for _ in range(10):
            outcomes(caller, [signed(target, letter(sender="la")) for _ in range(MOST_LETTERS)])
    assert len(target.acts("letter-fault", "cn")) < 30
