"""Invented people for demos and tests: a seeded generator over our own name elements (resources/population_*.tsv).

No real person is meant. Names are in the country's script; "heard" is how an officer elsewhere would spell them.
"""

from __future__ import annotations

import datetime
import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from matcher.tables import pairs

COUNTRIES = ("CN", "KH", "LA", "MM", "TH", "VN")
_SCRIPTS = {"CN": "Hans", "KH": "Khmr", "LA": "Laoo", "MM": "Mymr", "TH": "Thai", "VN": "Latn"}
_CATEGORIES = ("suspect", "accused", "convicted", "wanted", "missing", "victim", "witness")
_EARLIEST = datetime.date(1955, 1, 1)
_DAYS = 18_900


@dataclass(frozen=True, slots=True)
class SyntheticPerson:
    """record: a record line in the country's script. heard: the name in Latin letters as an officer would hear it."""

    record: dict[str, object]
    heard: str


def generate(country: str, count: int, seed: int) -> Iterator[SyntheticPerson]:
    """count invented people of one of the six countries, the same for the same seed. Raises ValueError."""
    if country not in COUNTRIES:
        raise ValueError(f"no names for this country; choose one of {', '.join(COUNTRIES)}")
    # A linear generator is what makes a demo repeatable; nothing here is secret.
    chance = random.Random(f"lancang/{country}/{seed}")  # noqa: S311
    for number in range(1, count + 1):
        written, heard = _NAMERS.get(country, _family_last)(country, chance)
        born = _EARLIEST + datetime.timedelta(days=chance.randrange(_DAYS))
        record: dict[str, object] = {
            "record_id": f"{country}-{seed}-{number:06d}",
            "names": [{"text": written, "script": _SCRIPTS[country]}],
            "birth_date": born.isoformat(),
            "sex": chance.choice(("male", "female")),
            "nationality": country,
            "category": chance.choice(_CATEGORIES),
        }
        if chance.random() < 0.5:
            record["documents"] = [{"type": "passport", "issuer": country, "number": f"P{chance.randrange(10**8):08d}"}]
        yield SyntheticPerson(record, heard)


@cache
def _elements(country: str, kind: str) -> tuple[tuple[str, str], ...]:
    return tuple((row[1], row[2]) for row in pairs(f"population_{country.lower()}.tsv") if row[0] == kind)


def _family_last(country: str, chance: random.Random) -> tuple[str, str]:
    given = chance.choice(_elements(country, "given"))
    family = chance.choice(_elements(country, "family"))
    return f"{given[0]} {family[0]}", f"{given[1]} {family[1]}"


def _khmer(country: str, chance: random.Random) -> tuple[str, str]:
    family, given = chance.choice(_elements(country, "family")), chance.choice(_elements(country, "given"))
    return f"{family[0]} {given[0]}", f"{family[1]} {given[1]}"


def _burmese(country: str, chance: random.Random) -> tuple[str, str]:
    """Two to four syllables, no family name, the first sometimes said twice."""
    parts = [chance.choice(_elements(country, "given")) for _ in range(chance.choice((2, 2, 3, 3, 3, 4)))]
    if chance.random() < 0.15:
        parts[1] = parts[0]
    return "".join(written for written, _ in parts), " ".join(heard for _, heard in parts)


def _chinese(country: str, chance: random.Random) -> tuple[str, str]:
    family = chance.choice(_elements(country, "family"))
    given = [chance.choice(_elements(country, "given")) for _ in range(chance.choice((1, 2, 2, 2)))]
    written = family[0] + "".join(character for character, _ in given)
    heard = "".join(syllable for _, syllable in given).capitalize()
    return written, f"{_without_marks(family[1])} {heard}"


def _vietnamese(country: str, chance: random.Random) -> tuple[str, str]:
    family, given = chance.choice(_elements(country, "family")), chance.choice(_elements(country, "given"))
    written = f"{family[0]} {given[0]}"
    return written, _without_marks(written)


def _without_marks(text: str) -> str:
    plain = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return plain.replace("đ", "d").replace("Đ", "D")


_NAMERS = {"KH": _khmer, "MM": _burmese, "CN": _chinese, "VN": _vietnamese}
