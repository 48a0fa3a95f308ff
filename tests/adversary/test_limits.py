"""Budgets and rates of a real node whose policy grants a member two asks an hour, and each of its officers one."""

from __future__ import annotations

import json

import grpc

from node.model.ask import Ask
from node.v1 import common_pb2, matching_pb2
from tests.support.hostile_calls import Caller, Refusal, RefusedError, stream_refusal_of
from tests.support.hostile_target import ASK, SUBSCRIBE, Target, answered, wire

FIVE_MINUTES_MS = 300_000
HOUR_MS = 12 * FIVE_MINUTES_MS


def retry_is_told(refusal: Refusal) -> bool:
    """Whether a refusal says, in its details, when to come back."""
    return refusal.retry_ms is not None and refusal.retry_ms > 0


def test_a_spent_budget_says_when_to_come_back(poor_target: Target) -> None:
    """An officer, then the whole member, runs out; the very same ask is still answered."""
    with poor_target.member("cn") as caller:
        first = poor_target.ask("cn", officer="one")
        answered(caller, first)
        of_officer = poor_target.refused_ask(poor_target.ask("cn", officer="one"), "cn")
        answered(caller, poor_target.ask("cn", officer="two"))
        of_member = poor_target.refused_ask(poor_target.ask("cn", officer="three"), "cn")
        assert answered(caller, first).ask_id == first.ask_id
    for refusal in (of_officer, of_member):
        assert (refusal.code, refusal.status) == ("LCG-501", grpc.StatusCode.RESOURCE_EXHAUSTED)
    assert "this officer" in of_officer.message
    assert "this member" in of_member.message
    refused = [json.loads(act.detail) for act in poor_target.acts("refusal", "cn")]
    assert [act["code"] for act in refused] == ["LCG-501", "LCG-501"]


def test_a_wait_is_named_where_waiting_helps(poor_target: Target) -> None:
    with poor_target.member("la") as caller:
        answered(caller, poor_target.ask("la", officer="one"))
    refusal = poor_target.refused_ask(poor_target.ask("la", officer="one"), "la")
    assert refusal.code == "LCG-501"
    assert retry_is_told(refusal)
    assert refusal.retry_ms is not None
    assert refusal.retry_ms <= HOUR_MS + FIVE_MINUTES_MS


def refusal_or_none(caller: Caller, ask: Ask) -> Refusal | None:
    """How an ask is refused, None if it is answered."""
    try:
        caller.unary(ASK, wire(ask))
    except RefusedError as refused:
        return refused.refusal
    return None


def test_many_asks_at_once_are_slowed_before_they_are_read(poor_target: Target) -> None:
    """The rate limit stands in front: it also slows asks that would be refused, and those that are free."""
    ask = poor_target.ask("vn", officer="many")
    with poor_target.member("vn") as caller:
        outcomes = [refusal_or_none(caller, ask) for _ in range(8)]
    assert outcomes[0] is None
    slowed = [refusal for refusal in outcomes if refusal is not None]
    assert {refusal.code for refusal in slowed} == {"LCG-502"}
    assert all(retry_is_told(refusal) for refusal in slowed)
    assert {refusal.status for refusal in slowed} == {grpc.StatusCode.RESOURCE_EXHAUSTED}


def test_streams_begun_again_and_again_are_slowed_and_do_not_fill_the_log(poor_target: Target) -> None:
    """Every stream and every refused position is an act, and acts are kept for ever."""
    position = common_pb2.ChainPosition(seq=2**40, hash=bytes(32))
    request = matching_pb2.SubscribeIndexRequest(epoch=1, position=position).SerializeToString()
    with poor_target.member("kh") as caller:
        refusals = [stream_refusal_of(caller.stream(SUBSCRIBE, request)) for _ in range(80)]
    assert {refusal.code for refusal in refusals} == {"LCG-408", "LCG-502"}
    assert all(retry_is_told(refusal) for refusal in refusals if refusal.code == "LCG-502")
    assert len(poor_target.acts("refusal", "kh")) < 80


def test_one_members_haste_does_not_slow_another(poor_target: Target) -> None:
    with poor_target.member("vn") as hasty:
        outcomes = [refusal_or_none(hasty, poor_target.ask("vn", officer="hasty")) for _ in range(4)]
    assert {refusal.code for refusal in outcomes if refusal is not None} <= {"LCG-501", "LCG-502"}
    with poor_target.member("kh") as caller:
        ask = poor_target.ask("kh")
        assert answered(caller, ask).ask_id == ask.ask_id
