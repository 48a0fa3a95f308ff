"""A population to fish in: names with the skew of a country, birth dates with an age pyramid and a heap on 1 January.

Names are drawn from the elements of matcher/resources/population_*.tsv, weighed by resources/shares.toml; or the whole
names of a file of records are drawn, with replacement. The former know few names, which makes them easier to fish.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.dates import BirthDate
from matcher.forms import forms, part_share
from matcher.kinds import BIRTH_DATE, BIRTH_YEAR, NAME
from matcher.names import readings
from matcher.person import Name, Person
from matcher.phonetics import loose
from matcher.population import generate
from matcher.tokens import kind_by_number, record_tokens

FIRST_YEAR, YEARS, DAYS = 1955, 50, 365
HEAP = 0.02
_STOOD_FOR = BirthDate(2000, 2, 3)
_CANDIDATES = 12
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Held:
    """The values that tokens of one whole name hold, by what stands beside them; an entry is (kind, value)."""

    identity: str
    alone: tuple[tuple[int, str], ...]
    year: tuple[tuple[int, str], ...]
    date: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Population:
    """names: the distinct whole names. name, year, day: of each person, as numbers from 0; day 0 is 1 January."""

    names: tuple[Held, ...]
    name: Whole
    year: Whole
    day: Whole


def draw(country: str, size: int, seed: int, names: Path | None = None) -> Population:
    """A population, the same for the same seed."""
    chance = random.Random(f"fishing/{country}/{seed}")
    drawn = _from_file(names, country, size, chance) if names else _invented(country, size, seed, chance)
    place: dict[str, int] = {}
    number = np.array([place.setdefault(text, len(place)) for text in drawn])
    numbers = np.random.default_rng(seed)
    year = numbers.choice(YEARS, size, p=year_chances())
    day = np.where(numbers.random(size) < HEAP, 0, numbers.integers(0, DAYS, size))
    return Population(tuple(held(text) for text in place), number, year, day)


def year_chances() -> NDArray[np.float64]:
    """How likely each year of birth is: twice as many were born in the last year as in the first."""
    chances = np.linspace(1, 2, YEARS)
    return chances / float(chances.sum())


def day_chances() -> NDArray[np.float64]:
    """How likely each day of a year is, as draw() has it."""
    chances = np.full(DAYS, (1 - HEAP) / DAYS)
    chances[0] += HEAP
    return chances


@cache
def held(text: str) -> Held:
    """What the tokens of a person with this name hold; the birth date is taken out again."""
    alone: list[tuple[int, str]] = []
    year: list[tuple[int, str]] = []
    date: list[tuple[int, str]] = []
    for token in record_tokens(Person(names=(Name(text),), birth_date=_STOOD_FOR)):
        kind = kind_by_number(token.kind)
        if kind.attributes == {NAME}:
            alone.append((token.kind, token.value))
        elif kind.attributes & {BIRTH_DATE, BIRTH_YEAR}:
            value = token.value.partition("/")[2]
            (date if BIRTH_DATE in kind.attributes else year).append((token.kind, value))
    found = readings(text)
    return Held(forms(found[0]).loose if found else text, tuple(alone), tuple(year), tuple(date))


def draw_names(country: str, size: int, seed: int, chance: random.Random) -> list[tuple[str, str]]:
    """Names of the generator as (written, heard), drawn again so that parts come as often as their shares say."""
    people = generate(country, _CANDIDATES * 2_000, seed)
    names = list({str(person.record["names"][0]["text"]): person.heard for person in people}.items())  # type: ignore[index]
    weights = [_weight(written) for written, _ in names]
    return chance.choices(names, weights, k=size)


def _invented(country: str, size: int, seed: int, chance: random.Random) -> Sequence[str]:
    return [written for written, _ in draw_names(country, size, seed, chance)]


def _weight(text: str) -> float:
    found = readings(text)
    weight = 1.0
    for part in found[0] if found else ():
        weight *= part_share(loose(part))
    return weight


def _from_file(path: Path, country: str, size: int, chance: random.Random) -> Sequence[str]:
    with path.open(encoding="utf-8") as source:
        lines = [json.loads(line) for line in source]
    texts = [line["names"][0]["text"] for line in lines if line["record_id"].startswith(country)]
    return chance.choices(texts, k=size)


def with_kinds(population: Population, left_out: frozenset[int]) -> Population:
    """The same people, indexed without some kinds of token."""

    def kept(entries: tuple[tuple[int, str], ...]) -> tuple[tuple[int, str], ...]:
        return tuple(entry for entry in entries if entry[0] not in left_out)

    names = tuple(
        replace(each, alone=kept(each.alone), year=kept(each.year), date=kept(each.date)) for each in population.names
    )
    return replace(population, names=names)
