"""Asks that are altered, forged, misaddressed, malformed or sent twice, against a real owner."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from node.exchange.ask import open_answer
from node.model.ask import Ask
from node.model.scope import Scope
from tests.support.hostile_members import ALLIANCE
from tests.support.hostile_target import TARGET, Target, answered, prepared, statement_of, wire

ASK_SIZE = 64
IDENTITY = bytes(32)
# p + 0 in little-endian: the encoding of zero that is not canonical (RFC 9496 4.3.1).
NOT_CANONICAL = (2**255 - 19).to_bytes(32, "little")
NO_POINT = b"\xff" * 32


def test_a_valid_ask_is_answered_with_a_proof_that_holds(target: Target) -> None:
    search = prepared("one", "two")
    with target.member("cn") as caller:
        ask = target.ask("cn", search_id=search.search_id, commit=search.commit, elements=search.elements)
        answer = answered(caller, ask)
        public_key = statement_of(caller).public_key
    found = open_answer(search, ask, answer, public_key=public_key, owner_key=target.signing_key())
    assert len(found) == 2


Change = Callable[[Target, Ask], Ask]


def scoped(owner: str = TARGET, audience: str = "cn", epoch: int = 1, alliance: str = ALLIANCE) -> Change:
    """An ask for another scope, signed so that only the scope is wrong."""
    return lambda target, ask: target.signed(replace(ask, scope=Scope(alliance, owner, audience, epoch)), "cn")


def with_elements(change: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> Change:
    """An ask with other elements, validly signed."""
    return lambda target, ask: target.signed(replace(ask, elements=change(ask.elements)), "cn")


REFUSED: dict[str, tuple[str, Change]] = {
    "altered id": ("LCG-403", lambda _, ask: replace(ask, ask_id=os.urandom(32))),
    "altered purpose": ("LCG-403", lambda _, ask: replace(ask, purpose="cyber-crime")),
    "altered case": ("LCG-403", lambda _, ask: replace(ask, case=os.urandom(16))),
    "altered commitment": ("LCG-403", lambda _, ask: replace(ask, commit=os.urandom(32))),
    "altered search id": ("LCG-403", lambda _, ask: replace(ask, search_id=os.urandom(16))),
    "two elements exchanged": (
        "LCG-403",
        lambda _, ask: replace(ask, elements=(ask.elements[1], ask.elements[0], *ask.elements[2:])),
    ),
    "wrong signature": ("LCG-405", lambda _, ask: replace(ask, signature=os.urandom(64))),
    "signed by another member": (
        "LCG-405",
        lambda target, ask: replace(ask, signature=target.papers["la"].signing.sign(ask.ask_id)),
    ),
    "another owner's scope": ("LCG-403", scoped(owner="la")),
    "another audience's scope": ("LCG-403", scoped(audience="la")),
    "another alliance's scope": ("LCG-403", scoped(alliance="danube")),
    "epoch to come": ("LCG-305", scoped(epoch=2)),
    "epoch zero": ("LCG-305", scoped(epoch=0)),
    "the greatest epoch": ("LCG-305", scoped(epoch=2**32 - 1)),
    "a scope that names nobody": ("LCG-412", scoped(audience="")),
    "identity element": ("LCG-402", with_elements(lambda e: (IDENTITY, *e[1:]))),
    "identity element last": ("LCG-402", with_elements(lambda e: (*e[:-1], IDENTITY))),
    "element that is not canonical": ("LCG-402", with_elements(lambda e: (NOT_CANONICAL, *e[1:]))),
    "element that is no point": ("LCG-402", with_elements(lambda e: (NO_POINT, *e[1:]))),
    "63 elements": ("LCG-412", with_elements(lambda e: e[:-1])),
    "65 elements": ("LCG-412", with_elements(lambda e: (*e, e[0]))),
    "no element": ("LCG-412", with_elements(lambda _: ())),
    "an element cut off": ("LCG-412", with_elements(lambda e: (*e[:-1], e[-1][:-1]))),
    "unknown purpose": ("LCG-103", lambda target, ask: target.signed(replace(ask, purpose="curiosity"), "cn")),
    "no purpose": ("LCG-103", lambda target, ask: target.signed(replace(ask, purpose=""), "cn")),
    "purpose with a line end": ("LCG-412", lambda target, ask: target.signed(replace(ask, purpose="a\nb"), "cn")),
    "short case": ("LCG-412", lambda target, ask: target.signed(replace(ask, case=bytes(15)), "cn")),
    "no officer": ("LCG-101", lambda _, ask: replace(ask, officer="")),
    "an officer with a line end": ("LCG-412", lambda _, ask: replace(ask, officer="a\nb")),
}  # fmt: skip


@pytest.mark.parametrize("wrong", REFUSED)
def test_an_ask_that_is_wrong_is_refused_by_its_code(target: Target, wrong: str) -> None:
    code, change = REFUSED[wrong]
    ask = change(target, target.ask("cn"))
    refusal = target.refused_ask(ask, "cn")
    assert refusal.code == code
    assert ask.ask_id not in refusal.everything
    assert not any(element in refusal.everything for element in ask.elements)


@pytest.mark.parametrize("wrong", ["altered id", "wrong signature", "another owner's scope", "unknown purpose"])
def test_a_refused_ask_costs_nothing_and_is_logged(target: Target, wrong: str) -> None:
    code, change = REFUSED[wrong]
    ask = change(target, target.ask("cn"))
    before = target.budget_left("cn")
    target.refused_ask(ask, "cn")
    assert target.budget_left("cn") == before
    refusals = [act for act in target.acts("refusal", "cn") if ask.ask_id.hex() in act.detail]
    assert [code in act.detail for act in refusals] == [True]


def test_an_unknown_purpose_is_named(target: Target) -> None:
    _, change = REFUSED["unknown purpose"]
    assert "curiosity" in target.refused_ask(change(target, target.ask("cn")), "cn").message


def test_an_ask_with_a_bad_element_is_charged_and_not_answered(target: Target) -> None:
    """The charge comes before the work, and is never given back: trying elements out is not free."""
    _, change = REFUSED["identity element last"]
    before = target.budget_left("cn")
    target.refused_ask(change(target, target.ask("cn")), "cn")
    assert target.budget_left("cn") == before - ASK_SIZE


def test_the_same_ask_is_answered_again_and_charged_once(target: Target) -> None:
    ask = target.ask("cn")
    before = target.budget_left("cn")
    with target.member("cn") as caller:
        first, second = answered(caller, ask), answered(caller, ask)
    assert first.evaluated == second.evaluated
    assert first.public_key == second.public_key
    assert target.budget_left("cn") == before - ASK_SIZE
    assert len([act for act in target.acts("ask-received", "cn") if ask.ask_id.hex() in act.detail]) == 1
    assert len([act for act in target.acts("ask-answered", "cn") if ask.ask_id.hex() in act.detail]) == 2


def test_a_search_id_serves_one_ask(target: Target) -> None:
    ask = target.ask("cn")
    with target.member("cn") as caller:
        answered(caller, ask)
    other = target.ask("cn", search_id=ask.search_id)
    before = target.budget_left("cn")
    assert target.refused_ask(other, "cn").code == "LCG-404"
    assert target.budget_left("cn") == before


def test_an_ask_replayed_by_another_member_is_refused(target: Target) -> None:
    """la caught cn's ask on the line and sends it under its own certificate."""
    ask = target.ask("cn")
    with target.member("cn") as caller:
        answered(caller, ask)
    assert target.refused_ask(ask, "la").code == "LCG-403"
    claimed = target.signed(replace(ask, scope=replace(ask.scope, audience="la")), "cn")
    assert target.refused_ask(claimed, "la").code == "LCG-405"


def test_a_member_may_use_a_search_id_that_another_used(target: Target) -> None:
    """An id that one member drew must not let it stop the searches of another."""
    ask = target.ask("cn")
    with target.member("cn") as caller:
        answered(caller, ask)
    same = target.ask("la", search_id=ask.search_id)
    with target.member("la") as caller:
        assert answered(caller, same).ask_id == same.ask_id


def test_an_asks_content_stands_in_no_log(target: Target) -> None:
    ask = target.ask("cn")
    with target.member("cn") as caller:
        answered(caller, ask)
    log = target.log()
    assert ask.case.hex() not in log
    assert not any(element.hex() in log for element in ask.elements)
    assert wire(ask).hex() not in log
