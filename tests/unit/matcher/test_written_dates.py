"""Dates as Thai and Lao documents write them: digits, month names, eras, and what stays refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.dates import Calendar, parse_birth_date
from matcher.person import PersonError
from matcher.written_dates import iso_form


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("9 ธันวาคม พ.ศ. 2529", "1986-12-09"), ("๙ ธ.ค. ๒๕๒๙", "1986-12-09"), ("วันที่ 9 เดือน ธันวาคม 2529", "1986-12-09"),
        ("09/12/2529", "1986-12-09"), ("9-12-2529", "1986-12-09"), ("๐๙/๑๒/๒๕๒๙", "1986-12-09"),
        ("ธันวาคม 2529", "1986-12"), ("พ.ศ. 2529", "1986"), ("พ.ศ.๒๕๒๙", "1986"), ("ค.ศ. 1986", "1986"),
        ("9 ธันวาคม ค.ศ. 1986", "1986-12-09"), ("29 กุมภาพันธ์ 2527", "1984-02-29"),
        ("໙ ທັນວາ ໒໕໒໙", "1986-12-09"), ("9 ທັນວາ 1986", "1986-12-09"), ("ວັນທີ 9 ເດືອນ ທັນວາ ພ.ສ. 2529", "1986-12-09"),
        ("1 ກໍລະກົດ ຄ.ສ. 1975", "1975-07-01"), ("໑໙໘໖-໑໒-໐໙", "1986-12-09"), ("พ.ศ. 2398", "1855"),
    ],
)  # fmt: skip
def test_a_thai_or_lao_date_is_read(written: str, iso: str) -> None:
    assert parse_birth_date(written).iso() == iso


def test_a_buddhist_year_is_flagged() -> None:
    assert parse_birth_date("9 ธ.ค. 2529").calendar is Calendar.BUDDHIST
    assert parse_birth_date("9 ธ.ค. 1986").calendar is Calendar.GREGORIAN


@pytest.mark.parametrize("written", ["09/12/1986", "31 กุมภาพันธ์ 2527", "9 ธันวา", "ธันวาคม", "9 13 2529", "9/13/2529"])
def test_what_is_open_or_impossible_is_refused(written: str) -> None:
    with pytest.raises(PersonError):
        parse_birth_date(written)


@given(st.text(max_size=40))
def test_any_text_is_a_form_of_iso_or_nothing(text: str) -> None:
    found = iso_form(text)
    assert found is None or found.replace("-", "").isascii()
