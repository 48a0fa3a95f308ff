"""Recall on the development set: with every kind, without each of them, with smaller asks; what nobody could decide.

A kind is left out of records and searches, and the weights are fitted anew without it: on one half of the queries,
judged on the other, then the reverse. The places that it frees are not given to others.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.quality.development import lines, people
from benchmarks.weights import COLUMNS, Choice, Weights, as_scored, as_weights, choice_of, fit
from matcher.evaluation import PlainIndex, Scored, read_line
from matcher.kinds import KINDS, Kind
from matcher.person import Person
from matcher.report.judge import Judgement, Question, judge, question_of
from matcher.scoring import CONTRADICTION, FoundToken, evidence_for
from matcher.tokens import record_tokens

ASKS = (64, 48, 40, 32, 24)
_TRUE = "true"


@dataclass(frozen=True, slots=True)
class Query:
    """One search. found: its tokens that are in the index. asked: the kinds of all it asks, in their order."""

    question: Question
    person: Person
    found: list[FoundToken]
    asked: list[int]


@dataclass(frozen=True, slots=True)
class Use:
    """How a kind is used. carried: the share of records that hold it. held, asked: its tokens a record, a search.

    agrees: the share of the searches for a known person whose record shares it.
    """

    carried: float
    held: float
    asked: float
    agrees: float


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The searches for a known person whose record does not stand first, by what stands in the way.

    namesakes: another record has the same written name, and neither birth date nor sex of the search speaks against it.
    alike: another shares every token that the right one shares. apart: they share no token. outranked: the rest.
    """

    known: int
    namesakes: int
    alike: int
    apart: int
    outranked: int


class Development:
    """The development set, searched once."""

    def __init__(self, place: Path) -> None:
        self.records = dict(people(place / "records.jsonl", "record_id"))
        self._index = PlainIndex()
        self._held: dict[int, Counter[int]] = {}
        for number, (record_id, person) in enumerate(self.records.items()):
            self._index.add(record_id, person)
            self._held[number] = Counter(token.kind for token in record_tokens(person))
        self.queries = [query for line in lines(place / "queries.jsonl") if (query := self._query(line)) is not None]

    def _query(self, line: dict[str, object]) -> Query | None:
        question = question_of(line)
        if question is None:
            return None
        person = read_line(line, "query_id")[1]
        return Query(question, person, *self._index.look_up(person))

    def choices(self, size: int = ASKS[0]) -> list[Choice | None]:
        """The evidence for each query from the first tokens of its ask; None where nothing was found."""
        return [
            choice_of(
                evidence_for([token for token in query.found if token.position < size], self._index.records),
                query.asked[:size],
                query.question.matches,
            )
            for query in self.queries
        ]

    def judged(self, choices: Sequence[Choice | None], weights: Sequence[Weights]) -> Judgement:
        """By the rules of the development set. weights: used in turn."""
        questions = [replace(query.question, matches=_renamed(query.question)) for query in self.queries]
        found: list[Scored] = []
        for at, (question, choice) in enumerate(zip(questions, choices, strict=True)):
            if choice is not None:
                found += as_scored(question.query_id, choice, weights[at % len(weights)], _TRUE)
        return judge(questions, found)

    def with_kinds_but(self, left_out: Kind | None, choices: Sequence[Choice | None]) -> Judgement:
        """Weights fitted on one half, judged on the other."""
        number = None if left_out is None else CONTRADICTION if left_out.contradicts else left_out.number
        kept = np.array([column[0] != number for column in COLUMNS], float)
        bare = [None if each is None else replace(each, rows=each.rows * kept) for each in choices]
        halves = [as_weights(fit([each for each in bare[1 - half :: 2] if each is not None])) for half in (0, 1)]
        return self.judged(bare, halves)

    def use(self) -> dict[int, Use]:
        """Of each kind, how it is used."""
        count, asks = len(self._held), [Counter(query.asked) for query in self.queries]
        known = [query for query in self.queries if query.question.matches]
        agreed = [
            {token.kind for token in query.found if any(tag.decode() in query.question.matches for tag in token.tags)}
            for query in known
        ]
        return {
            kind.number: Use(
                sum(bool(held[kind.number]) for held in self._held.values()) / count,
                sum(held[kind.number] for held in self._held.values()) / count,
                sum(asked[kind.number] for asked in asks) / len(asks),
                sum(kind.number in each for each in agreed) / len(known),
            )
            for kind in KINDS
        }

    def most_held(self) -> int:
        """The tokens of the record that holds most."""
        return max(held.total() for held in self._held.values())

    def ceiling(self, judgement: Judgement) -> Ceiling:
        """What stands in the way of those who do not stand first."""
        namesakes: dict[frozenset[str], list[str]] = {}
        for record_id, person in self.records.items():
            namesakes.setdefault(_written(person), []).append(record_id)
        why: Counter[str] = Counter()
        for query, outcome in zip(self.queries, judgement.outcomes, strict=True):
            if query.question.matches and not outcome.is_first:
                why[self._reason(query, namesakes)] += 1
        known = sum(bool(query.question.matches) for query in self.queries)
        return Ceiling(known, why["namesakes"], why["alike"], why["apart"], why["outranked"])

    def _reason(self, query: Query, namesakes: dict[frozenset[str], list[str]]) -> str:
        right = next(iter(query.question.matches))
        rivals = (each for each in namesakes[_written(self.records[right])] if each not in query.question.matches)
        if any(_fits(query.person, self.records[rival]) for rival in rivals):
            return "namesakes"
        shared = [set(token.tags) for token in query.found if right.encode() in token.tags]
        if not shared:
            return "apart"
        return (
            "alike" if set.intersection(*shared) - {each.encode() for each in query.question.matches} else "outranked"
        )


def _renamed(question: Question) -> frozenset[str]:
    return frozenset({_TRUE}) if question.matches else frozenset()


def _written(person: Person) -> frozenset[str]:
    return frozenset(unicodedata.normalize("NFC", name.text).casefold() for name in person.names)


def _fits(query: Person, record: Person) -> bool:
    """Whether nothing that the search says of birth and sex speaks against a record."""
    if query.sex.other == record.sex and query.sex != record.sex:
        return False
    if query.birth_date is None or record.birth_date is None:
        return True
    return record.birth_date.iso().startswith(query.birth_date.iso())
