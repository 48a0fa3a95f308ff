"""The Thai and Lao readers: readings a linguist expects, several where the script is silent, and whatever is put in."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.names import readings
from matcher.scripts import lao, thai

_THAI = st.text(st.characters(min_codepoint=0x0E00, max_codepoint=0x0E7F), max_size=60)
_LAO = st.text(st.characters(min_codepoint=0x0E80, max_codepoint=0x0EFF), max_size=60)
_ANY = st.text(max_size=40)
_LONGEST_OF_A_LETTER = 9


@pytest.mark.parametrize(
    ("native", "reading"),
    [
        ("สมชาย", "somchai"), ("ทรงพล", "songphon"), ("ทรายแก้ว", "saikaeo"), ("สร้อยทอง", "soithong"),
        ("ศรีสุข", "sisuk"), ("จริงใจ", "chingchai"), ("อินทรา", "inthra"), ("เฉลิมพล", "chaloemphon"),
        ("เสถียร", "sathian"), ("สนั่น", "sanan"), ("ธรรมนูญ", "thammanun"), ("กรรณิการ์", "kannika"),
        ("วรรณี", "wanni"), ("ไพบูลย์", "phaibun"), ("จันทร์", "chan"), ("ลักษมณ์", "lak"), ("สุชาติ", "suchat"),
        ("ภูมิ", "phum"), ("เกียรติ", "kiat"), ("ศักดิ์ดา", "sakda"), ("พันธุ์ทิพย์", "phanthip"),
        ("รัตนา", "rattana"), ("วัฒนา", "watthana"), ("อยู่", "yu"), ("หนู", "nu"), ("หลวง", "luang"),
        ("กฤษดา", "kritsada"), ("ฤทธิ์", "rit"), ("นฤมล", "naruemon"), ("พฤกษ์", "phruek"), ("แพทองธาร", "phaethongthan"),
        ("เเก้ว", "kaeo"), ("คํา", "kham"), ("เมือง", "mueang"), ("เขียว", "khiao"), ("เทอด", "thoet"),
    ],
)  # fmt: skip
def test_thai_is_read_as_it_is_spoken(native: str, reading: str) -> None:
    assert thai.romanise(native) == reading


@pytest.mark.parametrize(
    ("native", "both"),
    [("รัชพล", {"ratchaphon", "ratphon"}), ("ศุภชัย", {"supphachai", "supchai"}), ("ชินวัตร", {"chinwat", "chinnawat"})],
)
def test_where_thai_does_not_write_a_linking_vowel_both_readings_are_given(native: str, both: set[str]) -> None:
    assert both <= {reading for reading, _ in thai.readings(native)}


@pytest.mark.parametrize(
    ("native", "reading"),
    [
        ("ຫຼວງ", "luang"), ("ຫລວງ", "luang"), ("ຫນູ", "nou"), ("ໜູ", "nou"), ("ຫມື່ນ", "muen"), ("ໝື່ນ", "muen"),
        ("ວົງສ໌", "vong"), ("ສວັນ", "savan"), ("ສະຫວັນ", "savan"), ("ພອຣ", "phon"), ("ໄຊຍະສອນ", "xayason"),
        ("ພຣະບາງ", "phrabang"), ("ເດືອນ", "duean"), ("ຂຽວ", "khiao"), ("ຄຳ", "kham"), ("ຄໍາ", "kham"),
        ("ຫິນ", "hin"), ("ຫອມ", "hom"), ("ສວນ", "suan"), ("ຜຸຍ", "phui"), ("ອ່ອນ", "on"), ("ເເສງ", "saeng"),
    ],
)  # fmt: skip
def test_lao_is_read_in_modern_and_in_old_spelling(native: str, reading: str) -> None:
    assert lao.romanise(native) == reading


def test_lao_so_tam_is_read_as_x_and_as_ch() -> None:
    assert [reading for reading, _ in lao.readings("ໄຊ")] == ["xai", "chai"]


@settings(max_examples=300)
@given(st.one_of(_THAI, _LAO, _ANY))
def test_a_reader_is_total_deterministic_and_bounded(text: str) -> None:
    for read in (thai.readings, lao.readings):
        found = read(text)
        assert 1 <= len(found) <= thai.MAX_READINGS
        assert found == read.__wrapped__(text)
        assert found[0][1] == 0
        assert [cost for _, cost in found] == sorted(cost for _, cost in found)
        assert all(len(reading) <= _LONGEST_OF_A_LETTER * (len(text) + 1) for reading, _ in found)


@settings(max_examples=300)
@given(st.one_of(_THAI, _LAO))
def test_of_thai_and_lao_text_only_a_to_z_is_left_for_a_name(text: str) -> None:
    for parts in readings(text):
        assert all(re.fullmatch("[a-z]+", part) for part in parts)


@pytest.mark.parametrize("text", ["เ" * 10_000, "ก" * 10_000, "์" * 10_000, "ກ" * 10_000, "ເ" * 10_000, "กา" * 5_000])
def test_ten_thousand_letters_end_soon_and_short(text: str) -> None:
    assert len(thai.romanise(text)) <= _LONGEST_OF_A_LETTER * len(text)
    assert len(lao.romanise(text)) <= _LONGEST_OF_A_LETTER * len(text)
    assert len(readings(text)) <= 4


@pytest.mark.parametrize("text", ["ะก", "์", "ิุก", "กเ", "ก์์์", "\u0e3b\u0e5f", "\u0e80\u0eff", "ະກ", "໌", "ກເ", "ເແໂ"])
def test_misplaced_signs_and_unassigned_points_are_passed_over(text: str) -> None:
    assert all(part.isascii() for parts in readings(text) for part in parts)


@pytest.mark.parametrize(
    ("titled", "name"),
    [
        ("พล.ต.อ. สมชาย ทองดี", "สมชาย ทองดี"), ("นางสาวรัตนา ทองดี", "รัตนา ทองดี"), ("เด็กชายธีระ ทองดี", "ธีระ ทองดี"),
        ("ว่าที่ ร.ต. วิชัย ทองดี", "วิชัย ทองดี"), ("ม.ล. ปรีชา ทองดี", "ปรีชา ทองดี"), ("นางสาว ดร. รัตนา", "รัตนา"),
        ("ທ້າວ ສົມສັກ ວົງສາ", "ສົມສັກ ວົງສາ"), ("ນາງສາວ ມະນີ ວົງສາ", "ມະນີ ວົງສາ"), ("ດຣ. ບຸນມີ ວົງສາ", "ບຸນມີ ວົງສາ"),
        ("Pol Lt Gen Somchai Thongdi", "Somchai Thongdi"), ("Khunying Rattana Thongdi", "Rattana Thongdi"),
    ],
)  # fmt: skip
def test_a_thai_or_lao_title_is_no_part_of_the_name(titled: str, name: str) -> None:
    assert readings(titled)[0] == readings(name)[0]
