"""Dates as Thai and Lao documents write them, set in the form of ISO 8601: day, month in words or numbers, era, year.

Month names are rows of resources/months.tsv. The year stays in its own era where no mark says which; dates.py decides.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from matcher.tables import pairs

_OFFSET = 543
_DAY_WORD = re.compile(r"^(?:วันที่|เกิด|ວັນທີ|ເກີດ)\s*")
_MONTH_WORD = re.compile(r"(?:เดือน|ເດືອນ)\s*")
_BUDDHIST = r"พ\.?\s?ศ\.?|ພ\.?\s?ສ\.?|b\.?\s?e\.?"
_COMMON = r"ค\.?\s?ศ\.?|ຄ\.?\s?ສ\.?|a\.?\s?d\.?"
_YEAR = rf"(?:ปี|ປີ)?\s*(?:(?P<be>{_BUDDHIST})|(?P<ce>{_COMMON}))?\s*(?P<year>\d{{4}})"
_IN_NUMBERS = re.compile(rf"(?P<day>\d{{1,2}})\s*[/.-]\s*(?P<month>\d{{1,2}})\s*[/.-]\s*{_YEAR}", re.ASCII)
_YEAR_ALONE = re.compile(_YEAR, re.ASCII)


def iso_form(text: str) -> str | None:
    """YYYY, YYYY-MM or YYYY-MM-DD for a written date with digits 0-9, or None where it is none.

    Numbers alone are day, month, year, as both countries write; taken only with a Buddhist year, because elsewhere the
    order is open. A year marked Buddhist below 2400 is given as Gregorian, since no reader could tell it later.
    """
    text = _MONTH_WORD.sub("", _DAY_WORD.sub("", _plain(text)))
    found = _IN_NUMBERS.fullmatch(text)
    if found is not None:
        year = _year(found)
        is_buddhist = found["be"] is not None or int(found["year"]) > 2400
        return f"{year}-{int(found['month']):02d}-{int(found['day']):02d}" if is_buddhist else None
    found = _in_words().fullmatch(text)
    if found is not None:
        month = f"{_year(found)}-{_months()[found['month']]:02d}"
        return month if found["day"] is None else f"{month}-{int(found['day']):02d}"
    found = _YEAR_ALONE.fullmatch(text)
    return _year(found) if found is not None else None


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).replace("ໍາ", "ຳ").replace("ํา", "ำ").casefold().split())


def _year(found: re.Match[str]) -> str:
    year = int(found["year"])
    if found["be"] is not None and year <= 2400 and year > _OFFSET:
        year -= _OFFSET
    return f"{year:04d}"


@cache
def _months() -> dict[str, int]:
    return {_plain(word): int(row[0]) for row in pairs("months.tsv") for word in row[1:]}


@cache
def _in_words() -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in sorted(_months(), key=lambda word: (-len(word), word)))
    return re.compile(rf"(?:(?P<day>\d{{1,2}})\s*)?(?P<month>{words})\s*{_YEAR}", re.ASCII)
