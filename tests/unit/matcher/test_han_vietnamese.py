"""Han, Vietnamese and Latin names: readings beside pinyin, keystrokes left in names, slips mended, aliases parted."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher import aliases
from matcher.names import readings, searched_readings
from matcher.person import Calendar, NameType, PersonError, parse_birth_date, person_from_json, person_to_json
from matcher.scripts import han_abroad, slips, vietnamese


@pytest.mark.parametrize(
    ("native", "cantonese", "sino_vietnamese"),
    [
        ("张嘉辉", "cheung ka fai", "truong gia huy"), ("張嘉輝", "cheung ka fai", "truong gia huy"),
        ("阮文明", "yuen man ming", "nguyen van minh"), ("陈子强", "chan chi keung", "tran tu cuong"),
        ("黄志伟", "wong chi wai", "hoang chi vi"),
    ],
)  # fmt: skip
def test_a_chinese_record_is_read_in_cantonese_and_sino_vietnamese(
    native: str, cantonese: str, sino_vietnamese: str
) -> None:
    assert [" ".join(parts) for parts in readings(native)[1:]] == [cantonese, sino_vietnamese]


@pytest.mark.parametrize(
    ("spelt", "pinyin"), [("Chang Chih-wei", "zhang zhi wei"), ("Hsieh Kuo-liang", "xie guo liang")]
)
def test_wade_giles_is_read_as_pinyin(spelt: str, pinyin: str) -> None:
    assert tuple(pinyin.split()) in han_abroad.from_taiwan(tuple(re.findall("[a-z]+", spelt.lower())))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Nguyeenx Vawn An", "nguyen van an"), ("Nguye64n Va8n An", "nguyen van an"),
        ("Ddawngj Vawn Hieepj", "dang van hiep"), ("Phạm Vieät Hoøang", "Pham Viet Hoang"),
    ],
)  # fmt: skip
def test_keystrokes_of_telex_and_vni_and_letters_of_vni_windows_become_the_name(typed: str, meant: str) -> None:
    assert tuple(meant.lower().split()) in readings(typed)


@pytest.mark.parametrize("name", ["Daw Aye Aye Maw", "Kyaw Oo", "Hoà Bình", "Somporn Saetang", "Lee Hsien Yang"])
def test_what_only_looks_like_keystrokes_stays(name: str) -> None:
    assert vietnamese.repaired(name) == name


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hrynh huu tai", "huynh huu tai"), ("nguyn thanh thao", "nguyen thanh thao"),
        ("minh hnat duong", "minh nhat duong"), ("lofanghao", "lo fanghao"), ("deeng guang lan", "deng guang lan"),
    ],
)  # fmt: skip
def test_a_slip_that_makes_no_syllable_is_mended(typed: str, meant: str) -> None:
    assert slips.mended(tuple(typed.split()))[0] == tuple(meant.split())


@pytest.mark.parametrize("name", ["nguyen van an", "cheung ka fai", "win min tun", "zhang wei", "somchai jaidee"])
def test_a_name_without_a_slip_is_left_alone(name: str) -> None:
    assert slips.mended(tuple(name.split())) == ()


@given(st.lists(st.from_regex("[a-z]{1,9}", fullmatch=True), max_size=5).map(tuple))
@settings(deadline=None)
def test_mending_ends_within_its_alphabet_and_says_the_same_twice(parts: tuple[str, ...]) -> None:
    found = slips.mended.__wrapped__(parts)
    assert len(found) <= 6
    assert found == slips.mended(parts)
    assert all(re.fullmatch("[a-z]+", part) for near in found for part in near)


@given(st.text(max_size=40))
@settings(deadline=None)
def test_repairing_keystrokes_twice_changes_nothing_more(text: str) -> None:
    once = vietnamese.repaired(text)
    assert vietnamese.repaired(once) == once


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Somchai Jaidee alias Lek", ["Somchai Jaidee", "Lek"]), ("陈志明（又名阿强）", ["陈志明", "阿强"]),
        ("Nguyễn Văn An còn gọi là Tư", ["Nguyễn Văn An", "Tư"]), ("Chan Tai-man (Peter)", ["Chan Tai-man", "Peter"]),
        ("Aung Aung @ Ko Gyi", ["Aung Aung", "Ko Gyi"]), ("အောင်အောင် (ခ) ကိုကြီး", ["အောင်အောင်", "ကိုကြီး"]),
        ("John Tan a.k.a. Ah Seng", ["John Tan", "Ah Seng"]), ("สมชาย หรือ ชัย", ["สมชาย", "ชัย"]),
        ("Malee/Lek", ["Malee", "Lek"]), ("Somphone", ["Somphone"]), ("(Peter)", ["Peter"]),
    ],
)  # fmt: skip
def test_one_text_with_two_names_becomes_two_names(text: str, names: list[str]) -> None:
    line = {"query_id": "q", "names": [{"text": text}]}
    _, person = person_from_json(line, id_key="query_id")
    assert [name.text for name in person.names] == names
    assert person.names[0].type is NameType.PRIMARY
    assert person_from_json(person_to_json("q", "query_id", person), id_key="query_id") == ("q", person)


@given(st.text(st.sampled_from('ab @/()"ខ alias又名ခ '), max_size=40))
@settings(deadline=None)
def test_a_parted_name_is_not_parted_again(text: str) -> None:
    for name, _ in aliases.split(" ".join(text.split())):
        assert len(aliases.split(name)) == 1


@pytest.mark.parametrize(
    ("written", "iso", "calendar"),
    [
        ("民國75年12月9日", "1986-12-09", Calendar.MINGUO), ("ROC 75-12-9", "1986-12-09", Calendar.MINGUO),
        ("minguo 75", "1986", Calendar.MINGUO), ("1986年12月9日", "1986-12-09", Calendar.GREGORIAN),
        ("1986年12月", "1986-12", Calendar.GREGORIAN), ("农历1986年冬月初八", "1986", Calendar.LUNAR),
    ],
)  # fmt: skip
def test_chinese_dates_are_read_and_flagged(written: str, iso: str, calendar: Calendar) -> None:
    date = parse_birth_date(written)
    assert (date.iso(), date.calendar) == (iso, calendar)
    _, person = person_from_json({"query_id": "q", "names": [{"text": "a"}], "birth_date": written}, id_key="query_id")
    assert person_from_json(person_to_json("q", "query_id", person), id_key="query_id") == ("q", person)


def test_the_first_of_january_may_stand_for_a_day_nobody_knows() -> None:
    assert parse_birth_date("1986-01-01").may_be_placeholder
    assert not parse_birth_date("1986-01-02").may_be_placeholder


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a" * 10_000, "longer than 200"), ("a" * 10_001, "longer than 10000"), ("\u200b\u202e\u2066", "no letter"),
        ("\u0378\u0379", "no letter"), ("123", "no letter"), ("\ud800", "half a character"), ("", "no letter"),
    ],
)  # fmt: skip
def test_a_bad_name_is_refused_with_a_message(text: str, problem: str) -> None:
    with pytest.raises(PersonError, match=problem):
        person_from_json({"query_id": "q", "names": [{"text": text}]}, id_key="query_id")


@pytest.mark.parametrize("text", ["Som\u200bchai", "\u202eSomchai\u202c", "Som\u0378chai"])
def test_hidden_characters_do_not_change_a_name(text: str) -> None:
    _, person = person_from_json({"query_id": "q", "names": [{"text": text}]}, id_key="query_id")
    assert person.names[0].text == "Somchai"


def test_scripts_mixed_in_one_name_are_each_read() -> None:
    assert searched_readings("Chen 志明")[0] == ("chen", "zhi", "ming")
