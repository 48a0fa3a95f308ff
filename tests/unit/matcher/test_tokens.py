"""The table of kinds, the tokens of records and searches, and the rules against fishing (protocol.md, at the end)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.forms import MAX_PART_SHARE, MIN_RARE_PART, forms, part_share
from matcher.kinds import BIRTH_DATE, BIRTH_YEAR, NAME, Kind
from matcher.names import readings
from matcher.person import BirthDate, Name, Person, Sex, parse_document
from matcher.phonetics import loose
from matcher.tables import resources_hash
from matcher.tokens import (
    KINDS,
    QUERY_LIMIT,
    RECORD_LIMIT,
    Token,
    kind_by_number,
    not_compared,
    query_tokens,
    record_tokens,
    tables_hash,
)
from tests.unit.matcher.people import person

BORN = BirthDate(1986, 12, 9)


def values(tokens: tuple[Token, ...], name: str) -> set[str]:
    return {token.value for token in tokens if kind_by_number(token.kind).name == name}


def sexed(text: str, sex: Sex) -> Person:
    return Person(names=(Name(text),), birth_date=BORN, sex=sex)


# For every kind: two people who share it, and a third who does not.
CASES: dict[str, tuple[Person, Person, Person]] = {
    "document": (
        Person(documents=(parse_document("passport:TH:AA1234567"),)),
        Person(documents=(parse_document("passport:TH:aa-123 4567"),)),
        Person(documents=(parse_document("passport:TH:AA1234568"),)),
    ),
    "phone": (Person(phones=("+66812345678",)), Person(phones=("+66812345678",)), Person(phones=("0812345678",))),
    "phone-local": (Person(phones=("+66812345678",)), Person(phones=("0812345678",)), Person(phones=("0812345679",))),
    "account": (Person(accounts=("ABC:123",)), Person(accounts=("abc:123",)), Person(accounts=("ABC:124",))),
    "birth-date+name-frame": (person("สมชาย ใจดี"), person("Jaidi Somchai"), person("Somchai Jaidee", "1986-12-10")),
    "birth-date+name-part": (person("สมชาย ใจดี"), person("Somchai Thongkham"), person("Somchai", "1986-12-10")),
    "birth-date+name-pair": (person("张嘉辉"), person("Zhang Jia Hui"), person("Zhang Jia Hui", "1986-12-10")),
    "birth-date+name-shape": (
        person("Rattana Suwan"),
        person("Ratttana Suwann"),
        person("Rattana Suwan", "1987-01-09"),
    ),
    "year+name-loose": (person("สมชาย ใจดี"), person("Jaidee Somchay", "1986"), person("Somchai Jaidee", "1987")),
    "year+name-frame": (person("สมชาย ใจดีทอง"), person("Jaidithong Samchai", "1986"), person("สมชาย ใจดีทอง", "1987")),
    "sex+name-loose": (sexed("สมชาย ใจดี", Sex.MALE), sexed("Jaidee Somchai", Sex.MALE), sexed("สมชาย ใจดี", Sex.FEMALE)),
    "name-loose": (person("Trương Minh Tài"), person("Minh Tai TRUONG"), person("Truong Minh Ta")),
    "birth-date+initials": (person("สมชาย ใจดี"), person("Sukit Chandra"), person("Somchai Thongdee")),
    "year+name-part": (person("วัฒนพงศ์ ใจดี"), person("Wattanapong Saetan", "1986"), person("Wattanapong", "1987")),
    "year+name-pair": (person("Trương Minh Tài"), person("Tai Truong Quoc", "1986"), person("Truong Tai", "1987")),
    "name-pair": (person("Trương Minh Tài"), person("Tai Truong Quoc"), person("Truong Quoc Tam")),
    "name-frame": (person("Sokha Meas"), person("Sukhea Mas"), person("Sokha Neas")),
    "name-shape": (person("Phommachanh"), person("Phomachan"), person("Li Wei")),
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_is_shared_by_the_same_person_and_not_by_another(kind: Kind) -> None:
    one, same, other = (values(record_tokens(case), kind.name) for case in CASES[kind.name])
    assert one & same
    assert not one & other


def test_the_table_is_consistent() -> None:
    numbers, names = [kind.number for kind in KINDS], [kind.name for kind in KINDS]
    assert len(set(numbers)) == len(numbers)
    assert len(set(names)) == len(names)
    assert set(names) == set(CASES)
    for kind in KINDS:
        assert 0 < kind.number < 256
        assert kind.name == kind.name.lower()
        assert kind.label
        assert 0 < kind.collision < 0.05
        assert kind.attributes
        assert kind_by_number(kind.number) is kind
    with pytest.raises(KeyError):
        kind_by_number(255)


def test_a_search_finds_swapped_dates_and_years_beside_it_only_in_full_date_kinds() -> None:
    asked = set(query_tokens(person("Rattana Suwan", "1986-12-09")))
    for written in ("1986-09-12", "1985-12-09", "1987-12-09"):
        shared = asked & set(record_tokens(person("รัตนา สุวรรณ", written)))
        assert any(kind_by_number(token.kind).name == "birth-date+name-frame" for token in shared)
    years = {value[:4] for value in values(tuple(asked), "year+name-loose")}
    assert years == {"1986"}


def test_a_search_asks_what_contradicts_of_the_other_sex_and_a_record_says_its_own() -> None:
    asked = values(query_tokens(sexed("Somchai Jaidee", Sex.MALE)), "sex+name-loose")
    assert asked
    assert asked <= values(record_tokens(sexed("สมชาย ใจดี", Sex.FEMALE)), "sex+name-loose")
    for unsaid in (Sex.UNKNOWN, Sex.NOT_APPLICABLE):
        assert not values(query_tokens(sexed("Somchai Jaidee", unsaid)), "sex+name-loose")
        assert not values(record_tokens(sexed("สมชาย ใจดี", unsaid)), "sex+name-loose")


def test_identifiers_are_always_asked_and_stand_first() -> None:
    subject = person("Chen Wang Tan Cheung", "1986-12-09", phones=tuple(f"+6681234567{n}" for n in range(10)))
    asked = query_tokens(subject, 16)
    assert [kind_by_number(token.kind).is_identifier for token in asked] == [True] * 16
    assert len(query_tokens(subject, 64)) <= 64


def test_a_record_with_many_names_gives_each_its_best_tokens_first() -> None:
    names = tuple(Name(text) for text in ("สมชาย ใจดี", "Chen Zhiming", "Kyaw Min Htun"))
    tokens = record_tokens(Person(names=names, birth_date=BORN))
    assert len(tokens) == RECORD_LIMIT == 24
    assert kind_by_number(tokens[0].kind).name == "birth-date+name-frame"


def test_no_token_is_a_birth_date_alone_or_with_an_initial() -> None:
    for text in ("A", "A B", "Li", "O", "U E"):
        for token in record_tokens(person(text)):
            if kind_by_number(token.kind).attributes != {NAME}:
                assert len(token.value.split("/")[1].lstrip("0123456789")) > 1


def test_no_kind_holds_month_and_day_without_the_year() -> None:
    for token in record_tokens(person("สมชาย ใจดี")):
        assert not token.value.startswith("12-09")
        assert "1986" in token.value or "12-09" not in token.value


@pytest.mark.parametrize("part", ["nguyen", "tran", "van", "wang", "li", "zhang", "aung", "kyaw", "khin", "win"])
def test_parts_of_very_many_stand_beside_no_birth_date_alone(part: str) -> None:
    assert part_share(loose(part)) > MAX_PART_SHARE
    assert not values(record_tokens(person(f"{part} Zzyzx")), "birth-date+name-part") & {f"1986-12-09/{loose(part)}"}


def test_a_year_stands_beside_no_short_or_common_part_and_a_full_date_beside_more_than_one_sound() -> None:
    for text in ("สมชาย ใจดี", "陈志明", "ကျော်မင်းထွန်း", "Trương Minh Tài"):
        tokens = record_tokens(person(text))
        for value in values(tokens, "birth-date+name-part"):
            assert len(value.split("/")[1]) >= 3
        for value in values(tokens, "year+name-part"):
            assert len(value.split("/")[1]) >= MIN_RARE_PART
            assert part_share(value.split("/")[1]) <= MAX_PART_SHARE


@pytest.mark.parametrize("text", ["Nguyễn Văn Zzyzx", "Nguyễn Thị Zzyzx", "Trần Văn Zzyzx"])
def test_two_parts_of_very_many_stand_beside_no_birth_date(text: str) -> None:
    first, second, _ = readings(text)[0]
    pair = "-".join(sorted((loose(first), loose(second))))
    assert not values(record_tokens(person(text)), "birth-date+name-pair") & {f"1986-12-09/{pair}"}


def test_a_record_of_the_first_of_january_is_not_cheaper_to_guess() -> None:
    kinds = {kind_by_number(token.kind) for token in record_tokens(person("Trương Minh Tài", "1986-01-01"))}
    assert {kind.name for kind in kinds if BIRTH_DATE in kind.attributes} == {"birth-date+name-frame"}
    assert any(BIRTH_YEAR in kind.attributes for kind in kinds)


@pytest.mark.parametrize(
    "typed", ["Ratatna Suwan", "Rattan aSuwan", "Rattana Suawn", "Rastana Suwan", "Rattana Skuwan", "Ratt ana Suwan"]
)
def test_a_search_allows_for_two_letters_exchanged_and_for_one_too_many(typed: str) -> None:
    record = set(record_tokens(person("Rattana Suwan")))
    for born, kind in (("1986-12-09", "birth-date+name-frame"), (None, "name-loose")):
        shared = record & set(query_tokens(person(typed, born)))
        assert kind in {kind_by_number(token.kind).name for token in shared}


def test_a_search_allows_for_a_misspelt_part_beside_a_part_that_was_replaced() -> None:
    shared = set(record_tokens(person("Rattana Suwan"))) & set(query_tokens(person("Ratxtana Phommachanh")))
    assert "birth-date+name-part" in {kind_by_number(token.kind).name for token in shared}


@pytest.mark.parametrize("typed", ["1986-12-08", "1986-12-19", "1986-11-09", "1986-10-29", "1968-12-09"])
def test_a_search_allows_for_one_wrong_digit_and_two_exchanged_in_a_date(typed: str) -> None:
    shared = set(record_tokens(person("Rattana Suwan"))) & set(query_tokens(person("Rattana Suwan", typed)))
    assert any(kind_by_number(token.kind).name == "birth-date+name-frame" for token in shared)


def test_a_date_may_stand_as_the_first_of_january_in_the_record() -> None:
    shared = set(record_tokens(person("Rattana Suwan", "1986-01-01"))) & set(query_tokens(person("Rattana Suwan")))
    assert any(kind_by_number(token.kind).name == "birth-date+name-frame" for token in shared)


def test_a_search_for_the_first_of_january_asks_only_what_such_a_record_holds() -> None:
    asked = [kind_by_number(token.kind) for token in query_tokens(person("Rattana Suwan", "1986-01-01"))]
    assert all(kind.heaped for kind in asked)
    assert any(BIRTH_YEAR in kind.attributes for kind in asked)


@given(st.from_regex("[a-z]{2,12}( [a-z]{2,12}){0,2}", fullmatch=True))
def test_a_row_is_never_a_single_bigram_nor_within_one_part_of_very_many(text: str) -> None:
    found = forms(tuple(text.split()))
    for row in (*found.rows, *found.dated_rows):
        assert row[1:3] != row[3:5]
    for row in forms(("nguyen", "van", "thi")).dated_rows:
        assert not {row[1:3], row[3:5]} <= {"gu", "uy", "ye", "en"}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(max_size=30), max_size=4),
    st.sampled_from([None, BirthDate(1986), BirthDate(1986, 12), BORN, BirthDate(2000, 2, 29), BirthDate(1990, 5, 5)]),
)
def test_tokens_are_distinct_canonical_bounded_and_the_same_twice(names: list[str], born: BirthDate | None) -> None:
    subject = Person(names=tuple(Name(text) for text in names), birth_date=born)
    for tokens, limit in ((record_tokens(subject), RECORD_LIMIT), (query_tokens(subject), QUERY_LIMIT)):
        assert len(set(tokens)) == len(tokens) <= limit
        for token in tokens:
            assert token.value
            assert unicodedata.is_normalized("NFC", token.value)
            assert kind_by_number(token.kind) in KINDS
    assert record_tokens(subject) == record_tokens(subject)


def test_what_is_not_compared_is_said() -> None:
    subject = person("Li Wei", "1986-12", nationality="CN")
    assert not_compared(subject) == ("nationality", "birth-month")
    assert not_compared(Person(phones=("+66812345678",), birth_date=BORN)) == ("birth-date",)
    assert not_compared(person("Li Wei")) == ()


def test_the_hash_of_the_tables_is_one_value() -> None:
    assert len(tables_hash()) == 32
    assert tables_hash() == tables_hash() != resources_hash()
