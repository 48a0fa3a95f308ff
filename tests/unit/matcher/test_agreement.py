"""Two people in plain sight: what agrees is said field by field, and what is not known is not called different."""

from __future__ import annotations

import pytest

from matcher.agreement import Agreement, DateAgreement, date_agreement, plain_agreement
from matcher.person import Person, Sex, parse_birth_date
from tests.unit.matcher.people import person


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("1986-12-09", "2529-12-09", DateAgreement.SAME),
        ("1986-12-09", "1986-09-12", DateAgreement.SWAPPED),
        ("1986-12-09", "1987-12-09", DateAgreement.YEAR_BESIDE),
        ("1986-12-09", "1976-12-09", DateAgreement.DAY_ONLY),
        ("1986-12-09", "1986-12-08", DateAgreement.ONE_DIGIT),
        ("1986-12-09", "1986-04-21", DateAgreement.YEAR_ONLY),
        ("1986-12-09", "1971-04-21", DateAgreement.DIFFERENT),
        ("1986-12-09", "1986", DateAgreement.SAME_YEAR),
        ("1986-12-09", "1986-12", DateAgreement.SAME_YEAR_AND_MONTH),
        ("1986-12-09", "1987", DateAgreement.DIFFERENT),
    ],
)
def test_a_difference_of_dates_has_a_kind_whichever_side_it_is_on(one: str, other: str, kind: DateAgreement) -> None:
    first, second = parse_birth_date(one), parse_birth_date(other)
    assert date_agreement(first, second) is date_agreement(second, first) is kind


def test_a_name_in_two_scripts_agrees_as_it_sounds_in_any_order() -> None:
    same = plain_agreement(person("Jaidee Somchai"), person("สมชาย ใจดี")).name
    other = plain_agreement(person("Jaidee Somchai"), person("ประยุทธ์ จันทร์")).name
    assert same is not None
    assert other is not None
    assert same.sounds == 1
    assert same.jaro_winkler > other.jaro_winkler
    assert same.token_sort > 0.7 > other.token_sort


def test_what_is_not_known_on_both_sides_is_not_called_different() -> None:
    found = plain_agreement(Person(sex=Sex.MALE, nationality="TH"), Person())
    assert found.name is None
    assert found.birth_date is DateAgreement.UNKNOWN
    assert (found.sex, found.nationality) == (Agreement.UNKNOWN, Agreement.UNKNOWN)


def test_a_phone_agrees_with_and_without_its_country() -> None:
    found = plain_agreement(person("A", phones=("+66812345678",)), person("B", phones=("0812345678",)))
    assert found.phones == 1
