"""`record import`: a file is read twice as a stream, once to know it, once to send it; nothing of it is held whole.

The node resumes an interrupted import of the same lines by itself and says after which line it goes on.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from node.cli.connection import IMPORT_SECONDS, operator
from node.cli.invocation import Invocation
from node.cli.lines import RefusedHere, TextLine, columns_of, is_csv, read_csv_lines, read_json_lines
from node.cli.mapping import Mapping
from node.cli.mapping_file import read_mapping
from node.cli.refusals import show_refusal
from node.cli.screen import echo_json, progress_bar
from node.errors import Code, LancangError

if TYPE_CHECKING:
    from node.v1 import operator_pb2
    from node.v1.operator_pb2_grpc import OperatorServiceStub

REFUSED_EXIT = 5
_MOST_BATCH_LINES = 512
_MOST_BATCH_BYTES = 1024 * 1024
_LONGEST_LINE = 64 * 1024
_STEP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file holds: lines up to its last, those with a record, those refused here, and the digest of all."""

    lines: int
    records: int
    refused: tuple[RefusedHere, ...]
    digest: bytes


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, in record lines."""

    lines: int
    added: int
    changed: int
    unchanged: int
    refused: int
    dry_run: bool

    @property
    def exit_code(self) -> int:
        """0 when every line was taken, 5 when some were refused."""
        return REFUSED_EXIT if self.refused else 0


def import_file(at: Invocation, file: Path, mapping_path: Path | None, dry_run: bool, as_json: bool) -> int:
    """Import file through the running node; return the exit code. Raises LancangError when nothing was imported."""
    source = _source(file, mapping_path)
    survey = examine(source())
    for refused in survey.refused:
        show_refusal(refused)
    refusals = [*survey.refused]

    def refuse(refused: RefusedHere) -> None:
        refusals.append(refused)
        show_refusal(refused)

    def resumed(after: int) -> None:
        typer.echo(f"Going on after line {after}, where this import was interrupted.", err=True)

    try:
        with operator(at) as node, progress_bar(at, "Checking" if dry_run else "Importing", survey.lines) as bar:
            result = send(node, source, survey, dry_run, bar.reach, refuse, resumed)
    except KeyboardInterrupt:
        if not dry_run:
            typer.echo("To finish it, import the same file again: it goes on where it stopped.", err=True)
        raise
    result = replace(result, lines=survey.records, refused=len(refusals))
    _report(result, refusals, as_json)
    return result.exit_code


def send(
    node: OperatorServiceStub,
    source: Callable[[], Iterator[TextLine]],
    survey: Survey,
    dry_run: bool,
    reach: Callable[[int], None],
    refuse: Callable[[RefusedHere], None],
    resumed: Callable[[int], None],
) -> ImportResult:
    """Send what was surveyed; tells progress, each line the node refuses, and after which line it goes on if it does.

    Raises LancangError, grpc.RpcError.
    """
    from node.v1 import operator_pb2

    header = operator_pb2.ImportHeader(digest=survey.digest, total_lines=survey.lines, dry_run=dry_run)
    feed = Feed(header, source)
    result = None
    try:
        call = node.ImportRecords(feed.requests(), timeout=IMPORT_SECONDS)
        feed.break_off = call.cancel
        for response in call:
            match response.WhichOneof("message"):
                case "progress":
                    if feed.begin_at(max(1, response.progress.resume_from_line)) and response.progress.lines_done:
                        resumed(response.progress.lines_done)
                    reach(response.progress.lines_done)
                case "refusal":
                    refuse(_taken(response.refusal))
                case "summary":
                    result = _result(response.summary)
    except Exception:
        # A call that the feed broke off ends with a status that says nothing of the reason.
        if feed.problem is not None:
            raise feed.problem from None
        raise
    if result is None:
        raise LancangError(Code.INTERNAL, "the node ended the import without a summary")
    return result


def _source(file: Path, mapping_path: Path | None) -> Callable[[], Iterator[TextLine]]:
    if not is_csv(file):
        if mapping_path is not None:
            raise LancangError(
                Code.MAPPING_INVALID, "--mapping is for CSV files", remedy="Leave it out: JSON lines need none."
            )
        return lambda: read_json_lines(file, _LONGEST_LINE)
    columns = columns_of(file, read_mapping(mapping_path) if mapping_path else Mapping())
    if columns.unused:
        typer.echo(f"Columns not used: {', '.join(columns.unused)}", err=True)
    return lambda: read_csv_lines(file, columns)


def examine(lines: Iterator[TextLine]) -> Survey:
    """Read all lines once. The digest is SHA-256 over each line and a line feed, as the node will get them."""
    digest = hashlib.sha256()
    last, records, refused = 0, 0, []
    for line in lines:
        last = line.number
        records += bool(line.data) or line.refusal is not None
        if line.refusal is not None:
            refused.append(line.refusal)
        digest.update(line.data)
        digest.update(b"\n")
    return Survey(last, records, tuple(refused), digest.digest())


class Feed:
    """The requests of an import: the header, then lines from where the node wants them."""

    def __init__(self, header: operator_pb2.ImportHeader, source: Callable[[], Iterator[TextLine]]) -> None:
        self._header, self._source = header, source
        self._told = threading.Event()
        self._from = 1
        self.problem: LancangError | OSError | None = None
        self.break_off: Callable[[], object] = lambda: None

    def begin_at(self, line: int) -> bool:
        """The node's first word: from which line on it wants them. Later words change nothing. Whether it was first."""
        if self._told.is_set():
            return False
        self._from = line
        self._told.set()
        return True

    def requests(self) -> Iterator[operator_pb2.ImportRecordsRequest]:
        """What gRPC sends, from a thread of its own."""
        from node.v1 import operator_pb2

        yield operator_pb2.ImportRecordsRequest(header=self._header)
        if not self._told.wait(_STEP_SECONDS):
            self.problem = LancangError(Code.NODE_TIMEOUT, "the node did not begin the import")
            self.break_off()
            return
        try:
            for first, lines in batches(line for line in self._as_surveyed() if line.number >= self._from):
                yield operator_pb2.ImportRecordsRequest(lines=operator_pb2.ImportLines(first_line=first, lines=lines))
        except LancangError as problem:
            # This is gRPC's thread: the command tells the reason. What was sent is of no file that there is.
            self.problem = problem
            yield operator_pb2.ImportRecordsRequest(abandon=operator_pb2.ImportAbandon())
        except OSError as problem:
            # A stream that only ended would be taken as whole; what was sent may be gone on with.
            self.problem = problem
            self.break_off()

    def _as_surveyed(self) -> Iterator[TextLine]:
        """The lines again. The last is given out only when all are known to be those of the first reading."""
        digest, held = hashlib.sha256(), None
        for line in self._source():
            if held is not None:
                yield held
            held = line
            digest.update(line.data)
            digest.update(b"\n")
        if digest.digest() != self._header.digest:
            raise LancangError(
                Code.FILE_UNREADABLE,
                "the file was changed while it was read",
                remedy="Import it again when nothing writes to it. Nothing of it was taken.",
            )
        if held is not None:
            yield held


