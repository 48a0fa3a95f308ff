"""The judge and its report on small cases whose truth is worked out by hand, and the judge beside the clone."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from matcher.evaluation import Scored
from matcher.report.curves import bins, calibration_error, precision_recall, recall_against_false, reliability
from matcher.report.judge import BUDGETS, Judgement, Question, judge, question_of
from matcher.report.page import INDEX, page, write_report
from matcher.report.proportion import Proportion
from matcher.report.svg import Axis, Chart, Series, Style, svg

OTHER_JUDGE = Path(os.environ.get("LANCANG_JUDGE") or Path(__file__).parents[4] / "shared" / "evaluation" / "judge.py")
LEFT_OUT = "the comparison with judge.py was left out: no shared/evaluation/ beside the clone, no LANCANG_JUDGE"


def four_queries() -> Judgement:
    """q1 is found first, q2 ties with a wrong record, q3 is missed, q4 is nobody."""
    questions = [
        Question("q1", frozenset({"r1"}), ("exact",), "TH"),
        Question("q2", frozenset({"r2"}), ("typo",), "VN"),
        Question("q3", frozenset({"r3", "r4"}), ("typo", "exact"), "VN"),
        Question("q4", frozenset(), ("no-match",), "TH"),
    ]
    found = [("q1", "r1", 0.9), ("q1", "r9", 0.2), ("q2", "r2", 0.6), ("q2", "r8", 0.6), ("q4", "r1", 0.3)]
    return judge(questions, [Scored(*each) for each in found])


def test_a_tie_counts_against() -> None:
    judged = four_queries()
    assert [outcome.is_first for outcome in judged.outcomes] == [True, False, False, False]
    assert judged.recall_first() == Proportion(1, 3)
    assert judged.recall_first(lambda question: question.country == "TH") == Proportion(1, 1)


def test_the_threshold_lets_in_no_more_false_candidates_than_the_budget() -> None:
    judged = four_queries()
    assert [(step.threshold, step.true, step.false, step.found) for step in judged.steps] == [
        (0.9, 1, 0, 1),
        (0.6, 2, 1, 2),
        (0.3, 2, 2, 2),
        (0.2, 2, 3, 2),
    ]
    # Over four queries: 0.1 allows 0.4 false ones, 0.25 one, 0.5 two.
    assert [judged.threshold(budget) for budget in (0.1, 0.25, 0.5, 0.7)] == [0.9, 0.6, 0.3, 0.3]
    assert judged.recall_within(0.1) == Proportion(1, 3)
    assert judged.recall_within(0.25) == Proportion(2, 3)


def test_equal_scores_come_in_together_or_not_at_all() -> None:
    asked = [Question("q1", frozenset({"r1"})), Question("q2", frozenset())]
    judged = judge(asked, [Scored("q1", "r1", 0.5), Scored("q2", "r1", 0.5)])
    assert judged.threshold(0.1) is None
    assert judged.recall_within(0.1) == Proportion(0, 1)
    assert judged.recall_within(0.5) == Proportion(1, 1)


def test_a_query_without_matches_is_not_judged_and_one_with_none_is() -> None:
    assert question_of({"query_id": "q", "names": []}) is None
    assert question_of({"query_id": "q", "matches": []}) == Question("q", frozenset())
    assert question_of({"query_id": "q", "matches": ["r"], "kind": ["typo"], "country": "TH"}) == Question(
        "q", frozenset({"r"}), ("typo",), "TH"
    )
    assert judge([], [Scored("q", "r", 1.0)]).hits == ()


# Wilson intervals from R: prop.test(hits, of, correct = FALSE).
@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_intervals_are_those_of_wilson(hits: int, of: int, low: float, high: float) -> None:
    assert Proportion(hits, of).interval == pytest.approx((low, high), abs=1e-4)


def test_nothing_tried_says_nothing() -> None:
    assert Proportion(0, 0).interval == (0.0, 1.0)
    assert Proportion(0, 0).text() == "-"


def test_a_score_of_one_belongs_to_the_last_tenth_and_errors_are_weighted() -> None:
    asked = [Question("q", frozenset({"r"}))]
    judged = judge(
        asked, [Scored("q", "r", 1.0), Scored("q", "s", 0.95), Scored("q", "t", 0.05), Scored("q", "u", 0.0)]
    )
    low, high = bins(judged)
    assert (low.true, high.true) == (Proportion(0, 2), Proportion(1, 2))
    assert [low.mean, high.mean] == pytest.approx([0.025, 0.975])
    assert calibration_error(judged) == pytest.approx((2 * 0.025 + 2 * 0.475) / 4)


def test_curves_pass_through_the_points_worked_out_by_hand() -> None:
    judged = four_queries()
    precision = precision_recall(judged).series[0].points
    assert precision == ((1 / 3, 1.0), (2 / 3, 2 / 3), (2 / 3, 0.5), (2 / 3, 0.4))
    # One false candidate among four queries is more than the 0.2 that the chart shows.
    assert recall_against_false(judged).series[0].points == ((0.0, 1 / 3),)
    assert len(reliability(judged).series[1].points) == 4


def test_a_chart_is_well_formed_named_and_stays_within_its_frame() -> None:
    axis = Axis("share <of> & all", 0.0, 1.0, (0.0, 0.5, 1.0))
    for style in Style:
        points = ((0.0, 0.0), (0.5, 7.0), (1.0, 1.0))
        tree = ElementTree.fromstring(svg(Chart("A & B", "why", axis, axis, (Series("s", points, style),))))  # noqa: S314
        space = "{http://www.w3.org/2000/svg}"
        assert tree.findtext(f"{space}title") == "A & B"
        words = [each.text for each in tree.iter(f"{space}text")]
        assert words.count("share <of> & all") == 2
        assert words.count("0.5") == 2
        width, height = float(tree.attrib["width"]), float(tree.attrib["height"])
        for each in tree.iter(f"{space}polyline"):
            for x, y in re.findall(r"([\d.-]+),([\d.-]+)", each.attrib["points"]):
                assert 0 <= float(x) <= width
                assert 0 <= float(y) <= height


def test_a_run_without_candidates_still_makes_a_report(tmp_path: Path) -> None:
    judged = judge([Question("q", frozenset({"r"}), ("typo",))], [])
    shown = write_report(tmp_path / "report", judged).read_text(encoding="utf-8")
    assert "no threshold is strict enough" not in shown.partition("## Curves")[2]
    assert "| typo | q | r | none | none |" in shown
    assert "no candidates were judged" in (tmp_path / "report" / "reliability.svg").read_text(encoding="utf-8")


def test_the_page_shows_the_worst_misses_of_each_kind_and_no_more_than_its_owner_may_read(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    written = write_report(folder, four_queries())
    assert written == folder / INDEX
    assert sorted(path.name for path in folder.iterdir()) == [
        INDEX,
        "precision-recall.svg",
        "recall-false.svg",
        "reliability.svg",
    ]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.iterdir()))
    shown = written.read_text(encoding="utf-8")
    for line in (
        "4 queries, 3 of them about people who are in some record; 5 candidates.",
        "| VN | 2 | 0.000 (0.000 to 0.658) |",
        "| typo | q3 | r3, r4 | none | none |",
        "| typo | q2 | r2 | 0.600 | 0.600 |",
    ):
        assert line in shown
    # The worst kind stands first; a kind that only strangers have has no recall.
    kinds = shown.partition("## By kind")[2].partition("## Curves")[0]
    assert kinds.index("| typo |") < kinds.index("| exact |")
    assert "no-match" not in kinds


def test_text_from_a_file_cannot_break_the_table() -> None:
    judged = judge([Question("q|1\n# x", frozenset({"r<b>"}), ("a|b",))], [])
    assert "| a\\|b | q\\|1 # x | r&lt;b> | none | none |" in page(judged)


@pytest.mark.skipif(not OTHER_JUDGE.exists(), reason=LEFT_OUT)
def test_the_judge_of_the_development_set_says_the_same(tmp_path: Path) -> None:
    chance = random.Random(3)
    lines = [
        {"query_id": f"q{n}", "country": chance.choice("AB"), "matches": [f"r{n}"] if chance.random() < 0.5 else []}
        for n in range(600)
    ]
    # Scores on a coarse grid, so that ties are many.
    found = [
        Scored(f"q{n}", f"r{n if at == 0 else at}", round(chance.random() ** (1 if at == 0 else 6), 2))
        for n in range(600)
        for at in range(chance.randrange(4))
    ]
    queries, out = tmp_path / "queries.jsonl", tmp_path / "out.jsonl"
    queries.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    rows = [{"query_id": each.query_id, "record_id": each.record_id, "score": each.score} for each in found]
    out.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    said = subprocess.run(
        [sys.executable, str(OTHER_JUDGE), str(queries), str(out)], capture_output=True, text=True, check=True
    ).stdout
    judged = judge([question for line in lines if (question := question_of(line)) is not None], found)
    for country in ("all", "A", "B"):

        def group(question: Question, country: str = country) -> bool:
            return country in {"all", question.country}

        figures = {
            "queries": judged.recall_first(group).of,
            "recall@1": round(judged.recall_first(group).value, 4),
            **{f"recall@{budget}fp": round(judged.recall_within(budget, group).value, 4) for budget in BUDGETS},
        }
        assert f"{country.ljust(4)} {figures}" in said.splitlines()
