"""Candidates against the truth, by the rules of the development set's judge.

A query is found first if a true record scores above all others: ties count against. A false candidate counts wherever
it stands, under queries without a match too. One threshold on the score holds for the whole run.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from matcher.evaluation import Scored
from matcher.report.proportion import Proportion

BUDGETS = (0.01, 0.1)


@dataclass(frozen=True, slots=True)
class Question:
    """A query whose truth is known. kinds: what was done to it, as its file says; country: "" where not said."""

    query_id: str
    matches: frozenset[str]
    kinds: tuple[str, ...] = ()
    country: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The best score of a true and of a false candidate; None where there was none."""

    question: Question
    best_true: float | None
    best_false: float | None

    @property
    def is_first(self) -> bool:
        """Whether a true record stands above all others."""
        return self.best_true is not None and (self.best_false is None or self.best_true > self.best_false)


@dataclass(frozen=True, slots=True)
class Step:
    """All candidates that score at least the threshold: how many are true, how many false, how many queries found."""

    threshold: float
    true: int
    false: int
    found: int


Group = Callable[[Question], bool]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A run against the truth.

    outcomes: one a question, in the file's order. steps: one a distinct score, falling. hits: (score, whether it is
    true) of each candidate.
    """

    outcomes: tuple[Outcome, ...]
    steps: tuple[Step, ...]
    hits: tuple[tuple[float, bool], ...]

    def recall_first(self, group: Group = lambda _: True) -> Proportion:
        """Of the queries that have a match: those whose true record stands first."""
        asked = self._with_match(group)
        return Proportion(sum(outcome.is_first for outcome in asked), len(asked))

    def recall_within(self, budget: float, group: Group = lambda _: True) -> Proportion:
        """Of the queries that have a match: those found while the whole run makes at most budget false ones a query."""
        asked = self._with_match(group)
        least = self.threshold(budget)
        return Proportion(sum(_reaches(outcome, least) for outcome in asked), len(asked))

    def threshold(self, budget: float) -> float | None:
        """The lowest score at which false candidates fit the budget, over all queries; None where not even one does."""
        fitting = [step.threshold for step in self.steps if step.false <= budget * len(self.outcomes)]
        return fitting[-1] if fitting else None

    def _with_match(self, group: Group) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.question.matches and group(outcome.question)]


def question_of(line: Mapping[str, object]) -> Question | None:
    """The truth that a query line carries in "matches", a list of record ids; None where it carries none."""
    matches, query_id, kinds, country = (line.get(key) for key in ("matches", "query_id", "kind", "country"))
    if not isinstance(matches, list) or not isinstance(query_id, str):
        return None
    return Question(
        unicodedata.normalize("NFC", query_id),
        frozenset(unicodedata.normalize("NFC", each) for each in matches if isinstance(each, str)),
        tuple(each for each in kinds if isinstance(each, str)) if isinstance(kinds, list) else (),
        country if isinstance(country, str) else "",
    )


def judge(questions: Sequence[Question], candidates: Iterable[Scored]) -> Judgement:
    """Judge the candidates of a run. Those of a query that is not among the questions are passed over."""
    truth = {question.query_id: question.matches for question in questions}
    hits: list[tuple[float, bool, str]] = []
    best: dict[tuple[str, bool], float] = {}
    for each in candidates:
        if each.query_id in truth:
            is_true = each.record_id in truth[each.query_id]
            hits.append((each.score, is_true, each.query_id))
            key = each.query_id, is_true
            best[key] = max(best.get(key, each.score), each.score)
    outcomes = tuple(
        Outcome(question, best.get((question.query_id, True)), best.get((question.query_id, False)))
        for question in questions
    )
    return Judgement(outcomes, tuple(_steps(hits)), tuple((value, is_true) for value, is_true, _ in hits))


def _steps(hits: list[tuple[float, bool, str]]) -> Iterable[Step]:
    true = false = 0
    found: set[str] = set()
    for threshold, group in groupby(sorted(hits, key=lambda hit: -hit[0]), key=lambda hit: hit[0]):
        for _, is_true, query_id in group:
            if is_true:
                true += 1
                found.add(query_id)
            else:
                false += 1
        yield Step(threshold, true, false, len(found))


def _reaches(outcome: Outcome, least: float | None) -> bool:
    return least is not None and outcome.best_true is not None and outcome.best_true >= least
