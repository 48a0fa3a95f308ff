"""How far two people agree in plain sight, field by field: for an officer who may see both, never for a search.

Names: Jaro-Winkler and token sort ratio (rapidfuzz) on romanised forms, Metaphone (jellyfish). Dates: in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import jellyfish
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from matcher.dates import BirthDate, swapped
from matcher.identifiers import phone_local
from matcher.names import Reading, readings
from matcher.person import Name, Person, Sex
from matcher.phonetics import loose

_DIGITS = 3


class DateAgreement(StrEnum):
    """How two birth dates stand to each other."""

    UNKNOWN = "not known on both sides"
    SAME = "the same day"
    SAME_YEAR_AND_MONTH = "the same as far as both are known (year and month)"
    SAME_YEAR = "the same as far as both are known (year)"
    SWAPPED = "day and month exchanged"
    YEAR_BESIDE = "the same day, a year beside"
    YEAR_ONLY = "the same year, another day"
    DAY_ONLY = "the same day and month, another year"
    ONE_DIGIT = "one digit differs"
    DIFFERENT = "different"


class Agreement(StrEnum):
    """How a value that has no degrees stands."""

    UNKNOWN = "not known on both sides"
    SAME = "the same"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class NameAgreement:
    """The best pair of readings of two names.

    jaro_winkler, token_sort: 0 to 1, parts sorted. sounds: shared phonetic parts over all parts, 0 to 1. metaphone:
    whether the English codes of the sorted parts are equal.
    """

    query: str
    record: str
    query_reading: str
    record_reading: str
    jaro_winkler: float
    token_sort: float
    sounds: float
    metaphone: bool


@dataclass(frozen=True, slots=True)
class PlainAgreement:
    """Field by field. name: None where one side has none that can be read. documents and so on: how many are shared.

    doubtful: how many documents of both sides have a wrong check digit.
    """

    name: NameAgreement | None
    birth_date: DateAgreement
    sex: Agreement
    nationality: Agreement
    documents: int
    doubtful: int
    phones: int
    accounts: int


def plain_agreement(query: Person, record: Person) -> PlainAgreement:
    """Compare two people in plain sight."""
    return PlainAgreement(
        name=_best_name(query, record),
        birth_date=date_agreement(query.birth_date, record.birth_date),
        sex=_same(_known_sex(query), _known_sex(record)),
        nationality=_same(query.nationality, record.nationality),
        documents=len(set(query.documents) & set(record.documents)),
        doubtful=sum(entry.doubtful for entry in (*query.documents, *record.documents)),
        phones=len(set(map(phone_local, query.phones)) & set(map(phone_local, record.phones))),
        accounts=len({entry.upper() for entry in query.accounts} & {entry.upper() for entry in record.accounts}),
    )


def date_agreement(one: BirthDate | None, other: BirthDate | None) -> DateAgreement:  # noqa: PLR0911 - one line a kind
    """The kind of difference between two birth dates; symmetric."""
    if one is None or other is None:
        return DateAgreement.UNKNOWN
    if not (one.is_full and other.is_full):
        return _partial(one, other)
    if one.iso() == other.iso():
        return DateAgreement.SAME
    exchanged = swapped(one)
    if exchanged is not None and exchanged.iso() == other.iso():
        return DateAgreement.SWAPPED
    if (one.month, one.day) == (other.month, other.day):
        return DateAgreement.YEAR_BESIDE if abs(one.year - other.year) == 1 else DateAgreement.DAY_ONLY
    if sum(left != right for left, right in zip(one.iso(), other.iso(), strict=True)) == 1:
        return DateAgreement.ONE_DIGIT
    return DateAgreement.YEAR_ONLY if one.year == other.year else DateAgreement.DIFFERENT


def _partial(one: BirthDate, other: BirthDate) -> DateAgreement:
    if one.year != other.year:
        return DateAgreement.DIFFERENT
    if one.month is None or other.month is None:
        return DateAgreement.SAME_YEAR
    return DateAgreement.SAME_YEAR_AND_MONTH if one.month == other.month else DateAgreement.YEAR_ONLY


def _best_name(query: Person, record: Person) -> NameAgreement | None:
    pairs = (
        _compare(left, right, mine, theirs)
        for left, right in product(query.names, record.names)
        for mine, theirs in product(readings(left.text, left.script), readings(right.text, right.script))
    )
    return max(pairs, key=lambda pair: pair.sounds + pair.token_sort + pair.jaro_winkler, default=None)


def _compare(query: Name, record: Name, mine: Reading, theirs: Reading) -> NameAgreement:
    left, right = " ".join(sorted(mine)), " ".join(sorted(theirs))
    heard, held = {loose(part) for part in mine}, {loose(part) for part in theirs}
    return NameAgreement(
        query=query.text,
        record=record.text,
        query_reading=" ".join(mine),
        record_reading=" ".join(theirs),
        jaro_winkler=round(JaroWinkler.similarity(left, right), _DIGITS),
        token_sort=round(fuzz.token_sort_ratio(left, right) / 100, _DIGITS),
        sounds=round(len(heard & held) / len(heard | held), _DIGITS),
        metaphone=jellyfish.metaphone(left) == jellyfish.metaphone(right),
    )


def _known_sex(person: Person) -> Sex | None:
    return person.sex if person.sex in {Sex.MALE, Sex.FEMALE} else None


def _same(one: object, other: object) -> Agreement:
    if one is None or other is None:
        return Agreement.UNKNOWN
    return Agreement.SAME if one == other else Agreement.DIFFERENT
