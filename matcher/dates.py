"""Birth dates: ISO 8601, whole or partial, with Buddhist and Minguo years converted and flagged.

Minguo (Republic of China) year + 1911, as Taiwan's documents write it. A date in the Chinese lunar calendar keeps its
year alone: its month and day are others than the Gregorian ones, and its last weeks fall into the next Gregorian year.

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
MINGUO_OFFSET = 1911
# Documents that know no day often print this one.
PLACEHOLDER = (1, 1)
_MINGUO = re.compile(r"(?:民國|民国|r\.?o\.?c\.?|minguo)\s*(\d{1,3})(.*)", re.ASCII | re.IGNORECASE)
_LUNAR = re.compile(r"(?:农历|農曆|阴历|陰曆|lunar|âm lịch)\s*(\d{4}).*", re.ASCII | re.IGNORECASE | re.DOTALL)
_CHINESE = re.compile(r"(\d{1,4})年(?:(\d{1,2})月(?:(\d{1,2})[日号號])?)?", re.ASCII)
_REMEDY = "Write it as YYYY-MM-DD, YYYY-MM or YYYY"


class Calendar(StrEnum):
    """In which calendar the document gave the year. BirthDate.year is Gregorian in any case."""

    GREGORIAN = "gregorian"
    BUDDHIST = "buddhist"
    MINGUO = "minguo"
    LUNAR = "lunar"


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

    @property
    def may_be_placeholder(self) -> bool:
        """Whether it is 1 January, which many registers write for a day that nobody knows."""
        return (self.month, self.day) == PLACEHOLDER

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
    written, stated = _marked(_western_digits(text.strip())) if len(text) <= 40 else ("", None)
    found = _FORM.fullmatch(written) or _FORM.fullmatch(iso_form(written) or "")
    if found is None:
        raise PersonError(field, "it is not an ISO 8601 date", _REMEDY)
    year, month, day = (int(part) if part else None for part in found.groups())
    if year is None:  # pragma: no cover - the pattern always holds a year
        raise PersonError(field, "it has no year", _REMEDY)
    calendar = stated or Calendar.GREGORIAN
    if stated is None and year > BUDDHIST_FROM:
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


def _marked(text: str) -> tuple[str, Calendar | None]:
    """The date in the form of ISO 8601 and the calendar that the text names: Minguo 75.12.9, 农历1986年."""
    lunar, minguo = _LUNAR.fullmatch(text), _MINGUO.fullmatch(text)
    if lunar is not None:
        return lunar[1], Calendar.LUNAR
    if minguo is not None:
        rest = _CHINESE.sub(lambda found: "-".join(filter(None, found.groups())), minguo[1] + minguo[2])
        year, _, day = re.sub("[./]", "-", rest.strip()).partition("-")
        gregorian = f"{int(year) + MINGUO_OFFSET:04d}" if year.isdigit() else ""
        return (f"{gregorian}-{day}" if day else gregorian), Calendar.MINGUO
    chinese = _CHINESE.fullmatch(text)
    return ("-".join(filter(None, chinese.groups())) if chinese else text), None


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


def placeholder(date: BirthDate) -> BirthDate | None:
    """1 January of that year, which a register may hold for the day; None where it is that day already."""
    return None if date.may_be_placeholder else BirthDate(date.year, *PLACEHOLDER)


def mistyped(date: BirthDate) -> tuple[BirthDate, ...]:
    """The days that one slip of a digit makes of a full date: two neighbours exchanged, or month or day one digit off.

    The century stands. At most 13, in a fixed order; empty where the day is not known.
    """
    text = date.iso().replace("-", "")
    if not date.is_full:
        return ()
    slips = [text[:at] + text[at + 1] + text[at] + text[at + 2 :] for at in range(2, 7)]
    slips += [text[:at] + digit + text[at + 1 :] for at in range(4, 8) for digit in _beside(text[at])]
    days = (_day(slip) for slip in slips if slip != text)
    return tuple(dict.fromkeys(day for day in days if day is not None))


def _beside(digit: str) -> tuple[str, ...]:
    return tuple(str(near) for near in (int(digit) - 1, int(digit) + 1) if 0 <= near <= 9)


def _day(digits: str) -> BirthDate | None:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    try:
        datetime.date(year, month, day)
    except ValueError:
        return None
    return BirthDate(year, month, day)


def _check_exists(field: str, year: int, month: int | None, day: int | None) -> None:
    try:
        datetime.date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        raise PersonError(field, "there is no such day", "Check month and day; leave out what is unknown") from None


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _western_digits(text: str) -> str:
    return "".join(str(int(char)) if char.isdecimal() else char for char in text)
