"""Linkage by hand-computed truth, and the table of names in two scripts."""

from __future__ import annotations

import pytest

from benchmarks.quality.crossing import WAYS, rows, ways
from benchmarks.quality.pairing import Pairing
from matcher.evaluation import Scored
from matcher.report.proportion import Proportion
from matcher.scripts import detect

MATCHES = [("q1", "r1"), ("q2", "r2"), ("q3", "r3"), ("q4", "r4")]
FOUND = [
    Scored("q1", "r1", 0.9),
    Scored("q1", "r2", 0.8),  # not the best of q1: never taken
    Scored("q2", "r2", 0.7),
    Scored("q2", "r9", 0.7),  # as good as the true one: both are taken
    Scored("q3", "r8", 0.3),
]


@pytest.mark.parametrize(
    ("threshold", "true", "taken"), [(0.95, 0, 0), (0.9, 1, 1), (0.7, 2, 3), (0.31, 2, 3), (0.0, 2, 4)]
)
def test_each_query_takes_its_best_records_above_the_threshold(threshold: float, true: int, taken: int) -> None:
    linked = Pairing.of(MATCHES, FOUND).at(threshold)
    assert linked.precision == Proportion(true, taken)
    assert linked.recall == Proportion(true, 4)
    assert linked.f1 == pytest.approx(2 * true / (taken + 4))
    low, high = linked.interval
    assert low <= linked.f1 <= high


def test_the_best_threshold_has_the_best_f1() -> None:
    # F1 is 2/5 at 0.9, 4/7 at 0.7, 4/8 at 0.3.
    assert Pairing.of(MATCHES, FOUND).best_threshold() == 0.7


def test_equal_scores_of_several_queries_come_in_together() -> None:
    matches = [("q1", "r1"), ("q2", "r2"), ("q3", "r3")]
    found = [Scored("q1", "r1", 0.5), Scored("q2", "r9", 0.5), Scored("q3", "r3", 0.5)]
    pairing = Pairing.of(matches, found)
    assert pairing.best_threshold() == 0.5
    assert pairing.at(0.5).precision == Proportion(2, 3)


def test_sets_are_pooled_before_a_threshold_is_chosen() -> None:
    one = Pairing.of([("q1", "r1")], [Scored("q1", "r1", 0.4)])
    other = Pairing.of([("q2", "r2"), ("q3", "r3")], [Scored("q2", "r2", 0.2), Scored("q3", "r9", 0.1)])
    assert one.together(other).best_threshold() == 0.2


def test_each_row_of_the_table_is_in_two_scripts_and_stands_once() -> None:
    table = rows()
    assert len(table) >= 60
    assert len(set(table)) == len(table)
    for languages, one, other in table:
        assert languages.count("-") == 1
        scripts = [{script for script, _ in detect.runs(text) if script} for text in (one, other)]
        assert scripts[0].isdisjoint(scripts[1]), (one, other)


def test_a_lao_name_meets_its_thai_cognate_and_a_stranger_does_not() -> None:
    assert all(ways("ບຸນມີ", "บุญมี"))
    assert len(ways("ບຸນມີ", "บุญมี")) == len(WAYS)
    assert not any(ways("ບຸນມີ", "กิตติศักดิ์"))
