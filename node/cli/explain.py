"""`lancang explain` and `lancang romanize`: why two people meet, and how one name is read. No node, no home."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from node.cli.failures import usage
from node.cli.invocation import examples, invocation
from node.cli.screen import console, echo_json
from node.errors import Code, LancangError

if TYPE_CHECKING:
    from matcher.person import Person

_MOST_BYTES = 64 * 1024
_STANDARD_INPUT = "-"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(
        epilog=examples("lancang explain query.json record.json", "lancang explain - --json < two-lines.jsonl")
    )(explain)
    app.command(epilog=examples("lancang romanize 'สมชาย ใจดี'", "lancang romanize - --json < name.txt"))(romanize)


def explain(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="A file with one query line; - for both on standard input.")],
    record: Annotated[str | None, typer.Argument(help="A file with one record line.")] = None,
    population: Annotated[
        int, typer.Option("--population", min=1, max=10**9, help="How many records the index is assumed to hold.")
    ] = 100_000,
    bearers: Annotated[
        int, typer.Option("--bearers", min=1, max=256, help="How many of these are assumed to bear the record's name.")
    ] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Explain why a search for one person finds, or does not find, the record of another. Nothing is sent."""
    from matcher.explanation import explain as explained
    from node.cli.explain_screen import show_explanation

    first, second = _two_lines(query, record)
    found = explained(_person(first, "query_id"), _person(second, "record_id"), population, bearers)
    if as_json:
        echo_json(found.as_json())
    else:
        show_explanation(console(invocation(context)), found)


def romanize(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="A name; - reads it from standard input, unseen by other processes.")],
    script: Annotated[str | None, typer.Option("--script", help="ISO 15924, such as Thai, Mymr or Qaag.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show how one name is read, and its skeletons. Arguments are seen by every process: use - for a real person."""
    from dataclasses import asdict

    from matcher.explanation import name_steps
    from node.cli.explain_screen import show_name

    given = _decoded(sys.stdin.buffer.read(_MOST_BYTES + 1)) if text == _STANDARD_INPUT else text
    entry = {"text": given.strip()} | ({"script": script} if script else {})
    person = _person(json.dumps({"query_id": "q", "names": [entry]}), "query_id")
    steps = name_steps(person.names[0], searched=True)
    if as_json:
        echo_json({"version": 1, **asdict(steps)})
    else:
        show_name(console(invocation(context)), steps)


def _two_lines(query: str, record: str | None) -> tuple[str, str]:
    if query == _STANDARD_INPUT:
        if record is not None:
            raise usage("with - both lines come from standard input: leave RECORD out")
        lines = [line for line in _decoded(sys.stdin.buffer.read(2 * _MOST_BYTES + 1)).splitlines() if line.strip()]
        if len(lines) != 2:
            raise usage("standard input: two lines are expected, the query and the record")
        return lines[0], lines[1]
    if record is None:
        raise usage("RECORD is missing: give a query file and a record file, or -")
    return _of_file(Path(query)), _of_file(Path(record))


def _of_file(path: Path) -> str:
    with path.open("rb") as file:
        return _decoded(file.read(_MOST_BYTES + 1))


def _decoded(raw: bytes) -> str:
    if len(raw) > 2 * _MOST_BYTES:
        raise LancangError(Code.INPUT_TOO_LARGE, f"a line has at most {_MOST_BYTES} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise usage("the input is not UTF-8") from None


def _person(text: str, id_key: Literal["query_id", "record_id"]) -> Person:
    """One line as a person; a missing id is no matter here. Raises INPUT_INVALID."""
    from matcher.line import RepeatedKeyError, fields_of_line
    from matcher.person import PersonError, person_from_json

    what = "query" if id_key == "query_id" else "record"
    try:
        line = fields_of_line(text)
    except RepeatedKeyError as problem:
        raise LancangError(Code.INPUT_INVALID, f"the {what}: {problem.problem}", remedy=f"{problem.remedy}.") from None
    except PersonError:
        raise usage(f"the {what} is not one JSON object") from None
    try:
        return person_from_json({id_key: "unnamed", **line}, id_key=id_key)[1]
    except PersonError as problem:
        raise LancangError(
            Code.INPUT_INVALID, f"the {what}: {problem.field}: {problem.problem}", remedy=f"{problem.remedy}."
        ) from None
