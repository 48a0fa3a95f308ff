"""`lancang evaluate`: the matcher over two plain files, without a node: who would be found, with which score."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from node.cli.import_file import REFUSED_EXIT
from node.cli.invocation import Invocation, examples, invocation
from node.cli.lines import RefusedHere, TextLine, read_json_lines
from node.cli.refusals import show_refusal
from node.cli.screen import Bar, progress_bar
from node.errors import Code

if TYPE_CHECKING:
    from matcher.person import Person

_COUNTED = ("names", "birth_date", "sex")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=examples("lancang evaluate records.jsonl queries.jsonl --candidates out.jsonl"))(evaluate)


def evaluate(
    context: typer.Context,
    records: Annotated[Path, typer.Argument(help="JSON lines with a record_id; all of them are one index.")],
    queries: Annotated[Path, typer.Argument(help="JSON lines with a query_id.")],
    candidates: Annotated[Path, typer.Option("--candidates", metavar="OUT", help="Where the candidates are written.")],
) -> None:
    """Run the matcher over plain files: no node, no cryptography. Each query gets at most ten candidates.

    Of each line only the id, names, birth_date and sex count. Exit codes: 0 all taken, 5 some lines were refused.
    """
    from matcher.evaluation import PlainIndex

    at = invocation(context)
    index, held = PlainIndex(), Reader(at, records, "record_id")
    for record_id, person in held.people("Reading records"):
        index.add(record_id, person)
    asked, written = Reader(at, queries, "query_id"), 0
    part = candidates.with_name(f"{candidates.name}.part")
    # Candidates are personal data: nobody else on the machine may read them.
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        for query_id, person in asked.people("Searching"):
            for record_id, score in index.search(person):
                line = {"query_id": query_id, "record_id": record_id, "score": score}
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
                written += 1
    part.replace(candidates)
    refused = held.refused + asked.refused
    typer.echo(
        f"{held.taken} records, {asked.taken} queries, {written} candidates, {refused} lines refused. "
        f"Candidates (leads, not identifications): {candidates}",
        err=True,
    )
    raise typer.Exit(REFUSED_EXIT if refused else 0)


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
        from matcher.person import PersonError, person_from_json

        bar.reach(line.number)
        if line.refusal is not None:
            self._refuse(line.refusal)
            return None
        if not line.data:
            return None
        try:
            given = json.loads(line.data)
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            self._refuse(_refusal(line.number, "not one JSON object", "Write one JSON object a line"))
            return None
        counted = {key: given[key] for key in (self._id_key, *_COUNTED) if key in given}
        try:
            return person_from_json(counted, id_key=self._id_key)
        except PersonError as problem:
            self._refuse(_refusal(line.number, f"{problem.field}: {problem.problem}", problem.remedy))
            return None

    def _refuse(self, refused: RefusedHere) -> None:
        self.refused += 1
        show_refusal(refused)


def _refusal(number: int, message: str, remedy: str) -> RefusedHere:
    return RefusedHere(number, Code.INPUT_INVALID.value, message, remedy)
