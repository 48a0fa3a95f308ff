"""The curves of a run, as charts: precision against recall, recall against false candidates, and reliability."""

from __future__ import annotations

from dataclasses import dataclass

from matcher.report.judge import BUDGETS, Judgement
from matcher.report.proportion import Proportion
from matcher.report.svg import Axis, Chart, Series, Style

_BINS = 10
_TENTHS = tuple(tenth / 10 for tenth in range(11))
_SHARE = Axis("", 0.0, 1.0, _TENTHS)
_MOST_FALSE = 0.2


@dataclass(frozen=True, slots=True)
class Bin:
    """Candidates whose scores lie in one tenth: their mean score, and how many of them are true."""

    mean: float
    true: Proportion


def bins(judgement: Judgement) -> tuple[Bin, ...]:
    """The tenths of the score that hold candidates, rising; a score of 1 belongs to the last."""
    held: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for value, is_true in judgement.hits:
        held[min(_BINS - 1, max(0, int(value * _BINS)))].append((value, is_true))
    return tuple(
        Bin(
            sum(value for value, _ in each) / len(each),
            Proportion(sum(is_true for _, is_true in each), len(each)),
        )
        for each in held
        if each
    )


def calibration_error(judgement: Judgement) -> float:
    """The mean distance between score and truth over the bins, weighted by their candidates (ECE); 0 is perfect."""
    total = len(judgement.hits)
    return sum(each.true.of * abs(each.mean - each.true.value) for each in bins(judgement)) / total if total else 0.0


def precision_recall(judgement: Judgement) -> Chart:
    """One point a threshold. Recall: of queries with a match, those found. Precision: of candidates, the true ones."""
    asked = sum(bool(outcome.question.matches) for outcome in judgement.outcomes)
    points, low, high = [], [], []
    for step in judgement.steps if asked else ():
        shown = Proportion(step.true, step.true + step.false)
        recall = step.found / asked
        points.append((recall, shown.value))
        low.append((recall, shown.interval[0]))
        high.append((recall, shown.interval[1]))
    return Chart(
        "Precision and recall",
        "How many of the candidates are true, as the threshold falls and more people are found",
        _SHARE.named("recall: people found, of those in some record"),
        _SHARE.named("precision: true ones among the candidates"),
        (Series("measured, with 95% interval", tuple(points), Style.LINE, (tuple(low), tuple(high))),),
    )


def recall_against_false(judgement: Judgement) -> Chart:
    """What the limits speak of: recall against false candidates a query, up to 0.2; the limits stand as guides."""
    asked = sum(bool(outcome.question.matches) for outcome in judgement.outcomes)
    points, low, high = [], [], []
    for step in judgement.steps if asked else ():
        false = step.false / len(judgement.outcomes)
        if false > _MOST_FALSE:
            break
        found = Proportion(step.found, asked)
        points.append((false, found.value))
        low.append((false, found.interval[0]))
        high.append((false, found.interval[1]))
    return Chart(
        "Recall and false candidates",
        "How many people are found, as more false candidates are allowed",
        Axis("false candidates a query", 0.0, _MOST_FALSE, (0.0, 0.01, 0.05, 0.1, 0.15, 0.2)),
        _SHARE.named("recall: people found, of those in some record"),
        (Series("measured, with 95% interval", tuple(points), Style.STEPS, (tuple(low), tuple(high))),),
        guides=BUDGETS,
    )


def reliability(judgement: Judgement) -> Chart:
    """Score against truth, a dot a tenth of the score, with its Wilson interval as a bar."""
    found = bins(judgement)
    return Chart(
        "Reliability",
        "Whether a score means what it says: of candidates scored 0.8, 80% should be true",
        _SHARE.named("mean score of the candidates"),
        _SHARE.named("true ones among them"),
        (
            Series("a score that is a probability", ((0.0, 0.0), (1.0, 1.0)), Style.DASHED),
            Series(
                "measured, with 95% interval",
                tuple((each.mean, each.true.value) for each in found),
                Style.DOTS,
                (
                    tuple((each.mean, each.true.interval[0]) for each in found),
                    tuple((each.mean, each.true.interval[1]) for each in found),
                ),
            ),
        ),
    )
