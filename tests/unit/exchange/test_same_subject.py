"""When two subjects are the same for keeping one apart from a record, and when for telling a person what is known."""

from __future__ import annotations

from typing import Any

import pytest

from matcher.person import Person, person_from_json
from node.exchange.same_subject import shared_with, subject_keys

PASSPORT = [{"type": "passport", "issuer": "TH", "number": "AB1234567"}]
SOMCHAI: dict[str, Any] = {"names": [{"text": "Somchai Jaidee"}], "birth_date": "1986-12-09"}


def person(**said: Any) -> Person:
    """A subject of these attributes."""
    return person_from_json({"query_id": "q", **said}, id_key="query_id")[1]


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether what is kept apart of one is kept apart of the other."""
    return bool(set(subject_keys(person(**one))) & set(subject_keys(person(**other))))


@pytest.mark.parametrize(
    "other",
    [
        SOMCHAI,
        SOMCHAI | {"phones": ["+66812345678"], "sex": "male"},
        SOMCHAI | {"names": [{"text": "JAIDEE, Somchai"}]},
        SOMCHAI | {"names": [{"text": "Somchai  Jaidee"}, {"text": "Chai"}]},
        SOMCHAI | {"birth_date": "2529-12-09"},
    ],
    ids=str,
)
def test_a_name_with_its_full_date_is_the_same_subject_whatever_else_is_known(other: dict[str, Any]) -> None:
    assert same(SOMCHAI, other)


@pytest.mark.parametrize(
    "other",
    [
        SOMCHAI | {"birth_date": "1986-12-08"},
        SOMCHAI | {"birth_date": "1986-12"},
        SOMCHAI | {"names": [{"text": "Somchai Jaidi"}]},
        {"names": SOMCHAI["names"]},
        {"documents": PASSPORT},
    ],
    ids=str,
)
def test_another_date_or_name_or_papers_alone_are_another_subject(other: dict[str, Any]) -> None:
    assert not same(SOMCHAI | {"documents": PASSPORT}, other)


def test_who_carries_anothers_papers_is_told_of_but_not_kept_apart() -> None:
    victim, thief = SOMCHAI | {"documents": PASSPORT}, {"names": [{"text": "Anan Dee"}], "documents": PASSPORT}
    assert not same(victim, thief)
    assert shared_with(person(**victim), person(**thief)) == ("document",)


def test_a_name_alone_is_told_of_only_where_a_date_is_not_known() -> None:
    assert shared_with(person(**SOMCHAI), person(names=SOMCHAI["names"])) == ("name",)
    assert shared_with(person(**SOMCHAI), person(**SOMCHAI | {"birth_date": "1990-01-02"})) == ()
    assert "name and date" in shared_with(person(**SOMCHAI), person(**SOMCHAI))
