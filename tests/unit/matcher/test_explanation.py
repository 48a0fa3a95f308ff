"""An explanation says what a search would see: names step by step, tokens shared, steps that add up, the band."""

from __future__ import annotations

from math import exp

import pytest

from matcher.explanation import LEAD, explain, name_steps
from matcher.person import Name, Person, Sex
from matcher.scoring import Band
from tests.unit.matcher.people import person

QUERY, RECORD = person("Mr Somchai Jaidee"), person("สมชาย ใจดี")


def test_a_name_is_shown_from_its_writing_to_its_skeletons() -> None:
    steps = name_steps(Name("สมชาย ใจดี"))
    assert steps.scripts == ("Thai",)
    first = steps.readings[0]
    assert first[0].letters == "somchai"
    assert all(part.letters and part.strict and part.loose for part in first)


def test_a_search_shows_the_readings_that_only_it_tries() -> None:
    chinese = Name("Cheung Ka Fai")
    assert len(name_steps(chinese, searched=True).readings) > len(name_steps(chinese).readings)


def test_a_title_is_no_part_of_what_is_compared() -> None:
    assert [part.letters for part in explain(QUERY, RECORD).query[0].readings[0]] == ["somchai", "jaidee"]


def test_the_steps_add_up_to_the_score() -> None:
    for bearers in (1, 40):
        found = explain(QUERY, person("สมชาย"), 5_000, bearers)
        odds = exp(sum(step.log_odds for step in found.steps) - found.nobody)
        assert found.score == pytest.approx(odds / (1 + odds), abs=0.05 if bearers > 1 else 1e-6)


def test_tokens_are_counted_by_kind_on_both_sides() -> None:
    found = explain(QUERY, RECORD)
    whole = next(kind for kind in found.kinds if kind.kind == "birth-date+name-frame")
    assert whole.asked > whole.held == whole.shared == 1
    assert sum(kind.shared for kind in found.kinds) == sum(step.shared for step in found.steps)


def test_name_and_birth_date_are_strong_a_name_alone_possible_strangers_nothing() -> None:
    assert explain(QUERY, RECORD).band is Band.STRONG
    assert explain(person("Prasanwong Phongsathon", None), person("พงศธร ประสานวงศ์")).band is Band.POSSIBLE
    stranger = explain(QUERY, person("Nguyễn Văn An", "1971-03-04"))
    assert (stranger.band, stranger.score) == (Band.NONE, 0)


def test_more_bearers_of_the_name_lower_the_score_and_end_a_strong_hit() -> None:
    near = person("Somchai Jaidee", "1985-12-09")
    few, many, common = (explain(near, RECORD, bearers=bearers) for bearers in (1, 40, 256))
    assert few.score >= many.score >= common.score
    assert many.band is not Band.STRONG
    assert (few.bearers, many.bearers) == (1, 40)
    assert explain(QUERY, RECORD, bearers=256).band is Band.POSSIBLE


def test_what_takes_no_part_is_said_of_either_side_once() -> None:
    query = Person(names=(Name("Somchai Jaidee"),), nationality="TH", sex=Sex.MALE)
    record = Person(names=(Name("สมชาย ใจดี"),), nationality="LA")
    assert explain(query, record).not_compared == ("nationality",)


def test_programs_are_told_the_version_what_was_assumed_and_that_it_is_a_lead() -> None:
    shown = explain(QUERY, RECORD, population=7_000, bearers=3).as_json()
    assert (shown["version"], shown["population"], shown["bearers"], shown["note"]) == (1, 7_000, 3, LEAD)
