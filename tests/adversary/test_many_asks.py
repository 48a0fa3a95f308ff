"""Several asks in one call, against a real owner: each is charged, answered or refused as if it had come alone."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace

import pytest

from node.exchange.ask import open_answer
from node.model.ask import MOST_ASKS, Ask, AskAnswer
from node.v1 import matching_pb2
from node.wire.matching import answer_from_message, ask_to_message, asks_to_message
from tests.adversary.test_asks import ASK_SIZE, REFUSED
from tests.support.hostile_calls import Caller, Refusal, refusal_of
from tests.support.hostile_target import ASK_MANY, Target, answered, prepared, statement_of

# Refused once the budget is charged: trying elements out is not free.
CHARGED = {name for name, (code, _) in REFUSED.items() if code == "LCG-402"}


def outcomes(
    caller: Caller, asks: Sequence[Ask | matching_pb2.AskRequest]
) -> list[AskAnswer | matching_pb2.AskRefusal]:
    """What became of each ask of one call."""
    messages = [ask_to_message(ask) if isinstance(ask, Ask) else ask for ask in asks]
    data = caller.unary(ASK_MANY, matching_pb2.AskManyRequest(asks=messages).SerializeToString())
    response = matching_pb2.AskManyResponse.FromString(data)
    return [
        answer_from_message(each.answer) if each.WhichOneof("outcome") == "answer" else each.refusal
        for each in response.outcomes
    ]


def code_of(outcome: AskAnswer | matching_pb2.AskRefusal) -> str:
    return "" if isinstance(outcome, AskAnswer) else outcome.code


def refused_call(target: Target, data: bytes) -> Refusal:
    with target.member("cn") as caller:
        return refusal_of(caller, ASK_MANY, data)


def test_every_ask_of_a_call_is_answered_in_its_place_with_a_proof_that_holds(target: Target) -> None:
    searches = [prepared(f"person {number}") for number in range(MOST_ASKS)]
    with target.member("cn") as caller:
        asks = [
            target.ask("cn", search_id=search.search_id, commit=search.commit, elements=search.elements)
            for search in searches
        ]
        answers = outcomes(caller, asks)
        public_key = statement_of(caller).public_key
    for search, ask, answer in zip(searches, asks, answers, strict=True):
        assert isinstance(answer, AskAnswer)
        found = open_answer(search, ask, answer, public_key=public_key, owner_key=target.signing_key())
        assert len(found) == 1


@pytest.mark.parametrize("wrong", REFUSED)
def test_a_wrong_ask_among_good_ones_is_refused_as_if_alone(target: Target, wrong: str) -> None:
    code, change = REFUSED[wrong]
    good = [target.ask("cn") for _ in range(2)]
    bad = change(target, target.ask("cn"))
    before = target.budget_left("cn")
    with target.member("cn") as caller:
        first, refusal, last = outcomes(caller, [good[0], bad, good[1]])
    assert (code_of(first), code_of(refusal), code_of(last)) == ("", code, "")
    assert isinstance(refusal, matching_pb2.AskRefusal)
    said = refusal.SerializeToString()
    assert bad.ask_id not in said
    assert not any(element in said for element in bad.elements)
    paid = 3 if wrong in CHARGED else 2
    assert target.budget_left("cn") == before - paid * ASK_SIZE


def test_what_became_of_each_ask_stands_in_the_log(target: Target) -> None:
    code, change = REFUSED["wrong signature"]
    good, bad = target.ask("cn"), change(target, target.ask("cn"))
    with target.member("cn") as caller:
        outcomes(caller, [bad, good])

    def codes(kind: str, ask: Ask) -> list[str]:
        acts = [json.loads(act.detail) for act in target.acts(kind, "cn")]
        return [act.get("code", "") for act in acts if act.get("ask_id") == ask.ask_id.hex()]

    assert codes("refusal", bad) == [code]
    assert codes("ask-received", good) == [""]
    assert codes("ask-answered", good) == [""]
    assert codes("ask-received", bad) == codes("ask-answered", bad) == codes("refusal", good) == []


def test_the_same_ask_twice_in_a_call_is_charged_once(target: Target) -> None:
    ask = target.ask("cn")
    before = target.budget_left("cn")
    with target.member("cn") as caller:
        first, second = outcomes(caller, [ask, ask])
        again = answered(caller, ask)
    assert isinstance(first, AskAnswer)
    assert isinstance(second, AskAnswer)
    assert first.evaluated == second.evaluated == again.evaluated
    assert target.budget_left("cn") == before - ASK_SIZE


def test_an_ask_that_came_alone_before_is_free_among_others(target: Target) -> None:
    ask, other = target.ask("cn"), target.ask("cn")
    with target.member("cn") as caller:
        alone = answered(caller, ask)
        before = target.budget_left("cn")
        first, second = outcomes(caller, [other, ask])
    assert isinstance(first, AskAnswer)
    assert isinstance(second, AskAnswer)
    assert second.evaluated == alone.evaluated
    assert target.budget_left("cn") == before - ASK_SIZE


def test_a_search_id_serves_one_ask_within_a_call_too(target: Target) -> None:
    ask = target.ask("cn")
    other = target.ask("cn", search_id=ask.search_id)
    before = target.budget_left("cn")
    with target.member("cn") as caller:
        assert [code_of(each) for each in outcomes(caller, [ask, other])] == ["", "LCG-404"]
    assert target.budget_left("cn") == before - ASK_SIZE


def test_a_malformed_ask_among_good_ones_is_refused_alone(target: Target) -> None:
    good = target.ask("cn")
    cut = ask_to_message(target.ask("cn"))
    cut.elements = cut.elements[:-1]
    with target.member("cn") as caller:
        found = outcomes(caller, [matching_pb2.AskRequest(), good, cut])
    assert [code_of(each) for each in found] == ["LCG-412", "", "LCG-412"]


@pytest.mark.parametrize(("count", "code"), [(0, "LCG-412"), (MOST_ASKS + 1, "LCG-102"), (10_000, "LCG-102")])
def test_no_ask_or_too_many_are_refused_whole_and_cost_nothing(target: Target, count: int, code: str) -> None:
    ask = ask_to_message(target.ask("cn")) if count <= MOST_ASKS + 1 else matching_pb2.AskRequest()
    before = target.budget_left("cn")
    assert refused_call(target, matching_pb2.AskManyRequest(asks=[ask] * count).SerializeToString()).code == code
    assert target.budget_left("cn") == before


def test_an_oversized_ask_refuses_the_call_that_carries_it(target: Target) -> None:
    huge = ask_to_message(replace(target.ask("cn"), elements=(os.urandom(32),) * 1_200))
    before = target.budget_left("cn")
    data = matching_pb2.AskManyRequest(asks=[ask_to_message(target.ask("cn")), huge]).SerializeToString()
    assert refused_call(target, data).code == "LCG-102"
    assert target.budget_left("cn") == before


def test_another_members_asks_are_refused_each(target: Target) -> None:
    asks = [target.ask("cn"), target.ask("la"), target.ask("cn")]
    with target.member("la") as caller:
        assert [code_of(each) for each in outcomes(caller, asks)] == ["LCG-403", "", "LCG-403"]


def test_each_ask_counts_against_the_rate_and_the_budget(poor_target: Target) -> None:
    """The policy lets five asks through at once, and pays for two an hour of a member, for one of an officer."""
    asks = [poor_target.ask("mm", officer=officer) for officer in ("one", "one", "two", "three", "four", "five", "six")]
    with poor_target.member("mm") as caller:
        found = outcomes(caller, asks)
        refusals = [each for each in found if isinstance(each, matching_pb2.AskRefusal)]
        assert [code_of(each) for each in found] == ["", "LCG-501", "", "LCG-501", "LCG-501", "LCG-502", "LCG-502"]
    assert all(refusal.retry_after_ms > 0 for refusal in refusals)
    logged = [json.loads(act.detail)["code"] for act in poor_target.acts("refusal", "mm")]
    assert logged == ["LCG-501"] * 3


def test_the_asks_of_a_call_stand_in_no_log(target: Target) -> None:
    asks = [target.ask("cn") for _ in range(2)]
    with target.member("cn") as caller:
        outcomes(caller, asks)
    log = target.log()
    assert not any(ask.case.hex() in log or ask.elements[0].hex() in log for ask in asks)
    assert asks_to_message(asks).SerializeToString().hex() not in log
