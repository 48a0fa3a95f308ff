"""Reading a person from a line: strict, bounded, explained, and never echoing what was given."""

from __future__ import annotations

import datetime
import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.dates import shifted_year, swapped
from matcher.identifiers import account, phone, phone_local
from matcher.person import (
    BirthDate,
    Calendar,
    Category,
    DocumentType,
    NameType,
    PersonError,
    Sex,
    canonical_subject,
    parse_birth_date,
    parse_document,
    person_from_json,
    person_to_json,
)

FULL = {
    "record_id": "TH-1",
    "names": [{"text": "สมชาย ใจดี", "script": "Thai"}, {"text": "Chai", "script": "Latn", "type": "nickname"}],
    "birth_date": "2529-12-09",
    "sex": "male",
    "nationality": "th",
    "documents": [{"type": "passport", "issuer": "TH", "number": "aa 123-4567"}, "national-id:TH:1 2345 67890 12 1"],
    "phones": ["081 234 5678", "+95 9 123 456 789"],
    "accounts": ["BKKBTHBK:123-4-56789-0"],
    "category": "wanted",
}


def test_a_full_line_is_read_into_canonical_form() -> None:
    record_id, person = person_from_json(FULL, id_key="record_id")
    assert record_id == "TH-1"
    assert [name.type for name in person.names] == [NameType.PRIMARY, NameType.NICKNAME]
    assert person.birth_date == BirthDate(1986, 12, 9, Calendar.BUDDHIST)
    assert person.sex is Sex.MALE
    assert person.nationality == "TH"
    assert [entry.number for entry in person.documents] == ["AA1234567", "1234567890121"]
    assert person.phones == ("+66812345678", "+959123456789")
    assert person.accounts == ("BKKBTHBK:1234567890",)
    assert person.category is Category.WANTED


def test_what_is_written_is_read_back_to_the_same_person() -> None:
    _, person = person_from_json(FULL, id_key="record_id")
    line = json.loads(json.dumps(person_to_json("TH-1", "query_id", person)))
    assert person_from_json(line, id_key="query_id") == ("TH-1", person)


def test_the_canonical_subject_is_sorted_compact_and_composed() -> None:
    line = {"query_id": "q", "names": [{"text": "Nguye\u0302\u0303n"}], "sex": "female"}
    _, person = person_from_json(line, id_key="query_id")
    assert canonical_subject(person) == '{"names":[{"text":"Nguyễn"}],"sex":"female"}'.encode()


def test_null_says_unknown() -> None:
    line = {
        "query_id": "q",
        "names": [{"text": "Lin", "script": None}],
        "birth_date": None,
        "sex": None,
        "phones": None,
    }
    _, person = person_from_json(line, id_key="query_id")
    assert (person.birth_date, person.sex, person.phones) == (None, Sex.UNKNOWN, ())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"record_id": ""}, "record_id"),
        ({"record_id": "x" * 129}, "record_id"),
        ({"record_id": "a\nb"}, "record_id"),
        ({"record_id": 7}, "record_id"),
        ({"names": "Lin"}, "names"),
        ({"names": ["Lin"]}, "names[0]"),
        ({"names": [{"text": "x" * 201}]}, "names[0].text"),
        ({"names": [{"text": "x" * 10_001}]}, "names[0].text"),
        ({"names": [{"text": "\u200b\u202e 12"}]}, "names[0].text"),
        ({"names": [{"text": "\ud800abc"}]}, "names[0].text"),
        ({"names": [{"text": "Lin", "script": "Zawgyi"}]}, "names[0].script"),
        ({"names": [{"text": "Lin", "type": "secret"}]}, "names[0].type"),
        ({"names": [{"text": f"Lin {n}"} for n in range(17)]}, "names"),
        ({"birth_date": 1986}, "birth_date"),
        ({"sex": "m"}, "sex"),
        ({"nationality": "Thai"}, "nationality"),
        ({"documents": ["passport:AA1234567"]}, "documents[0]"),
        ({"documents": ["passport:QQ:AA1234567"]}, "documents[0].issuer"),
        ({"documents": ["pass:TH:AA1234567"]}, "documents[0].type"),
        ({"documents": [{"type": "passport", "issuer": "TH", "number": "none"}]}, "documents[0].number"),
        ({"documents": [{"type": "passport", "issuer": "TH", "number": "1234", "colour": "red"}]}, "documents[0]"),
        ({"phones": ["call me"]}, "phones[0]"),
        ({"phones": ["+999 12345678"]}, "phones[0]"),
        ({"phones": ["12"]}, "phones[0]"),
        ({"accounts": ["GB00 WEST 1234 5698 7654 32"]}, "accounts[0]"),
        ({"accounts": ["x"]}, "accounts[0]"),
        ({"accounts": [f"acct{n:04d}" for n in range(33)]}, "accounts"),
        ({"category": "villain"}, "category"),
        ({"names": [], "documents": [], "phones": [], "accounts": []}, "names"),
    ],
)
def test_bad_values_are_refused_by_field_with_a_remedy(change: dict[str, object], field: str) -> None:
    with pytest.raises(PersonError) as caught:
        person_from_json({**FULL, **change}, id_key="record_id")
    assert caught.value.field == field
    assert caught.value.problem
    assert caught.value.remedy
    for secret in ("AA1234567", "x" * 20, "villain", "call me", "WEST", "1986"):
        assert secret not in str(caught.value).replace("passport:TH:AA1234567", "")


