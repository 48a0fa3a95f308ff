"""The development set: queries as another country's officers type them, half of them about people in no record.

It is not part of the repository: it is looked for beside the clone, in shared/evaluation, or at LANCANG_EVALUATION.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from matcher.evaluation import candidates, read_line
from matcher.person import Person
from matcher.refusal import PersonError
from matcher.report.judge import Judgement, judge, question_of

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


def measure(place: Path) -> Judgement:
    """Search for every query and judge the candidates. A query that cannot be read counts as not found."""
    held, asked = place / "records.jsonl", place / "queries.jsonl"
    questions = [found for line in lines(asked) if (found := question_of(line)) is not None]
    return judge(questions, candidates(people(held, "record_id"), people(asked, "query_id")))


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """JSON lines."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
