"""Several asks in one message: what is wrong with one stays with that one, and a refusal says what a status would."""

from __future__ import annotations

from dataclasses import replace

import pytest

from node.errors import Code, LancangError
from node.model.ask import MOST_ASKS, Ask, AskAnswer, AskOutcome
from node.v1 import matching_pb2
from node.wire.matching import (
    answer_to_message,
    ask_to_message,
    asks_from_message,
    asks_to_message,
    outcomes_from_message,
    outcomes_to_message,
)
from tests.unit.storage.builders import ask as built


def ask(number: int) -> Ask:
    return replace(built(number), case=bytes(16), elements=(bytes([number]) * 32,) * 64, officer="officer")


def answer(number: int) -> AskAnswer:
    return AskAnswer(bytes([number]) * 32, (bytes(32),) * 64, bytes(64), bytes(32), 1_800_000_000_000, bytes(64))


def test_asks_come_back_as_they_went() -> None:
    sent = [ask(number) for number in range(MOST_ASKS)]
    message = matching_pb2.AskManyRequest.FromString(asks_to_message(sent).SerializeToString())
    assert asks_from_message(message) == sent


def test_a_malformed_ask_spoils_no_other() -> None:
    bad = ask_to_message(ask(2))
    bad.search_id = b"short"
    read = asks_from_message(matching_pb2.AskManyRequest(asks=[ask_to_message(ask(1)), bad, ask_to_message(ask(3))]))
    assert [read[0], read[2]] == [ask(1), ask(3)]
    assert isinstance(read[1], LancangError)
    assert read[1].code is Code.MESSAGE_MALFORMED


@pytest.mark.parametrize(("count", "code"), [(0, Code.MESSAGE_MALFORMED), (MOST_ASKS + 1, Code.INPUT_TOO_LARGE)])
def test_no_ask_and_too_many_are_refused_whole(count: int, code: Code) -> None:
    with pytest.raises(LancangError) as refused:
        asks_from_message(asks_to_message([ask(number) for number in range(count)]))
    assert refused.value.code is code


def test_answers_and_refusals_come_back_in_their_order() -> None:
    spent = LancangError(Code.BUDGET_SPENT, "the hourly budget of this member", retry_after_ms=60_000)
    reused = LancangError(Code.ASK_REUSED, remedy="Draw another search id.")
    sent: list[AskOutcome] = [answer(1), spent, answer(2), reused]
    message = matching_pb2.AskManyResponse.FromString(outcomes_to_message(sent).SerializeToString())
    first, second, third, fourth = outcomes_from_message(message, 4)
    assert (first, third) == (answer(1), answer(2))
    assert isinstance(second, LancangError)
    assert (second.code, second.detail, second.remedy, second.retry_after_ms) == (
        spent.code, spent.detail, spent.remedy, 60_000,
    )  # fmt: skip
    assert isinstance(fourth, LancangError)
    assert (fourth.code, fourth.detail, fourth.remedy, fourth.retry_after_ms) == (
        reused.code, reused.title, reused.remedy, None,
    )  # fmt: skip


@pytest.mark.parametrize("asked", [0, 1, 3])
def test_another_number_of_outcomes_than_of_asks_is_malformed(asked: int) -> None:
    with pytest.raises(LancangError) as refused:
        outcomes_from_message(outcomes_to_message([answer(1), answer(2)]), asked)
    assert refused.value.code is Code.MESSAGE_MALFORMED


def test_a_malformed_answer_spoils_no_other() -> None:
    bad = answer_to_message(answer(1))
    bad.proof = b"short"
    outcomes = [
        matching_pb2.AskOutcome(answer=bad),
        matching_pb2.AskOutcome(),
        matching_pb2.AskOutcome(answer=answer_to_message(answer(2))),
    ]
    wrong, nothing, right = outcomes_from_message(matching_pb2.AskManyResponse(outcomes=outcomes), 3)
    assert right == answer(2)
    for outcome in (wrong, nothing):
        assert isinstance(outcome, LancangError)
        assert outcome.code is Code.MESSAGE_MALFORMED


def test_what_a_peer_says_in_a_refusal_is_taken_with_care() -> None:
    refusals = [
        matching_pb2.AskRefusal(code="LCG-999", detail="new"),
        matching_pb2.AskRefusal(code=Code.BUDGET_SPENT, detail="\x1b[2J" + "x" * 9_999, remedy="\x1b[2J" + "y" * 9_999),
    ]
    outcomes = [matching_pb2.AskOutcome(refusal=refusal) for refusal in refusals]
    unknown, loud = outcomes_from_message(matching_pb2.AskManyResponse(outcomes=outcomes), 2)
    assert isinstance(unknown, LancangError)
    assert (unknown.code, "new" in unknown.detail) == (Code.INTERNAL, False)
    assert isinstance(loud, LancangError)
    assert loud.detail.isprintable()
    assert loud.remedy.isprintable()
    assert max(len(loud.detail), len(loud.remedy)) <= 500
