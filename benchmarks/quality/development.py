"""The development set: queries as another country's officers type them, half of them about people in no record.

It is not part of the repository: it is looked for beside the clone, in shared/evaluation, or at LANCANG_EVALUATION.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from benchmarks.quality.bands import Banded, Tally
from matcher.evaluation import MOST_CANDIDATES, PlainIndex, Scored, read_line
from matcher.person import Person
from matcher.refusal import PersonError
from matcher.report.judge import Judgement, judge, question_of
from matcher.scoring import score

LEFT_OUT = "left out: no shared/evaluation beside the clone, and no LANCANG_EVALUATION"


def folder() -> Path | None:
    """Where the set lies; None where it does not."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "evaluation"
    place = Path(os.environ.get("LANCANG_EVALUATION") or beside)
    return place if (place / "queries.jsonl").exists() and (place / "records.jsonl").exists() else None


def people(path: Path, id_key: Literal["record_id", "query_id"]) -> Iterator[tuple[str, Person]]:
    """Those that can be read."""
    for line in lines(path):
        try:
            yield read_line(line, id_key)
        except PersonError:
            continue


def measure(place: Path) -> tuple[Judgement, Banded]:
    """Search for every query, judge the candidates and their bands. A query that cannot be read counts as not found."""
    asked = [each for line in lines(place / "queries.jsonl") if (each := question_of(line)) is not None]
    matches = {each.query_id: each.matches for each in asked}
    index, tally = PlainIndex(), Tally()
    found: list[Scored] = []
    for record_id, person in people(place / "records.jsonl", "record_id"):
        index.add(record_id, person)
    for query_id, person in people(place / "queries.jsonl", "query_id"):
        ranked = score(*index.look_up(person), index.records)
        best = (each for each in ranked[:MOST_CANDIDATES] if each.score > 0)
        found += [Scored(query_id, each.tag.decode(), each.score) for each in best]
        tally.add(ranked, matches[query_id])
    return judge(asked, found), tally.banded("development set")


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """JSON lines."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
