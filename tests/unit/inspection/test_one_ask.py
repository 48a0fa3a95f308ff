"""What is found in one ask: each rule of protocol.md 10 is broken once, by whoever could, and named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.person import canonical_subject
from matcher.tokens import query_tokens
from node.exchange.token import PAD_PREFIX, token_bytes
from node.inspection.one_ask import PAD_BYTES, read_subject, token_input
from tests.support.inspection_scene import SIZE, Paper, epoch, inputs_of, inspected, names, person

SOMEONE = person()
SUBJECT = canonical_subject(SOMEONE)
MANY_READINGS = person("สมชาย ใจดี", names=[{"text": text} for text in (
    "สมชาย ใจดี", "王海燕", "Nguyễn Thị Hồng Ngọc Trâm", "កែវ សំណាង", "ທອງໃບ ພູວົງ", "သီရိ နှင်းခိုင်",
)])  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(
    name=st.sampled_from(["Somchai Jaidee", "王海燕", "Nguyễn Văn An", "កែវ សំណាង", "ທອງໃບ ພູວົງ", "O'Neil, Ana"]),
    born=st.sampled_from([None, "1980", "1980-05", "1980-05-17", "2533-02-03", "minguo 69-01-02", "1970-01-01"]),
    phone=st.sampled_from([None, "+66812345678"]),
    passport=st.sampled_from([None, "passport:TH:AA1234567"]),
    sex=st.sampled_from([None, "male", "female", "not-applicable"]),
)  # fmt: skip
def test_whatever_a_node_asks_of_one_person_is_clean(
    name: str, born: str | None, phone: str | None, passport: str | None, sex: str | None
) -> None:
    paper = Paper()
    given_ = {"phones": [phone] if phone else None, "documents": [passport] if passport else None, "sex": sex}
    paper.honest(person(name, born, **given_))
    done = paper.inspected()
    assert done.report.clean, names(done)
    assert done.exit_code == 0
    (ask,) = done.report.asks
    assert ask.tokens + ask.padding == SIZE


def test_inspector_and_node_encode_a_token_alike() -> None:
    assert [token_input(token) for token in query_tokens(SOMEONE)] == [token_bytes(t) for t in query_tokens(SOMEONE)]


def test_one_token_of_somebody_else_is_enumeration() -> None:
    paper = Paper()
    other = next(x for x in inputs_of(person("Malee Saithong", "1991-02-03")) if x not in inputs_of(SOMEONE))
    paper.forged(SUBJECT, [*inputs_of(SOMEONE)[:20], other])
    done = paper.inspected()
    assert names(done) == {"token-of-nobody-named"}
    assert done.report.asks[0].found[0].detail == "position 20"
    assert done.exit_code == 22


def test_a_birth_date_that_the_subject_lacks_is_enumeration() -> None:
    paper = Paper()
    guesses = [x for day in range(1, 29) for x in inputs_of(person(born=f"1980-06-{day:02d}"))[:1]]
    paper.forged(SUBJECT, guesses)
    assert "token-of-nobody-named" in names(paper.inspected())


def test_more_readings_than_the_matcher_makes_are_named() -> None:
    paper = Paper()
    everything = inputs_of(MANY_READINGS, 1 << 16)
    assert len(everything) > SIZE, "this person must have more tokens than an ask has room for"
    paper.forged(canonical_subject(MANY_READINGS), everything[-SIZE:])
    # Whoever has so many readings also bears more names than one person is likely to have.
    assert "more-readings-than-the-matcher-makes" in names(paper.inspected())


@pytest.mark.parametrize(
    "padding",
    [b"", PAD_PREFIX, PAD_PREFIX + bytes(31), PAD_PREFIX + bytes(33), b"+66812345678", b"lancang/1/toke", bytes(45)],
)
def test_padding_of_another_form_is_named(padding: bytes) -> None:
    assert len(padding) != PAD_BYTES or not padding.startswith(PAD_PREFIX)
    paper = Paper()
    paper.forged(SUBJECT, [*inputs_of(SOMEONE)[:5], padding])
    assert names(paper.inspected()) == {"padding-malformed"}


def test_padding_and_tokens_stand_only_once() -> None:
    paper = Paper()
    pad = PAD_PREFIX + bytes(32)
    paper.forged(SUBJECT, [*inputs_of(SOMEONE)[:3], pad, pad])
    assert names(paper.inspected()) == {"padding-repeated"}
    paper = Paper()
    paper.forged(SUBJECT, [*inputs_of(SOMEONE)[:3], inputs_of(SOMEONE)[0]])
    assert names(paper.inspected()) == {"token-asked-twice"}


def test_another_subject_or_salt_does_not_open_the_commitment() -> None:
    paper = Paper()
    paper.honest(SOMEONE)
    draw = paper.draw()
    (true,) = paper.opened()
    for false in (replace(true, subject=canonical_subject(person("Malee Saithong"))), replace(true, salt=bytes(32))):
        assert "commit-does-not-open" in names(inspected(draw, paper.opening(draw, opened=[false])))


@settings(max_examples=20, deadline=None)
@given(at=st.integers(0, SIZE - 1), bit=st.integers(0, 251))
def test_any_other_blind_is_found_out(at: int, bit: int) -> None:
    paper = Paper()
    paper.honest(SOMEONE)
    draw = paper.draw()
    (true,) = paper.opened()
    changed = (int.from_bytes(true.blinds[at], "little") ^ (1 << bit)).to_bytes(32, "little")
    blinds = (*true.blinds[:at], changed, *true.blinds[at + 1 :])
    done = inspected(draw, paper.opening(draw, opened=[replace(true, blinds=blinds)]))
    assert names(done) == {"element-not-of-its-token"}
    assert done.report.asks[0].found[0].detail == f"position {at}"


def test_an_innocent_token_named_in_the_place_of_the_one_that_was_sent_is_found_twice() -> None:
    paper = Paper()
    guess = inputs_of(person("Malee Saithong"))[0]
    paper.forged(SUBJECT, [guess])
    draw = paper.draw()
    (true,) = paper.opened()
    false = replace(true, inputs=(inputs_of(SOMEONE)[0], *true.inputs[1:]))
    assert names(inspected(draw, paper.opening(draw, opened=[false]))) == {
        "commit-does-not-open",
        "element-not-of-its-token",
    }


def test_an_opening_or_ask_of_another_size_is_named() -> None:
    paper = Paper()
    paper.honest(SOMEONE)
    draw = paper.draw()
    (true,) = paper.opened()
    short = replace(true, inputs=true.inputs[:-1], blinds=true.blinds[:-1])
    assert names(inspected(draw, paper.opening(draw, opened=[short]))) == {"size-wrong"}


@pytest.mark.parametrize(
    "subject",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"names":[{"text":"Somchai  Jaidee"}]}',
        b'{"birth_date":"1980-05-17","names":[{"text":"Somchai Jaidee"}],"query_id":"q"}',
        json.dumps(json.loads(SUBJECT), indent=1).encode(),
    ],
)
def test_a_subject_that_is_no_person_in_canonical_form_is_named(subject: bytes) -> None:
    assert read_subject(subject) is None
    paper = Paper()
    paper.forged(subject, inputs_of(SOMEONE)[:5])
    assert names(paper.inspected()) == {"subject-unreadable"}


def test_a_blind_used_twice_is_named_within_an_ask_and_across_searches() -> None:
    paper = Paper()
    paper.forged(SUBJECT, inputs_of(SOMEONE)[:3], seed=bytes(32))
    paper.forged(canonical_subject(person("Malee Saithong")), inputs_of(person("Malee Saithong"))[:3], seed=bytes(32))
    assert names(paper.inspected()) == {"blind-used-twice"}
    paper = Paper()
    paper.honest(SOMEONE)
    draw = paper.draw()
    (true,) = paper.opened()
    twice = replace(true, blinds=(true.blinds[1], *true.blinds[1:]))
    assert "blind-used-twice" in names(inspected(draw, paper.opening(draw, opened=[twice])))


def test_with_another_matcher_tokens_are_not_compared_and_the_report_says_so() -> None:
    paper = Paper()
    paper.forged(SUBJECT, inputs_of(person("Malee Saithong"))[:3])
    draw = paper.draw(statement=epoch(tables=bytes(32)))
    done = inspected(draw, paper.opening(draw))
    assert names(done) == {"not-checked-other-matcher"}
    assert done.exit_code == 23


@pytest.mark.parametrize(("questions", "said"), [(b"", set()), (bytes(32), {"other-matcher-claimed"})])
def test_what_a_requester_says_of_its_matcher_when_it_opens_makes_no_finding_softer(
    questions: bytes, said: set[str]
) -> None:
    """The tables stand in the owner's statement; the rest is a word given after the draw."""
    paper = Paper()
    paper.forged(SUBJECT, inputs_of(person("Malee Saithong"))[:3])
    draw = paper.draw()
    (true,) = paper.opened()
    done = inspected(draw, paper.opening(draw, opened=[replace(true, questions=questions)]))
    assert names(done) == {"token-of-nobody-named"} | said
    assert done.exit_code == 22
    # Where every token is right there is nothing to be said of it.
    paper = Paper()
    paper.honest(SOMEONE)
    draw = paper.draw()
    (true,) = paper.opened()
    assert inspected(draw, paper.opening(draw, opened=[replace(true, questions=questions)])).report.clean


def test_what_both_matchers_ask_is_right_and_padding_is_judged_by_any() -> None:
    paper = Paper()
    paper.honest(SOMEONE)
    draw = paper.draw(statement=epoch(tables=bytes(32)))
    assert inspected(draw, paper.opening(draw)).report.clean
    paper.forged(SUBJECT, [*inputs_of(SOMEONE)[:3], b"neither"])
    draw = paper.draw(statement=epoch(tables=bytes(32)))
    assert names(inspected(draw, paper.opening(draw))) == {"padding-malformed"}
