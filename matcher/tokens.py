"""The tokens of a record and of a search: which values of which kinds, how many, in which order (protocol.md 1)."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import version

from matcher.dates import BirthDate, shifted_year, swapped
from matcher.forms import NO_FORMS, Forms, forms
from matcher.kinds import KINDS, Kind, Token
from matcher.names import readings, searched_readings
from matcher.person import Name, NameType, Person, Sex
from matcher.tables import resources_hash

__all__ = ["KINDS", "Kind", "Token", "kind_by_number", "not_compared", "query_tokens", "record_tokens", "tables_hash"]

RECORD_LIMIT = 24
QUERY_LIMIT = 64
VERSION = 1
_BY_NUMBER = {kind.number: kind for kind in KINDS}


def kind_by_number(number: int) -> Kind:
    """The kind of that number. Raises KeyError."""
    return _BY_NUMBER[number]


def record_tokens(person: Person) -> tuple[Token, ...]:
    """The tokens of a record: distinct, at most 24, the most informative first."""
    date = person.birth_date
    dates = (date,) if date is not None and date.is_full else ()
    return _collect(person, [forms(entry) for entry in _record_readings(person)], [dates], RECORD_LIMIT)


def query_tokens(person: Person, limit: int = QUERY_LIMIT) -> tuple[Token, ...]:
    """The tokens of a search: distinct, at most limit, identifiers first.

    A full birth date is also tried with day and month exchanged and a year earlier and later, in full-date kinds only.
    Kinds that contradict are asked of the other sex.
    """
    found = [forms(entry) for name in _by_rank(person) for entry in searched_readings(name.text, name.script)]
    date = person.birth_date
    rounds: list[tuple[BirthDate, ...]] = [()]
    if date is not None and date.is_full:
        exchanged = swapped(date)
        beside = (shifted_year(date, -1), shifted_year(date, 1))
        rounds = [(date,), ((exchanged,) if exchanged else ()) + beside]
    return _collect(replace(person, sex=person.sex.other), found, rounds, limit)


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
        row = f"{kind.number}\t{kind.name}\t{','.join(sorted(kind.attributes))}\t{kind.collision!r}\n"
        digest.update(row.encode())
    # What reads Han, splits Zawgyi, spells other scripts and phones has tables of its own.
    for library in ("anyascii", "phonenumberslite", "pyicu-wheels", "pypinyin"):
        digest.update(f"{library}\t{version(library)}\n".encode())
    digest.update(resources_hash())
    return digest.digest()


def _by_rank(person: Person) -> list[Name]:
    return sorted(person.names, key=lambda name: list(NameType).index(name.type))


def _record_readings(person: Person) -> list[tuple[str, ...]]:
    """The first readings of all names before their second ones: a cut at 24 tokens should spare a bit of each."""
    each = [readings(name.text, name.script)[:3] for name in _by_rank(person)]
    return [found[place] for place in range(3) for found in each if len(found) > place][:4]


def _collect(
    person: Person, found: Sequence[Forms], rounds: Sequence[tuple[BirthDate, ...]], limit: int
) -> tuple[Token, ...]:
    tokens: dict[Token, None] = {}
    for place, dates in enumerate(rounds):
        for rank, form in enumerate(found or (NO_FORMS,)):
            for kind in KINDS:
                if (rank or place) and kind.is_identifier:
                    continue
                for value in kind.function(person, form, dates):
                    tokens[Token(kind.number, unicodedata.normalize("NFC", value))] = None
    return tuple(tokens)[:limit]
