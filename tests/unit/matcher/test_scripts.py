"""Reading names of six scripts: tables of readings, and that every reader is total, deterministic and within a-z."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.names import MAX_PARTS, readings, searched_readings
from matcher.phonetics import frame, least_rotation, loose, strict
from matcher.scripts import detect, han, khmer, lao, latin, myanmar, thai

_PART = re.compile("[a-z]+")
_ALPHABETS = (
    st.characters(min_codepoint=0x0E00, max_codepoint=0x0E7F),
    st.characters(min_codepoint=0x0E80, max_codepoint=0x0EFF),
    st.characters(min_codepoint=0x1000, max_codepoint=0x109F),
    st.characters(min_codepoint=0x1780, max_codepoint=0x17FF),
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.characters(min_codepoint=0x0020, max_codepoint=0x024F),
    st.characters(),
)
_TEXTS = st.one_of(
    *(st.text(alphabet, max_size=24) for alphabet in _ALPHABETS), st.text(st.one_of(*_ALPHABETS), max_size=24)
)


@pytest.mark.parametrize(
    ("native", "reading"),
    [
        ("สมชาย", "somchai"), ("พงศธร", "phongsathon"), ("ประสานวงศ์", "prasanwong"), ("วีระกิตติ", "wirakitti"),
        ("ฉัตรแก้ว", "chatkaeo"), ("ทรงสิทธิ์", "songsit"), ("มงคลจิต", "mongkhonchit"), ("เสกสรรค์", "seksan"),
        ("ธีรวุฒิ", "thirawut"), ("เจริญ", "charoen"), ("อุดม", "udom"), ("บรรยงค์", "banyong"), ("หญิง", "ying"),
        ("เกรียงไกร", "kriangkrai"), ("จันทร์เพ็ญ", "chanphen"), ("สายฝน", "saifon"), ("ไพโรจน์", "phairot"),
    ],
)  # fmt: skip
def test_thai_readings(native: str, reading: str) -> None:
    assert thai.romanise(native) == reading


@pytest.mark.parametrize(
    ("native", "reading"),
    [
        ("ໄຊສົມພອນ", "xaisomphon"), ("ແກ້ວນ້ອຍ", "kaevnoi"), ("ວຽງສຸລິຍາ", "viangsuliya"), ("ບຸນຈັນ", "bunchan"),
        ("ວັນຫຼວງ", "vanluang"), ("ຄຳສຸວັນ", "khamsuvan"), ("ດວງນາງ", "duangnang"), ("ສະຫວັນ", "savan"),
        ("ໃຫຍ່", "nyai"), ("ມາລາວຽງ", "malaviang"), ("ເພັດ", "phed"),
    ],
)  # fmt: skip
def test_lao_readings(native: str, reading: str) -> None:
    assert lao.romanise(native) == reading


@pytest.mark.parametrize(
    ("native", "reading"),
    [
        ("ចាន់", "chan"), ("សំណាង", "samnang"), ("បុប្ផា", "bopha"), ("ពុទ្ធី", "putthi"), ("ដារ៉ា", "dara"),
        ("ប៊ុន", "bun"), ("ប៉ែន", "paen"), ("គង់", "kong"), ("ឈន", "chhon"), ("សេង", "seng"), ("វិសាល", "visal"),
        ("ព្រំ", "prom"), ("លីដា", "lida"), ("ម៉ៅ", "mao"), ("សុភ័ក្រ", "sopheak"), ("កែវ", "kaev"),
    ],
)  # fmt: skip
def test_khmer_readings(native: str, reading: str) -> None:
    assert khmer.romanise(native) == reading


@pytest.mark.parametrize(
    ("native", "reading"),
    [
        ("ျမင့္ဦးစန္း", "myint oo san"), ("မြင့်ဦးစန်း", "myint oo san"), ("ကျော်ကျော်မင်း", "kyaw kyaw min"),
        ("ေအာင္လွ", "aung hla"), ("အောင်လှ", "aung hla"), ("ထွန်းမြတ်", "htun myat"), ("ရွှေရီ", "shwe yi"),
        ("နွယ်နွယ်လှိုင်", "nwe nwe hlaing"), ("ဉာဏ်စိုး", "nyan soe"), ("ခင်မေချစ်", "khin may chit"),
        ("စန္ဒာမင်း", "sanda min"), ("ကြည်ဝေ", "kyi wai"), ("သိန်းစိန်", "thein sein"), ("ညွန့်ရှင်", "nyunt shin"),
        ("အေးနိုင်", "aye naing"), ("ငွေခိုင်", "ngwe khaing"),
    ],
)  # fmt: skip
def test_burmese_readings_from_unicode_and_zawgyi(native: str, reading: str) -> None:
    assert " ".join(myanmar.syllables(myanmar.unicode_of(native))) == reading


def test_zawgyi_is_told_by_its_form_and_ambiguous_text_is_read_both_ways() -> None:
    assert myanmar.is_zawgyi("ေက်ာ္")
    assert not myanmar.is_zawgyi("ကျော်")
    assert ("hla", "hla", "htay") in readings("လွလွေဌး")


@pytest.mark.parametrize(
    ("native", "reading"),
    [
        ("张嘉辉", "zhang jia hui"), ("張嘉輝", "zhang jia hui"), ("单文华", "shan wen hua"),
        ("曾志伟", "zeng zhi wei"), ("仇英", "qiu ying"), ("欧阳明", "ouyang ming"), ("解平", "xie ping"),
        ("区永", "ou yong"), ("乐正浩", "yuezheng hao"),
    ],
)  # fmt: skip
def test_chinese_readings(native: str, reading: str) -> None:
    assert " ".join(han.syllables(native)) == reading


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("Trương Minh Tài", "truong minh tai"),
        ("Đặng", "dang"),
        ("Fu-jun", "fu jun"),
        ("Ts'ai", "tsai"),
        ("ØRSTED", "orsted"),
    ],
)
def test_latin_readings(text: str, reading: str) -> None:
    assert " ".join(latin.parts(text)) == reading


def test_pinyin_is_cut_where_it_can_be() -> None:
    assert latin.pinyin_syllables("zhiyan") == ("zhi", "yan")
    assert latin.pinyin_syllables("xian") == ("xian",)
    assert latin.pinyin_syllables("somchai") == ()


@pytest.mark.parametrize(
    ("latin_name", "native"),
    [
        ("Somchai Jaidee", "สมชาย ใจดี"), ("JAIDI SOMCHAY", "สมชาย ใจดี"), ("Saysomphone", "ໄຊສົມພອນ"),
        ("Xaysomphon", "ໄຊສົມພອນ"), ("Chea Sopheap", "ជា សុភាព"), ("Chan Dara", "ចាន់ ដារ៉ា"),
        ("Daw Myint Oo San", "ျမင့္ဦးစန္း"), ("U Hla Htun", "လှထွန်း"), ("Zhang Jiahui", "張嘉輝"),
        ("Cheung Jiahui", "张嘉辉"), ("Tan Wen-hua", "陈文华"), ("TRUONG MINH TAI", "Trương Minh Tài"),
        ("Mr. Minh Tai Truong", "Trương Minh Tài"), ("Nang Sao Rattana Suwan", "รัตนา สุวรรณ"),
    ],
)  # fmt: skip
def test_a_latin_spelling_meets_the_native_name_in_the_consonants(latin_name: str, native: str) -> None:
    def whole(reading: tuple[str, ...]) -> str:
        return least_rotation("".join(frame(part) for part in reading))

    assert {whole(entry) for entry in searched_readings(latin_name)} & {whole(entry) for entry in readings(native)}


def test_scripts_are_told_apart_within_one_name() -> None:
    assert detect.runs("Somchai สมชาย") == (("Latn", "Somchai "), ("Thai", "สมชาย"))
    assert readings("Chen 陈明") == (("chen", "chen", "ming"),)


def test_a_name_that_is_all_honorific_stays_a_name() -> None:
    assert readings("Mr") == (("mr",),)
    assert readings("Daw Ma") == (("ma",), ("daw", "ma"))


@settings(max_examples=400, deadline=None)
@given(_TEXTS, st.sampled_from([None, "Qaag", "Latn", "Thai"]))
def test_every_reader_ends_within_its_alphabet_and_says_the_same_twice(text: str, script: str | None) -> None:
    for found in (readings(text, script), searched_readings(text, script)):
        assert len(found) <= 16
        for parts in found:
            assert 1 <= len(parts) <= MAX_PARTS
            assert all(_PART.fullmatch(part) for part in parts)
    assert readings.__wrapped__(text, script) == readings(text, script)


@given(st.from_regex("[a-z]{1,14}", fullmatch=True))
def test_skeletons_are_total_and_the_letters_of_a_reading_are_stable(part: str) -> None:
    assert re.fullmatch("[a-z]+", strict(part))
    assert re.fullmatch("[a-zAEO]+", loose(part))
    assert re.fullmatch("[a-z]*", frame(part))
    assert latin.parts(part) == (part,)


@given(st.text("abc", max_size=8), st.integers(0, 7))
def test_the_least_rotation_forgets_where_a_name_begins(text: str, turn: int) -> None:
    turned = text[turn % (len(text) or 1) :] + text[: turn % (len(text) or 1)]
    assert least_rotation(turned) == least_rotation(text)


@pytest.mark.parametrize(
    ("native", "spellings"),
    [
        ("សុជាតា", ("Socheata", "Sochata")), ("ឈន សុផល", ("Chhon Sophal", "Chhorn Sophol")),
        ("លក្ខិណា", ("Leakhena", "Lakhena")), ("យឹម", ("Yim", "Yoem")), ("ពៅ", ("Pov", "Peou")),
    ],
)  # fmt: skip
def test_a_khmer_record_meets_the_standards_and_the_families_spelling(native: str, spellings: tuple[str, ...]) -> None:
    def whole(reading: tuple[str, ...]) -> str:
        return least_rotation("".join(loose(part) for part in reading))

    held = {whole(entry) for entry in readings(native)[:2]}
    for spelling in spellings:
        assert held & {whole(entry) for entry in searched_readings(spelling)}, spelling
