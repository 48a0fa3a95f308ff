"""Birth dates: ISO 8601, whole or partial, with Buddhist years converted and flagged.

Buddhist era as counted in Thailand, Laos and Cambodia since 1941: Gregorian year + 543.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from enum import StrEnum

from matcher.refusal import PersonError
from matcher.written_dates import iso_form

BUDDHIST_OFFSET = 543
BUDDHIST_FROM = 2400
EARLIEST_YEAR = 1850
LATEST_YEAR = 2150
_FORM = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)
_REMEDY = "Write it as YYYY-MM-DD, YYYY-MM or YYYY"


class Calendar(StrEnum):
    """In which calendar the document gave the year. BirthDate.year is Gregorian in any case."""

    GREGORIAN = "gregorian"
    BUDDHIST = "buddhist"


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A birth date known to the day, the month or the year. day is None where month is."""

    year: int
    month: int | None = None
    day: int | None = None
    calendar: Calendar = Calendar.GREGORIAN

    @property
    def is_full(self) -> bool:
        """Whether year, month and day are all known."""
        return self.day is not None

    def iso(self) -> str:
        """The date in ISO 8601, Gregorian, as far as it is known."""
        text = f"{self.year:04d}"
        if self.month is not None:
            text += f"-{self.month:02d}"
        if self.day is not None:
            text += f"-{self.day:02d}"
        return text


def parse_birth_date(text: object, *, today: datetime.date | None = None) -> BirthDate:
    """Read a birth date such as "1986-12-09", "1986-12", "1986" or "2529-12-09" (Buddhist).

    Also as Thai and Lao documents write it: "9 ธันวาคม พ.ศ. 2529", "๙ ธ.ค. ๒๕๒๙", "9/12/2529".
    A future date is refused only where today is given. Raises PersonError (field "birth_date").
    """
    field = "birth_date"
    if not isinstance(text, str):
        raise PersonError(field, "it is not text", _REMEDY)
    digits = _western_digits(text.strip()) if len(text) <= 40 else ""
    found = _FORM.fullmatch(digits) or _FORM.fullmatch(iso_form(digits) or "")
    if found is None:
        raise PersonError(field, "it is not an ISO 8601 date", _REMEDY)
    year, month, day = (int(part) if part else None for part in found.groups())
    if year is None:  # pragma: no cover - the pattern always holds a year
        raise PersonError(field, "it has no year", _REMEDY)
    calendar = Calendar.GREGORIAN
    if year > BUDDHIST_FROM:
        year, calendar = year - BUDDHIST_OFFSET, Calendar.BUDDHIST
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise PersonError(
            field, "the year is impossible", f"Give a year from {EARLIEST_YEAR} on; leave it out if unknown"
        )
    _check_exists(field, year, month, day)
    result = BirthDate(year, month, day, calendar)
    if today is not None and result.iso() > today.isoformat():
        raise PersonError(field, "it lies in the future", "Check the year and the calendar it is written in")
    return result


def shifted_year(date: BirthDate, years: int) -> BirthDate:
    """The same day years later. 29 February becomes 28 February where it must."""
    year, day = date.year + years, date.day
    if date.month == 2 and date.day == 29 and not _is_leap(year):
        day = 28
    return BirthDate(year, date.month, day, date.calendar)


def swapped(date: BirthDate) -> BirthDate | None:
    """The date with day and month exchanged, or None where that is no date or the same one."""
    if date.month is None or date.day is None or date.day > 12 or date.day == date.month:
        return None
    return BirthDate(date.year, date.day, date.month, date.calendar)


def _check_exists(field: str, year: int, month: int | None, day: int | None) -> None:
    try:
        datetime.date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        raise PersonError(field, "there is no such day", "Check month and day; leave out what is unknown") from None


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _western_digits(text: str) -> str:
    return "".join(str(int(char)) if char.isdecimal() else char for char in text)
