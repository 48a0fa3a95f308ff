"""How things are put on a terminal: JSON for programs, tables for people, progress on standard error only."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from node.cli.invocation import Invocation

# A pipe has no edge at which anything would have to be cut.
_PIPE_WIDTH = 10_000
_BETWEEN_COLUMNS = 3


def echo_json(value: object) -> None:
    """One JSON document, readable by people too."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def iso(ms: int) -> str:
    """Milliseconds since 1970 as ISO 8601, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local(ms: int) -> str:
    """Milliseconds since 1970 as people at this terminal read a time; empty for 0."""
    return datetime.fromtimestamp(ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z") if ms else ""


def console(at: Invocation, *, err: bool = False) -> Console:
    """A console for people. A pipe gets no colour, and lines that are never broken."""
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(file=stream, no_color=not at.color, highlight=False, width=width, soft_wrap=False, emoji=False)


def table(to: Console, columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "") -> None:
    """A plain table, or one line a cell where it is too wide: a word, such as a tag, is never cut in two.

    Cells are text, never markup: what a peer sent cannot colour the screen.
    """
    from rich.box import SIMPLE_HEAD
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    cells = [[printable(cell) for cell in row] for row in rows]
    least = [
        max((cell_len(word) for text in (head, *(row[place] for row in cells)) for word in text.split()), default=0)
        for place, head in enumerate(columns)
    ]
    if sum(least) + _BETWEEN_COLUMNS * len(columns) > to.width:
        _stacked(to, columns, cells, title)
        return
    shown = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False, title_style="bold")
    for column, width in zip(columns, least, strict=True):
        shown.add_column(column, overflow="fold", min_width=width)
    for row in cells:
        shown.add_row(*(Text(cell) for cell in row))
    to.print(shown)


def _stacked(to: Console, columns: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> None:
    """One line a cell, with its column's name; empty cells are left out."""
    if title:
        to.print(title, style="bold", markup=False)
    width = max(map(len, columns))
    for row in rows:
        to.print()
        for column, cell in zip(columns, row, strict=True):
            if cell:
                to.print(f"{column:<{width}}  {cell}", markup=False, soft_wrap=True)
    to.print()


def printable(text: str) -> str:
    """text without control characters: a peer's words must not drive the terminal."""
    return "".join(character if character.isprintable() or character == "\n" else "�" for character in text)


def seen_at(ms: int) -> str:
    """The same, without the date if that is today: what a table of answers has room for."""
    if not ms:
        return ""
    moment = datetime.fromtimestamp(ms / 1000).astimezone()
    today = moment.date() == datetime.now().astimezone().date()
    return moment.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M")


class Bar:
    """A progress bar that advances; nothing at all when nobody watches."""

    def __init__(self, progress: Any | None, task: Any | None) -> None:
        self._progress, self._task = progress, task

    def reach(self, done: int) -> None:
        """Show that so many are done."""
        if self._progress is not None:
            self._progress.update(self._task, completed=done)

    def stage(self, what: str, done: int, total: int) -> None:
        """Show another stage of the same work."""
        if self._progress is not None:
            self._progress.update(self._task, description=what, completed=done, total=total or None)


@contextmanager
def progress_bar(at: Invocation, what: str, total: int) -> Iterator[Bar]:
    """A bar on standard error, shown only on a terminal."""
    if not sys.stderr.isatty():
        yield Bar(None, None)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(at, err=True), transient=True) as progress:
        yield Bar(progress, progress.add_task(what, total=total))


@contextmanager
def waiting(at: Invocation, what: str) -> Iterator[None]:
    """Say what is waited for: a spinner on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield
        return
    with console(at, err=True).status(what):
        yield
