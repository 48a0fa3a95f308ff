"""Whether the bands mean what they say in an index of 100,000 people of one country, with a country's namesakes.

People as in benchmarks/fishing/people.py: few names, many bearers, birth years as a pyramid, a heap on 1 January. Half
of those who are searched are in the index, typed as in the development set: 60% with the exact birth date, others
with the year alone, day and month exchanged, a year off or no date; a fifth with a letter lost, doubled or exchanged.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.fishing.people import DAYS, FIRST_YEAR, HEAP, YEARS, draw_names, year_chances
from matcher.dates import BirthDate, shifted_year, swapped
from matcher.evaluation import PlainIndex
from matcher.person import Name, Person, Sex
from matcher.population import COUNTRIES
from matcher.report.proportion import Proportion
from matcher.scoring import Band, Candidate, score

SIZE, SEARCHES = 100_000, 600
_SEED = 3
_TYPO, _TURNED = 0.2, 0.15
_EXACT, _YEAR, _EXCHANGED, _OFF = 0.60, 0.72, 0.80, 0.89


@dataclass(frozen=True, slots=True)
class Banded:
    """strong, possible: of the hits shown in a band, those that are the person. found: of the known, by strong hits.

    data: a country, or another index. shown: of the known, by a hit in either band. leads: hits shown a search.
    """

    data: str
    strong: Proportion
    possible: Proportion
    found: Proportion
    shown: Proportion
    leads: float


def measure(size: int = SIZE, searches: int = SEARCHES) -> list[Banded]:
    """Every country in turn."""
    return [_country(country, size, searches) for country in COUNTRIES]


def _country(country: str, size: int, searches: int) -> Banded:
    chance = random.Random(f"bands/{country}/{_SEED}")
    people = _drawn(country, size + searches, chance)
    index = PlainIndex()
    for number, (person, _) in enumerate(people[:size]):
        index.add(str(number), person)
    tally = Tally()
    for turn in range(searches):
        known = turn % 2 == 0
        number = chance.randrange(size) if known else size + turn
        shared, asked = index.look_up(_typed(*people[number], chance))
        tally.add(score(shared, asked, index.records), frozenset({str(number)} if known else ()))
    return tally.banded(country)


class Tally:
    """Counts hits by band, search by search."""

    def __init__(self) -> None:
        self._hits: dict[Band, list[bool]] = {Band.STRONG: [], Band.POSSIBLE: []}
        self._known = self._searches = self._found = self._shown = 0

    def add(self, ranked: Sequence[Candidate], right: frozenset[str]) -> None:
        """One search. right: the ids of its records; empty for somebody who is in none."""
        self._searches += 1
        self._known += bool(right)
        true: set[Band] = set()
        for candidate in ranked:
            if candidate.band is not Band.NONE:
                is_right = candidate.tag.decode() in right
                self._hits[candidate.band].append(is_right)
                if is_right:
                    true.add(candidate.band)
        self._found += Band.STRONG in true
        self._shown += bool(true)

    def banded(self, data: str) -> Banded:
        """What was counted."""
        return Banded(
            data,
            _share(self._hits[Band.STRONG]),
            _share(self._hits[Band.POSSIBLE]),
            Proportion(self._found, self._known),
            Proportion(self._shown, self._known),
            sum(map(len, self._hits.values())) / self._searches,
        )


def _share(hits: Sequence[bool]) -> Proportion:
    return Proportion(sum(hits), len(hits))


def _drawn(country: str, count: int, chance: random.Random) -> list[tuple[Person, str]]:
    """People as records hold them, and how their names are heard."""
    numbers = np.random.default_rng(_SEED)
    years = numbers.choice(YEARS, count, p=year_chances())
    days = np.where(numbers.random(count) < HEAP, 0, numbers.integers(0, DAYS, count))
    names = draw_names(country, count, _SEED, chance)
    return [
        (
            Person(names=(Name(written),), birth_date=_date(int(year), int(day)), sex=chance.choice(_SEXES)),
            heard,
        )
        for (written, heard), year, day in zip(names, years, days, strict=True)
    ]


_SEXES = (Sex.MALE, Sex.FEMALE)


def _date(year: int, day: int) -> BirthDate:
    date = datetime.date(FIRST_YEAR + year, 1, 1) + datetime.timedelta(days=day)
    return BirthDate(date.year, date.month, date.day)


def _typed(person: Person, heard: str, chance: random.Random) -> Person:
    parts = heard.split()
    if chance.random() < _TURNED:
        parts.reverse()
    text = " ".join(parts)
    if chance.random() < _TYPO:
        text = _misspelt(text, chance)
    date = None if person.birth_date is None else _told(person.birth_date, chance.random())
    return replace(person, names=(Name(text),), birth_date=date)


def _misspelt(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) - 1)
    return chance.choice(
        (
            text[:at] + text[at + 1 :],
            text[: at + 1] + text[at:],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        )
    )


def _told(date: BirthDate, draw: float) -> BirthDate | None:
    if draw < _EXACT:
        return date
    if draw < _YEAR:
        return BirthDate(date.year)
    if draw < _EXCHANGED:
        return swapped(date) or date
    return shifted_year(date, 1) if draw < _OFF else None
