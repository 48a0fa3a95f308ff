"""A member who spends its evaluations on guesses, as well as it can, to learn who is in an index and when born.

It knows the statistics of the country: another population of the same kind, as large as the one it fishes in. It joins
what it learns by tag: names first, then perhaps years, then full dates beside the values that most people still without
a date bear; after each round it looks at what came and chooses anew. A list above the cap gives it nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.fishing.people import DAYS, YEARS, Held, Population, day_chances, year_chances
from matcher.tokens import kind_by_number

LIST_CAP = 256
_ROUNDS = 16
_WHOLE = frozenset({20, 23})
Entry = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a budget is split. names: the share for names, by_row: tokens of any kind; years: the share for years."""

    names: float
    years: float
    by_row: bool


PLANS = (
    Plan(0.0, 0.0, by_row=False),
    Plan(0.1, 0.0, by_row=False),
    Plan(0.3, 0.0, by_row=False),
    Plan(0.5, 0.0, by_row=False),
    Plan(0.2, 0.2, by_row=False),
    Plan(0.1, 0.0, by_row=True),
    Plan(0.3, 0.0, by_row=True),
)


class Target:
    """An index as tags: which hold a value, alone or beside a date. Only buying looks into it."""

    def __init__(self, people: Population) -> None:
        self.people = people
        self.size = len(people.name)
        self._bearers: list[NDArray[np.int64]] = _grouped(people.name, len(people.names))
        self._names_with: dict[Entry, list[int]] = {}
        for number, name in enumerate(people.names):
            for entry in (*name.alone, *name.year, *name.date):
                self._names_with.setdefault(entry, []).append(number)
        self._tags: dict[Entry, NDArray[np.int64]] = {}

    def _all(self, entry: Entry) -> NDArray[np.int64]:
        if entry not in self._tags:
            found = [self._bearers[name] for name in self._names_with.get(entry, ())]
            self._tags[entry] = np.concatenate(found) if found else np.empty(0, np.int64)
        return self._tags[entry]

    def buy(self, entry: Entry, year: int | None = None, days: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """The tags of a value; beside a year; or beside several days of a year, one evaluation each."""
        tags = self._all(entry)
        if year is not None:
            tags = tags[self.people.year[tags] == year]
        if days is not None:
            days = days[days >= first_day(entry)]
            tags = tags[np.isin(self.people.day[tags], days)]
            counts = Counter(self.people.day[tags].tolist())
            common = [day for day, count in counts.items() if count > LIST_CAP]
            return tags[~np.isin(self.people.day[tags], common)] if common else tags
        return tags if len(tags) <= LIST_CAP else tags[:0]


class Statistics:
    """What the attacker knows beforehand: how often names and values come in such a country."""

    def __init__(self, people: Population) -> None:
        count = np.bincount(people.name, minlength=len(people.names))
        self.size = len(people.name)
        self.names: list[Held] = list(people.names)
        self.count = count
        self.with_entry: dict[Entry, list[int]] = {}
        self.alone: Counter[Entry] = Counter()
        for number, name in enumerate(people.names):
            for entry in dict.fromkeys((*name.alone, *name.year, *name.date)):
                self.with_entry.setdefault(entry, []).append(number)
            for entry in name.alone:
                self.alone[entry] += int(count[number])
        self._guesses: dict[frozenset[Entry], tuple[int, float]] = {}
        # Values that stand beside a date; of each name their places; of each value the people it would date and name.
        self.entries = list(dict.fromkeys(entry for name in people.names for entry in name.date))
        place = {entry: at for at, entry in enumerate(self.entries)}
        self.dated_rows = [np.array([place[entry] for entry in name.date], np.int64) for name in people.names]
        self.anew = np.zeros(len(self.entries))
        for number, rows in enumerate(self.dated_rows):
            self.anew[rows] += count[number]
        self.anew *= np.array([self.guess(frozenset((entry,)))[1] for entry in self.entries])

    def guess(self, learnt: frozenset[Entry]) -> tuple[int, float]:
        """The likeliest whole name of who bears all these values, and how likely; (-1, 0) where none fits."""
        if learnt not in self._guesses:
            lists = sorted((self.with_entry.get(entry, []) for entry in learnt), key=len)
            fitting = set(lists[0]).intersection(*lists[1:]) if lists else set()
            weights: Counter[str] = Counter()
            first: dict[str, int] = {}
            for number in sorted(fitting):
                weights[self.names[number].identity] += int(self.count[number])
                first.setdefault(self.names[number].identity, number)
            if weights:
                identity, most = weights.most_common(1)[0]
                self._guesses[learnt] = (first[identity], most / sum(weights.values()))
            else:
                self._guesses[learnt] = (-1, 0.0)
        return self._guesses[learnt]


class Learnt:
    """For each tag the values it is known to bear, as the number of a set: few sets are shared by many tags."""

    def __init__(self, size: int) -> None:
        self.set_of = np.zeros(size, np.int64)
        self.sets: list[frozenset[Entry]] = [frozenset()]
        self._number: dict[frozenset[Entry], int] = {frozenset(): 0}

    def add(self, tags: NDArray[np.int64], entry: Entry) -> None:
        """All these tags bear this value."""
        before, place = np.unique(self.set_of[tags], return_inverse=True)
        after = np.array([self._with(int(number), entry) for number in before], np.int64)
        if len(after):
            self.set_of[tags] = after[place]

    def _with(self, number: int, entry: Entry) -> int:
        wider = self.sets[number] | {entry}
        if wider not in self._number:
            self._number[wider] = len(self.sets)
            self.sets.append(wider)
        return self._number[wider]


class Attack:
    """One attack by one plan; run() tells how many people it can name with their full birth date."""

    def __init__(self, target: Target, known: Statistics) -> None:
        self._target, self._known = target, known
        self._learnt = Learnt(target.size)
        self._year = np.full(target.size, -1)
        self._dated = np.zeros(target.size, bool)
        self._days_bought: dict[tuple[Entry, int], int] = {}

    def run(self, budget: int, plan: Plan) -> int:
        """Spend the budget; how many people were recovered."""
        left = budget
        left -= self._buy_names(int(budget * plan.names), by_row=plan.by_row)
        left -= self._buy_years(int(budget * plan.years))
        spend = max(100, left // _ROUNDS)
        while left > 0:
            spent = self._buy_dates(min(spend, left))
            if spent == 0:
                break
            left -= spent
        return self.recovered()

    def recovered(self) -> int:
        """People whose date is known and whose name is guessed rightly from all that was learnt of them."""
        right = 0
        names, of = self._target.people.names, self._target.people.name
        for tag in np.flatnonzero(self._dated):
            number, _ = self._known.guess(self._learnt.sets[self._learnt.set_of[tag]])
            right += number >= 0 and self._known.names[number].identity == names[of[tag]].identity
        return right

    def _buy_names(self, budget: int, *, by_row: bool) -> int:
        """Values by how many tags they should give; those that must be above the cap are not bought."""
        scale = self._target.size / self._known.size
        wanted = [
            (count * scale, entry)
            for entry, count in self._known.alone.items()
            if count * scale <= LIST_CAP and (by_row or entry[0] in _WHOLE)
        ]
        wanted.sort(key=lambda pair: (-pair[0], pair[1]))
        for _, entry in wanted[:budget]:
            self._learnt.add(self._target.buy(entry), entry)
        return min(budget, len(wanted))

    def _buy_years(self, budget: int) -> int:
        """All years of the names that most tags are thought to bear."""
        bearers: Counter[int] = Counter()
        for number, count in enumerate(np.bincount(self._learnt.set_of, minlength=len(self._learnt.sets))):
            name, chance = self._known.guess(self._learnt.sets[number]) if number else (-1, 0.0)
            if chance > 0.5:
                bearers[name] += int(count)
        spent = 0
        for name, _ in bearers.most_common(budget // YEARS):
            for entry in self._known.names[name].year[:1]:
                for year in range(YEARS):
                    tags = self._target.buy(entry, year)
                    self._year[tags] = year
                    self._learnt.add(tags, entry)
                spent += YEARS
        return spent

    def _buy_dates(self, budget: int) -> int:
        """One round: the values and years with most people still to be dated and named for each day bought."""
        gains, entries = self._gains()
        chances = day_chances()
        best: list[tuple[float, Entry, int, int]] = []
        most = min(gains.size - 1, max(2_000, 2 * budget))
        for cell in np.argpartition(-gains, most, axis=None)[:most]:
            row, year = divmod(int(cell), YEARS)
            bought = self._days_bought.get((entries[row], year), first_day(entries[row]))
            if bought < DAYS and gains[row, year] > 0:
                gain = float(gains[row, year] * chances[bought] / chances[bought:].sum())
                best.append((-gain, entries[row], year, bought))
        spent = 0
        for _, entry, year, bought in sorted(best):
            if spent >= budget:
                break
            # 1 January first, by itself; the other days are alike and are bought a month or two at once.
            upto = 1 if bought == 0 else min(DAYS, bought + min(budget - spent, 52))
            tags = self._target.buy(entry, year, np.arange(bought, upto))
            self._dated[tags], self._year[tags] = True, year
            self._learnt.add(tags, entry)
            self._days_bought[entry, year] = upto
            spent += upto - bought
        return spent

    def _gains(self) -> tuple[NDArray[np.float64], list[Entry]]:
        """For each value and year: how many people without a date could be dated and named, in expectation."""
        known, learnt = self._known, self._learnt
        open_ = ~self._dated
        sets, sized = learnt.set_of[open_], len(learnt.sets)
        table = np.zeros((sized, YEARS + 1), np.int64)
        np.add.at(table, (sets, self._year[open_]), 1)
        years_known = np.zeros((len(known.entries), YEARS))
        anywhere = known.anew * (table[0].sum() / known.size)
        for number in np.flatnonzero(table.sum(axis=1)):
            name, chance = known.guess(learnt.sets[number]) if number else (-1, 0.0)
            if name < 0:
                continue
            rows = known.dated_rows[name]
            anywhere[rows] += table[number, YEARS] * chance
            if table[number, :YEARS].any():
                years_known[rows] += table[number, :YEARS] * chance
        return np.outer(anywhere, year_chances()) + years_known, known.entries


def first_day(entry: Entry) -> int:
    """The first day of the year on which records carry such a value: some kinds leave out 1 January."""
    return 0 if kind_by_number(entry[0]).heaped else 1


def _grouped(numbers: NDArray[np.int64], count: int) -> list[NDArray[np.int64]]:
    order = np.argsort(numbers, kind="stable")
    ends = np.cumsum(np.bincount(numbers, minlength=count))
    return np.split(order, ends[:-1])
