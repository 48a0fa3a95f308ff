"""A name in one script searched among names in another: where the skeletons of both meet (cross_scripts.tsv).

Each person is tried both ways: one spelling as the record and the other as the search, and the reverse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from matcher.dates import parse_birth_date
from matcher.kinds import NAME
from matcher.names import Reading, readings, searched_readings
from matcher.person import Name, NameType, Person
from matcher.phonetics import frame, least_rotation, loose, strict
from matcher.report.proportion import Proportion
from matcher.tokens import kind_by_number, query_tokens, record_tokens

_TABLE = Path(__file__).with_name("cross_scripts.tsv")
_RECORD_READINGS = 3
_DEPTHS: dict[str, Callable[[str], str]] = {"strict": strict, "as it sounds": loose, "consonants": frame}
_DAY = parse_birth_date("1986-12-09")
WAYS = (*_DEPTHS, "a token of the name", "a token with the birth date")


@dataclass(frozen=True, slots=True)
class Crossing:
    """languages: such as "zh-th", or "all". met: for each of WAYS, of both directions of each person."""

    languages: str
    met: tuple[Proportion, ...]


def rows() -> list[tuple[str, str, str]]:
    """(languages, name, the same name in another script)."""
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    split = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [(languages, one, other) for languages, one, other in split]


def measure() -> list[Crossing]:
    """In all, then each pair of languages."""
    met = [
        (languages, ways(record, query))
        for languages, one, other in rows()
        for record, query in ((one, other), (other, one))
    ]
    groups = ["all", *dict.fromkeys(languages for languages, _ in met)]
    return [_crossing(group, [each for languages, each in met if group in {"all", languages}]) for group in groups]


def ways(record: str, query: str) -> tuple[bool, ...]:
    """For each of WAYS, whether the two meet."""
    held, asked = readings(record)[:_RECORD_READINGS], searched_readings(query)
    whole = tuple(
        not {_whole(each, depth) for each in held}.isdisjoint({_whole(each, depth) for each in asked})
        for depth in _DEPTHS.values()
    )
    shared = set(record_tokens(_person(record))) & set(query_tokens(_person(query)))
    attributes = [kind_by_number(token.kind).attributes for token in shared]
    return (*whole, {NAME} in attributes, any(each != {NAME} for each in attributes))


def _crossing(languages: str, met: list[tuple[bool, ...]]) -> Crossing:
    return Crossing(languages, tuple(Proportion(sum(way), len(way)) for way in zip(*met, strict=True)))


def _whole(reading: Reading, depth: Callable[[str], str]) -> str:
    return least_rotation("".join(map(depth, reading)))


def _person(text: str) -> Person:
    return Person(names=(Name(text, None, NameType.PRIMARY),), birth_date=_DAY)