def batches(lines: Iterator[TextLine]) -> Iterator[tuple[int, list[bytes]]]:
    """Consecutive lines in messages that stay well under the transport's limit: (first line, lines)."""
    first, held, size = 0, list[bytes](), 0
    for line in lines:
        if held and (len(held) == _MOST_BATCH_LINES or size + len(line.data) > _MOST_BATCH_BYTES):
            yield first, held
            held, size = [], 0
        if not held:
            first = line.number
        held.append(line.data)
        size += len(line.data)
    if held:
        yield first, held


def _taken(refusal: operator_pb2.Refusal) -> RefusedHere:
    return RefusedHere(refusal.line, refusal.code, refusal.message, refusal.remedy)


def _result(summary: operator_pb2.ImportSummary) -> ImportResult:
    return ImportResult(
        summary.lines, summary.added, summary.changed, summary.unchanged, summary.refused, summary.dry_run
    )


def _report(result: ImportResult, refusals: list[RefusedHere], as_json: bool) -> None:
    if as_json:
        echo_json({**asdict(result), "refusals": [asdict(refused) for refused in refusals]})
        return
    would = "would be " if result.dry_run else ""
    typer.echo(
        f"{result.lines} records: {result.added} {would}added, {result.changed} {would}changed, "
        f"{result.unchanged} unchanged, {result.refused} refused."
    )
