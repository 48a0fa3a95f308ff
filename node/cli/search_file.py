"""`search --file`: many subjects over one stream, pipelined by the node; results in the order of the file.

Results are written to OUT.part and take their name when all are there: OUT is whole or absent.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedWriter
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from node.cli.connection import SEARCH_MANY_SECONDS, operator
from node.cli.failures import usage
from node.cli.invocation import Invocation
from node.cli.lines import RefusedHere, TextLine, is_csv, read_json_lines
from node.cli.query import MOST_LINE_BYTES, Terms
from node.cli.refusals import show_refusal
from node.cli.results import UNANSWERED_EXIT, result_json
from node.cli.screen import progress_bar
from node.errors import Code, LancangError

if TYPE_CHECKING:
    from node.v1 import operator_pb2


@dataclass(slots=True)
class Tally:
    """What became of the lines of a file."""

    searched: int = 0
    unanswered: int = 0
    refused: int = 0
    with_hits: int = 0

    @property
    def exit_code(self) -> int:
        """0 when every line was answered by every node asked, else 4."""
        return UNANSWERED_EXIT if self.unanswered or self.refused else 0

    def count(self, result: operator_pb2.SearchResult) -> None:
        """Count one result."""
        self.searched += 1
        self.unanswered += not result.complete
        self.with_hits += any(answer.hits for answer in result.answers)


@dataclass(slots=True)
class InOrder:
    """Puts results back into the order of the lines. It holds only what overtook a line still under way."""

    to: BufferedWriter
    _next: int = 0
    _lines: list[int] = field(default_factory=list)
    _ready: dict[int, bytes] = field(default_factory=dict)

    def expect(self, line: int) -> None:
        """This line will have a result, after those expected before it."""
        self._lines.append(line)

    def put(self, line: int, text: bytes) -> None:
        """A line's result; empty if it has none. Writes all that is next."""
        self._ready[line] = text
        while self._next < len(self._lines) and self._lines[self._next] in self._ready:
            self.to.write(self._ready.pop(self._lines[self._next]))
            self._next += 1
        if self._next > 10_000:
            del self._lines[: self._next]
            self._next = 0


def search_file(at: Invocation, file: Path, out: Path, under: Terms, peers: list[str]) -> int:
    """Search every line of file; return the exit code. Raises LancangError when nothing could be searched at all."""
    if is_csv(file):
        raise LancangError(
            Code.FILE_UNREADABLE,
            f"{file.name} is no file of query lines",
            remedy="Write one JSON object a line: docs/operations.md shows the keys.",
        )
    if out.is_dir() or (out.exists() and out.samefile(file)):
        # Found out before anything is asked and paid for.
        raise usage(
            f"--out: {out} is {'a directory' if out.is_dir() else 'the file of the queries'}; name another file"
        )
    total = sum(1 for line in read_json_lines(file, MOST_LINE_BYTES) if line.data or line.refusal)
    part = out.with_name(f"{out.name}.part")
    tally = Tally()
    with operator(at) as node:
        # Results are personal data: nobody else on the machine may read them.
        with (
            os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as results,
            _kept_or_gone(part, tally),
        ):
            order = InOrder(results)
            requests = _requests(file, order, under, peers, tally)
            with progress_bar(at, "Searching", total) as bar:
                for response in node.SearchMany(requests, timeout=SEARCH_MANY_SECONDS):
                    _take(response, order, tally)
                    bar.reach(tally.searched + tally.refused)
            results.flush()
            os.fsync(results.fileno())
        part.replace(out)
    typer.echo(
        f"{tally.searched} searched, {tally.with_hits} with hits (leads, not identifications), "
        f"{tally.unanswered} not answered by every node, {tally.refused} lines refused. Results: {out}",
        err=True,
    )
    return tally.exit_code


@contextmanager
def _kept_or_gone(part: Path, tally: Tally) -> Iterator[None]:
    """Of a run that breaks off: what was paid for is kept and named, an empty file is not left behind."""
    try:
        yield
    except BaseException:
        if tally.searched:
            typer.echo(f"It broke off. The results of the first lines are in {part}.", err=True)
        else:
            part.unlink(missing_ok=True)
        raise


def _take(response: operator_pb2.SearchManyResponse, order: InOrder, tally: Tally) -> None:
    if response.HasField("refusal"):
        refusal = response.refusal
        show_refusal(RefusedHere(response.line, refusal.code, refusal.message, refusal.remedy))
        tally.refused += 1
        order.put(response.line, b"")
        return
    tally.count(response.result)
    order.put(response.line, json.dumps(result_json(response.result), ensure_ascii=False).encode() + b"\n")


def _requests(
    file: Path, order: InOrder, under: Terms, peers: list[str], tally: Tally
) -> Iterator[operator_pb2.SearchManyRequest]:
    from node.v1 import operator_pb2

    header = operator_pb2.SearchManyHeader(purpose=under.purpose, case_number=under.case, peers=peers)
    yield operator_pb2.SearchManyRequest(header=header)
    for line in read_json_lines(file, MOST_LINE_BYTES):
        if _refused(line, tally) or not line.data:
            continue
        order.expect(line.number)
        query = operator_pb2.SearchManyQuery(line=line.number, query=line.data)
        yield operator_pb2.SearchManyRequest(query=query)


def _refused(line: TextLine, tally: Tally) -> bool:
    if line.refusal is None:
        return False
    show_refusal(line.refusal)
    tally.refused += 1
    return True
