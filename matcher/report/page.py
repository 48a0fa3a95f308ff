"""The report as files: three charts, and a page that says plainly what each figure means. No names, ids only."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from matcher.report import curves
from matcher.report.judge import BUDGETS, Group, Judgement, Outcome
from matcher.report.svg import Chart, svg

INDEX = "index.md"
_MISSES_EACH = 5


def write_report(folder: Path, judgement: Judgement) -> Path:
    """Write index.md and three SVG files for their owner's eyes only; the page's path. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    charts: dict[str, Chart] = {
        "precision-recall.svg": curves.precision_recall(judgement),
        "recall-false.svg": curves.recall_against_false(judgement),
        "reliability.svg": curves.reliability(judgement),
    }
    for name, chart in charts.items():
        _write(folder / name, svg(chart))
    _write(folder / INDEX, page(judgement))
    return folder / INDEX


def summary(judgement: Judgement) -> str:
    """The judgement in one line."""
    parts = [f"recall@1 {judgement.recall_first().text()}"]
    parts += [f"recall at {budget:g} false a query {judgement.recall_within(budget).text()}" for budget in BUDGETS]
    return "; ".join(parts)


def page(judgement: Judgement) -> str:
    """The index page, in Markdown."""
    matched = sum(bool(outcome.question.matches) for outcome in judgement.outcomes)
    return "\n".join(
        [
            "# How well people are found",
            "",
            f"{len(judgement.outcomes)} queries, {matched} of them about people who are in some record; "
            f"{len(judgement.hits)} candidates. A candidate is a lead, not an identification.",
            "Behind each figure stands its 95% confidence interval (Wilson): where the true figure lies, were there "
            "many more such queries.",
            "",
            *_figures(judgement),
            *_table("By country", "country", _countries(judgement), judgement),
            *_table("By kind of query, worst first", "kind", _kinds(judgement), judgement),
            *_charts(judgement),
            *_misses(judgement),
        ]
    )


def _figures(judgement: Judgement) -> Iterator[str]:
    yield from ("## In all", "", "| figure | value | what it means |", "|---|---|---|")
    first = judgement.recall_first().text()
    yield f"| recall@1 | {first} | Of people who are in some record: the true record is alone at the top of the list. |"
    for budget in BUDGETS:
        least = judgement.threshold(budget)
        cut = "no threshold is strict enough" if least is None else f"shown are scores of {least:.4g} and more"
        yield (
            f"| recall at {budget:g} | {judgement.recall_within(budget).text()} | Of people who are in some record: "
            f"found, while an officer sees at most {_one_false_in(budget)}; {cut}. |"
        )
    error = curves.calibration_error(judgement)
    yield f"| calibration error | {error:.3f} | Mean distance from score to share of true ones. 0 is best. |"
    yield ""


def _one_false_in(budget: float) -> str:
    return f"one false candidate in {round(1 / budget)} queries"


def _countries(judgement: Judgement) -> list[str]:
    return sorted({outcome.question.country for outcome in judgement.outcomes if outcome.question.country})


def _kinds(judgement: Judgement) -> list[str]:
    """The kinds that stand on a query with a match, by the recall within the strictest budget, least first."""
    kinds = {kind for outcome in judgement.outcomes if outcome.question.matches for kind in outcome.question.kinds}
    return sorted(kinds, key=lambda kind: (judgement.recall_within(BUDGETS[0], _belongs(kind)).value, kind))


def _belongs(name: str) -> Group:
    """Whether a question is of a country or a kind of that name."""
    return lambda question: question.country == name or name in question.kinds


def _table(title: str, what: str, names: Sequence[str], judgement: Judgement) -> Iterator[str]:
    if not names:
        return
    yield from (f"## {title}", "", "Only queries about people who are in some record.", "")
    budgets = " | ".join(f"recall at {budget:g}" for budget in BUDGETS)
    yield from (f"| {what} | queries | recall@1 | {budgets} |", "|---|---|---|---|---|")
    for name in names:
        group = _belongs(name)
        first = judgement.recall_first(group)
        within = " | ".join(judgement.recall_within(budget, group).text() for budget in BUDGETS)
        yield f"| {_cell(name)} | {first.of} | {first.text()} | {within} |"
    yield ""


def _charts(judgement: Judgement) -> Iterator[str]:
    yield from ("## Curves", "", "![Precision and recall](precision-recall.svg)", "")
    yield "Each point is one threshold on the score. Further right: more people found. Further up: fewer false ones"
    yield from ("among the candidates. A good matcher stays near the top until far right.", "")
    yield from ("![Recall and false candidates](recall-false.svg)", "")
    yield "The same thresholds, against false candidates a query. The dashed lines are the two budgets of the table."
    yield from ("", "![Reliability](reliability.svg)", "")
    yield "Candidates in tenths of the score. On the dashed line a score is a probability; below it, scores promise too"
    yield from ("much; above it, too little. A long bar stands for few candidates.", "")
    yield from ("| mean score | candidates | true among them |", "|---|---|---|")
    yield from (f"| {each.mean:.3f} | {each.true.of} | {each.true.text()} |" for each in curves.bins(judgement))
    yield ""


def _misses(judgement: Judgement) -> Iterator[str]:
    yield from ("## Worst misses", "")
    missed = [outcome for outcome in judgement.outcomes if outcome.question.matches and not outcome.is_first]
    if not missed:
        yield "Nobody was missed."
        return
    yield f"{len(missed)} people are in some record and not alone at the top. By kind, those whom a wrong record beats"
    yield "most clearly. `lancang explain` on a query and its record shows why."
    yield from ("", "| kind | query | its record | true score | best wrong score |", "|---|---|---|---|---|")
    for kind in _kinds(judgement) or [""]:
        group = [outcome for outcome in missed if not kind or kind in outcome.question.kinds]
        for outcome in sorted(group, key=_how_bad)[:_MISSES_EACH]:
            record = ", ".join(map(_cell, sorted(outcome.question.matches)))
            yield (
                f"| {_cell(kind)} | {_cell(outcome.question.query_id)} | {record} | {_score(outcome.best_true)} | "
                f"{_score(outcome.best_false)} |"
            )
    yield ""


def _how_bad(outcome: Outcome) -> tuple[float, str]:
    return (outcome.best_true or 0.0) - (outcome.best_false or 0.0), outcome.question.query_id


def _score(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _cell(text: str) -> str:
    """Text from a file as a cell of a table: a bar would end it."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _write(path: Path, text: str) -> None:
    # Ids of records and queries are personal data: nobody else on the machine may read them.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
