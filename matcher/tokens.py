"""The tokens of a record and of a search: which values of which kinds, how many, in which order (protocol.md 1)."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version

from matcher.dates import BirthDate, mistyped, placeholder, shifted_year, swapped
from matcher.forms import NO_FORMS, Forms, forms, sounds
from matcher.kinds import KINDS, Kind, Token
from matcher.misspelt import meant
from matcher.names import readings, searched_readings
from matcher.person import Name, NameType, Person, Sex
from matcher.tables import resources_hash

__all__ = ["KINDS", "Kind", "Token", "kind_by_number", "not_compared", "query_tokens", "record_tokens", "tables_hash"]

RECORD_LIMIT = 24
QUERY_LIMIT = 64
MOST_READINGS = 3
VERSION = 2
_BY_NUMBER = {kind.number: kind for kind in KINDS}


def kind_by_number(number: int) -> Kind:
    """The kind of that number. Raises KeyError."""
    return _BY_NUMBER[number]


def record_tokens(person: Person) -> tuple[Token, ...]:
    """The tokens of a record: distinct, at most 24, the most informative first.

    The first readings of all names come before their second and third ones: a cut at 24 should spare a bit of each.
    """
    date = person.birth_date
    dates = (date,) if date is not None and date.is_full else ()
    each = [readings(name.text, name.script)[:MOST_READINGS] for name in _by_rank(person)]
    rounds = [
        _Round([forms(found[rank]) for found in each if len(found) > rank], dates, _held(_carried_by(rank), date))
        for rank in range(MOST_READINGS)
    ]
    return _collect(person, rounds, RECORD_LIMIT)


def query_tokens(person: Person, limit: int = QUERY_LIMIT) -> tuple[Token, ...]:
    """The tokens of a search: distinct, at most limit, identifiers first.

    Of the first reading all kinds are asked, of others those that several readings of a record carry. Then a full
    birth date is tried with day and month exchanged and a year earlier and later, then the names that a misspelt one
    may have meant, then 1 January and the dates one digit away, each in the kinds that say so. Kinds that contradict
    are asked of the other sex.
    """
    each = [searched_readings(name.text, name.script) for name in _by_rank(person)]
    first = [forms(found[0]) for found in each if found]
    others = [forms(reading) for found in each for reading in found[1:]]
    misspelt = [sounds(reading) for found in each if found for reading in meant(found[0])]
    date = person.birth_date
    exact: tuple[BirthDate, ...] = ()
    shifted: tuple[BirthDate, ...] = ()
    digits: tuple[BirthDate, ...] = ()
    if date is not None and date.is_full:
        exchanged = swapped(date)
        heaped = placeholder(date)
        exact, digits = (date,), (*((heaped,) if heaped else ()), *mistyped(date))
        shifted = (*((exchanged,) if exchanged else ()), shifted_year(date, -1), shifted_year(date, 1))
    rounds = [
        _Round(first, exact, _held(KINDS, date)),
        _Round(others, exact, _held(_carried_by(1), date)),
        _Round(first, shifted, _held(_SHIFTED, date)),
        _Round(misspelt, exact, _held(_allowing_misspelt(person), date)),
        _Round(others, shifted, _SHIFTED[:1]),
        _Round(first, digits, _SHIFTED[:1]),
    ]
    return _collect(replace(person, sex=person.sex.other), rounds, limit)


def not_compared(person: Person) -> tuple[str, ...]:
    """What is known of the person and takes no part in matching: "sex", "nationality", "birth-month" and so on."""
    date = person.birth_date
    present = {
        "sex": person.sex is Sex.NOT_APPLICABLE or (person.sex is not Sex.UNKNOWN and not person.names),
        "nationality": person.nationality is not None,
        "category": person.category is not None,
        # A year alone is compared together with a name; a year and month are compared as the year.
        "birth-month": date is not None and date.month is not None and not date.is_full,
        "birth-date": date is not None and not person.names,
        "name": bool(person.names) and not any(readings(name.text, name.script) for name in person.names),
    }
    return tuple(attribute for attribute, left_out in present.items() if left_out)


@cache
def tables_hash() -> bytes:
    """SHA-256 over the version, the kinds, all linguistic tables and their libraries: equal where tokens are equal."""
    digest = hashlib.sha256(b"lancang/1/tables")
    digest.update(VERSION.to_bytes(2, "big") + RECORD_LIMIT.to_bytes(2, "big"))
    for kind in KINDS:
        row = f"{kind.number}\t{kind.name}\t{','.join(sorted(kind.attributes))}\t{kind.collision!r}"
        row += f"\t{kind.readings}\t{kind.heaped}\n"
        digest.update(row.encode())
    # What reads Han, splits Zawgyi, spells other scripts and phones has tables of its own.
    for library in ("anyascii", "phonenumberslite", "pyicu-wheels", "pypinyin"):
        digest.update(f"{library}\t{version(library)}\n".encode())
    digest.update(resources_hash())
    return digest.digest()


def _by_rank(person: Person) -> list[Name]:
    return sorted(person.names, key=lambda name: list(NameType).index(name.type))


@dataclass(frozen=True, slots=True)
class _Round:
    """Forms, full birth dates and kinds that are joined with each other."""

    forms: Sequence[Forms]
    dates: tuple[BirthDate, ...]
    kinds: Sequence[Kind]


_SHIFTED = tuple(kind for kind in KINDS if kind.shifts)


def _carried_by(rank: int) -> tuple[Kind, ...]:
    return tuple(kind for kind in KINDS if kind.readings > rank)


def _held(kinds: Sequence[Kind], date: BirthDate | None) -> Sequence[Kind]:
    """The kinds that a record with this birth date may hold; a search for it asks no others."""
    if date is None or not date.may_be_placeholder:
        return kinds
    return tuple(kind for kind in kinds if kind.heaped)


def _allowing_misspelt(person: Person) -> tuple[Kind, ...]:
    """Of the kinds asked of misspelt names, the most telling that the birth date allows: each costs many places."""
    date = person.birth_date
    if date is not None and date.is_full:
        return tuple(kind for kind in KINDS if kind.misspelt and kind.shifts)
    return tuple(kind for kind in KINDS if kind.misspelt and not kind.shifts)


def _collect(person: Person, rounds: Sequence[_Round], limit: int) -> tuple[Token, ...]:
    tokens: dict[Token, None] = {}
    for place, each in enumerate(rounds):
        found = each.forms or ((NO_FORMS,) if place == 0 else ())
        for kind in each.kinds:
            for form in found[:1] if kind.is_identifier else found:
                for value in kind.function(person, form, each.dates):
                    tokens[Token(kind.number, unicodedata.normalize("NFC", value))] = None
    return tuple(tokens)[:limit]