def test_unknown_keys_are_refused_by_name_with_the_nearest() -> None:
    with pytest.raises(PersonError, match=r"'birthdate' is not known.*'birth_date'"):
        person_from_json({**FULL, "birthdate": "1986"}, id_key="record_id")
    with pytest.raises(PersonError, match="'record_id'"):
        person_from_json(FULL, id_key="query_id")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1986", BirthDate(1986)),
        ("1986-12", BirthDate(1986, 12)),
        ("1986-2-9", BirthDate(1986, 2, 9)),
        ("2529", BirthDate(1986, calendar=Calendar.BUDDHIST)),
        ("๒๕๒๙-๑๒-๐๙", BirthDate(1986, 12, 9, Calendar.BUDDHIST)),
        ("2000-02-29", BirthDate(2000, 2, 29)),
    ],
)
def test_birth_dates_are_read(text: str, expected: BirthDate) -> None:
    assert parse_birth_date(text) == expected


@pytest.mark.parametrize(
    "text", ["", "86", "1986-13", "1986-00-01", "1999-02-29", "1500", "0000", "9999", "1986-1-2-3", None]
)
def test_impossible_birth_dates_are_refused(text: object) -> None:
    with pytest.raises(PersonError):
        parse_birth_date(text)


def test_the_future_is_refused_only_against_a_given_today() -> None:
    today = datetime.date(2026, 5, 3)
    assert parse_birth_date("2026-05-03", today=today).year == 2026
    assert parse_birth_date("2026", today=today).year == 2026
    assert parse_birth_date("2026-05-04").year == 2026
    with pytest.raises(PersonError, match="future"):
        parse_birth_date("2026-05-04", today=today)


def test_dates_beside_a_date() -> None:
    assert shifted_year(BirthDate(2000, 2, 29), 1) == BirthDate(2001, 2, 28)
    assert swapped(BirthDate(1986, 12, 9)) == BirthDate(1986, 9, 12)
    assert swapped(BirthDate(1986, 12, 13)) is None
    assert swapped(BirthDate(1986, 5, 5)) is None


def test_documents_from_the_command_line() -> None:
    entry = parse_document("driving-licence:LA:12/345 678")
    assert (entry.type, entry.issuer, entry.number) == (DocumentType.DRIVING_LICENCE, "LA", "12345678")


def test_phones_meet_in_e164_where_the_country_is_known() -> None:
    assert phone("phones", "0066 81 234 5678", None) == phone("phones", "081-234-5678", "TH") == "+66812345678"
    assert phone("phones", "081-234-5678", None) == "0812345678"
    assert phone_local("+66812345678") == phone_local("0812345678") == "812345678"


def test_accounts_keep_their_bank_and_an_iban_its_check_digits() -> None:
    assert account("accounts", "gb82 west 1234 5698 7654 32") == "GB82WEST12345698765432"
    assert account("accounts", "bkkbthbk:123 456") == "BKKBTHBK:123456"


@settings(deadline=None)
@given(st.text(max_size=60))
def test_a_name_is_refused_or_stays_the_same_when_read_again(text: str) -> None:
    line: dict[str, object] = {"query_id": "q", "names": [{"text": text}]}
    try:
        _, person = person_from_json(line, id_key="query_id")
    except PersonError:
        return
    assert all(unicodedata.is_normalized("NFC", name.text) for name in person.names)
    _, again = person_from_json(person_to_json("q", "query_id", person), id_key="query_id")
    assert again == person


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["query_id", "names", "birth_date", "sex", "nationality", "documents", "phones", "accounts", "x"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=12),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
            max_leaves=6,
        ),
    )
)
def test_any_json_is_read_or_refused_with_a_person_error(line: dict[str, object]) -> None:
    try:
        line_id, person = person_from_json(line, id_key="query_id")
    except PersonError:
        return
    assert line_id
    assert person.names or person.documents or person.phones or person.accounts
