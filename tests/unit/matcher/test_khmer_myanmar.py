"""Khmer and Burmese: habits that mix in one name, Zawgyi told from Unicode, and what both readers do with bad input."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.names import readings, searched_readings
from matcher.phonetics import least_rotation, loose
from matcher.scripts import khmer, myanmar

_PART = re.compile("[a-z]+")
_KHMER = st.text(st.characters(min_codepoint=0x1780, max_codepoint=0x17FF), max_size=40)
_BURMESE = st.text(st.characters(min_codepoint=0x1000, max_codepoint=0x109F), max_size=40)
_SPACED = st.text(st.sampled_from("ကမအလသ\u103a\u103b\u103c\u103d\u103e\u1031\u102c\u1037\u1038\u1039 "), max_size=30)


def _whole(reading: tuple[str, ...]) -> str:
    return least_rotation("".join(loose(part) for part in reading))


def _meet(record: str, search: str, script: str | None = None) -> bool:
    held = {_whole(entry) for entry in readings(record, script)[:3]}
    return bool(held & {_whole(entry) for entry in searched_readings(search)})


@pytest.mark.parametrize("search", ["Chea Sochata", "Cha Socheata", "Chea Socheata", "Cha Sochata"])
def test_a_khmer_name_is_found_whichever_word_is_spelt_in_which_habit(search: str) -> None:
    assert {_whole(entry) for entry in khmer.readings("ជា សុជាតា")} >= {_whole(tuple(search.lower().split()))}


@pytest.mark.parametrize(
    ("native", "reading"),
    [
        ("ជ័យ", "chey"), ("សុភ័ណ", "sophoan"), ("សុជាតិ", "socheat"), ("ហេតុ", "het"), ("គឹមស្រ៊ុន", "koemsrun"),
        ("រចនា", "rachana"), ("ម្លិះ", "malis"), ("ឧត្តម", "udom"),
    ],
)  # fmt: skip
def test_khmer_signs_and_silent_endings(native: str, reading: str) -> None:
    assert khmer.romanise(native) in {reading, reading.replace("oe", "i")}


@pytest.mark.parametrize(
    ("native", "search"),
    [
        ("ကျော်စွာမင်း", "Kyawswa Min"), ("သူရအောင်", "Thura Aung"), ("ရတနာ", "Yadanar"), ("ခိုင်ခိုင်", "Khine Khine"),
        ("မိုးဖြိုး", "Mo Phyoe"), ("စိုင်းခမ်း", "Sai Kham"), ("နိုင်စိုး", "Nai Soe"), ("နိုင်စိုး", "Naing Soe"),
        ("နန်းလှ", "Nang Hla"), ("နန်းလှ", "Nan Hla"), ("ဦးသန့်", "U Thant"), ("ဦးသန့်", "Thant"), ("ဝဏ္ဏကျော်", "Wunna Kyaw"),
        ("ခင်မောင်ဌေး", "Khin Mg Tay"), ("မောင်မောင်", "Mg Mg"),
    ],
)  # fmt: skip
def test_a_burmese_name_is_found_in_the_spellings_of_its_people(native: str, search: str) -> None:
    assert _meet(native, search)


def test_zawgyi_that_is_declared_unicode_is_still_read() -> None:
    assert _meet("ေက်ာ္မင္း", "Kyaw Min", "Mymr")


def test_unicode_that_is_declared_zawgyi_is_left_as_it_is() -> None:
    assert myanmar.unicode_of("ကျော်မင်း", declared=True) == "ကျော်မင်း"
    assert _meet("အေးလှ", "Aye Hla", "Qaag")


def test_each_word_is_judged_alone_where_unicode_and_zawgyi_stand_in_one_name() -> None:
    assert myanmar.unicode_of("အောင် ေမာင္း") == "အောင် မောင်း"


def test_text_is_never_both_zawgyi_and_plainly_unicode() -> None:
    assert myanmar.is_zawgyi("ေက်ာ္")
    assert not myanmar.is_unicode("ေက်ာ္")
    assert myanmar.is_unicode("ကျော်")
    assert not myanmar.is_unicode("မြ")  # could be either


@pytest.mark.parametrize(
    "text", ["\u103b\u103d\u103e", "\u1039", "\u17d2\u17d2", "\u17b6", "\u17d0", "\u17f0", "\u1097"]
)
def test_a_stray_sign_alone_gives_no_reading_that_breaks_the_alphabet(text: str) -> None:
    assert all(_PART.fullmatch(part) for entry in readings(text) for part in entry)


@pytest.mark.parametrize(
    "text", ["က" * 10_000, "ៀ" * 10_000, "ក្" * 5_000, "ေ" * 10_000, "က်" * 5_000, "\u17ff" * 10_000]
)
def test_ten_thousand_characters_are_read_to_a_bound(text: str) -> None:
    assert all(len(entry) <= 8 for entry in readings(text))
    assert all(len(part) < 1000 for entry in readings(text) for part in entry)


@settings(max_examples=300)
@given(st.one_of(_KHMER, _SPACED))
def test_the_khmer_reader_is_total_and_stays_within_its_alphabet(text: str) -> None:
    found = khmer.readings(text)
    assert 1 <= len(found) <= khmer.MAX_READINGS
    assert all(_PART.fullmatch(part) for entry in found for part in entry)
    assert khmer.readings.__wrapped__(text) == found


@settings(max_examples=300)
@given(st.one_of(_BURMESE, _SPACED))
def test_the_burmese_reader_is_total_and_stays_within_its_alphabet(text: str) -> None:
    found = myanmar.readings(text)
    assert 1 <= len(found) <= myanmar.MAX_READINGS
    assert all(_PART.fullmatch(part) for entry in found for part in entry)
    assert myanmar.readings.__wrapped__(text) == found


@settings(max_examples=300)
@given(st.one_of(_BURMESE, _SPACED), st.booleans())
def test_zawgyi_is_never_told_from_text_that_is_plainly_unicode(text: str, declared: bool) -> None:
    assert not (myanmar.is_zawgyi(text) and myanmar.is_unicode(text))
    if all(myanmar.is_unicode(word) for word in text.split()):
        assert myanmar.unicode_of(text, declared=declared) == text
