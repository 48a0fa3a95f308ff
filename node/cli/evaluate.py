"""`lancang evaluate`: the matcher over two plain files, without a node: who would be found, with which score."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from node.cli.import_file import REFUSED_EXIT
from node.cli.invocation import Invocation, examples, invocation
from node.cli.lines import RefusedHere, TextLine, read_json_lines
from node.cli.refusals import show_refusal
from node.cli.screen import Bar, progress_bar
from node.errors import Code, LancangError

if TYPE_CHECKING:
    from matcher.evaluation import Scored
    from matcher.person import Person
    from matcher.report.judge import Question


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        epilog=examples(
            "lancang evaluate records.jsonl queries.jsonl --candidates out.jsonl",
            "lancang evaluate records.jsonl queries.jsonl --candidates out.jsonl --report report",
            exits="0 all taken, 5 some lines were refused and the others taken",
        )
    )(evaluate)


def evaluate(
    context: typer.Context,
    records: Annotated[Path, typer.Argument(help="JSON lines with a record_id; all of them are one index.")],
    queries: Annotated[Path, typer.Argument(help="JSON lines with a query_id.")],
    candidates: Annotated[Path, typer.Option("--candidates", metavar="OUT", help="Where the candidates are written.")],
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="DIR", help='Curves and worst misses; needs "matches" in the queries.'),
    ] = None,
) -> None:
    """Run the matcher over plain files: no node, no cryptography. Each query gets at most ten candidates.

    Of each line only the id, names, birth_date and sex count. Where queries carry "matches", a list of record ids, the
    run is judged by them.
    """
    from matcher.evaluation import candidates as candidates_of

    at = invocation(context)
    questions = _questions(queries)
    if report is not None and not questions:
        raise LancangError(
            Code.INPUT_INVALID,
            f"no query of {queries.name} carries matches",
            remedy='A report needs the truth: give queries a list "matches" of record ids, empty for nobody.',
        )
    held, asked = Reader(at, records, "record_id"), Reader(at, queries, "query_id")
    found: list[Scored] = []
    part = candidates.with_name(f"{candidates.name}.part")
    # Candidates are personal data: nobody else on the machine may read them.
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        for each in candidates_of(held.people("Reading records"), asked.people("Searching")):
            out.write(json.dumps(asdict(each), ensure_ascii=False) + "\n")
            found.append(each)
    part.replace(candidates)
    refused = held.refused + asked.refused
    typer.echo(
        f"{held.taken} records, {asked.taken} queries, {len(found)} candidates, {refused} lines refused. "
        f"Candidates (leads, not identifications): {candidates}",
        err=True,
    )
    if questions:
        _judge(questions, found, report)
    raise typer.Exit(REFUSED_EXIT if refused else 0)


def _questions(queries: Path) -> list[Question]:
    """The queries whose truth the file tells; a line that cannot be read is refused later, by the search."""
    from matcher.report.judge import question_of

    read = (_json(line) for line in read_json_lines(queries))
    return [found for line in read if line is not None and (found := question_of(line)) is not None]


def _judge(questions: list[Question], found: list[Scored], report: Path | None) -> None:
    from matcher.report.judge import judge
    from matcher.report.page import summary, write_report

    judgement = judge(questions, found)
    typer.echo(f"Judged by {len(questions)} queries that carry matches: {summary(judgement)}", err=True)
    if report is not None:
        typer.echo(f"Report: {write_report(report, judgement)}", err=True)


def _json(line: TextLine) -> dict[str, object] | None:
    """The object on a line; None where there is none."""
    try:
        given = json.loads(line.data) if line.data and line.refusal is None else None
    except (ValueError, RecursionError):
        return None
    return given if isinstance(given, dict) else None


class Reader:
    """One file of people; a line that cannot be read is shown by its number with the reason, and the run goes on."""

    def __init__(self, at: Invocation, path: Path, id_key: Literal["record_id", "query_id"]) -> None:
        self._at, self._path, self._id_key = at, path, id_key
        self.taken = self.refused = 0

    def people(self, what: str) -> Iterator[tuple[str, Person]]:
        """Every readable line as (id, person). Raises FILE_UNREADABLE."""
        total = sum(1 for _ in read_json_lines(self._path))
        with progress_bar(self._at, what, total) as bar:
            for line in read_json_lines(self._path):
                read = self._read(line, bar)
                if read is not None:
                    self.taken += 1
                    yield read

    def _read(self, line: TextLine, bar: Bar) -> tuple[str, Person] | None:
        from matcher.evaluation import read_line
        from matcher.line import fields_of_line
        from matcher.refusal import PersonError

        bar.reach(line.number)
        if line.refusal is not None:
            self._refuse(line.refusal)
            return None
        if not line.data:
            return None
        try:
            return read_line(fields_of_line(line.data), self._id_key)
        except PersonError as problem:
            self._refuse(_refusal(line.number, f"{problem.field}: {problem.problem}", problem.remedy))
            return None

    def _refuse(self, refused: RefusedHere) -> None:
        self.refused += 1
        show_refusal(refused)


def _refusal(number: int, message: str, remedy: str) -> RefusedHere:
    return RefusedHere(number, Code.INPUT_INVALID.value, message, remedy)
