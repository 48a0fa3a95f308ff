"""Invented people as lines for imports and searches, of all six countries in turn, from a seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from matcher.population import COUNTRIES, SyntheticPerson, generate


def record_lines(count: int, seed: int, countries: tuple[str, ...] = COUNTRIES) -> list[bytes]:
    """Record lines, the same for the same seed."""
    return [json.dumps(person.record, ensure_ascii=False).encode() for person in _people(count, seed, countries)]


def query_lines(count: int, seed: int) -> list[bytes]:
    """Query lines as an officer elsewhere would write them: the name in Latin letters, with the birth date."""
    return [
        json.dumps(
            {
                "query_id": f"q-{number}",
                "names": [{"text": person.heard}],
                "birth_date": person.record["birth_date"],
                "nationality": person.record["nationality"],
            }
        ).encode()
        for number, person in enumerate(_people(count, seed, COUNTRIES), 1)
    ]


def _people(count: int, seed: int, countries: tuple[str, ...]) -> Iterator[SyntheticPerson]:
    share = -(-count // len(countries))
    in_turn = zip(*(generate(country, share, seed) for country in countries), strict=True)
    return islice((person for group in in_turn for person in group), count)
