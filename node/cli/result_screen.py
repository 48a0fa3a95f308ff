"""A search result for people: what each node answered, on which grounds, and how far that may be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from node.cli.results import answered
from node.cli.screen import local, printable, table

if TYPE_CHECKING:
    from rich.console import Console

    from node.v1 import operator_pb2

LEAD = "A hit is a lead, not an identification: compare it with the owner's record before anyone acts on it."

_OUTCOMES = {
    "hit": "strong hit",
    "possible": "possible hit",
    "none": "nothing found",
    "refused": "refused",
    "unreachable": "out of reach",
    "timeout": "no answer in time",
    "error": "error",
}
_BANDS = {"strong": "strong", "possible": "possible"}


def show_result(to: Console, result: operator_pb2.SearchResult) -> None:
    """Print one result: the answers, what was not compared, who did not answer, and what a hit is."""
    table(to, ("Node", "Answer", "Score", "What agreed", "Hit", "Index as of"), _rows(result))
    for line in notes(result):
        to.print(printable(line), markup=False)


def _rows(result: operator_pb2.SearchResult) -> Iterator[tuple[str, ...]]:
    for answer in result.answers:
        name, seen = answer.node.upper(), local(answer.as_of_ms)
        if not answer.hits:
            yield name, _OUTCOMES.get(answer.outcome, answer.outcome), "", "", "", seen
        for place, hit in enumerate(answer.hits):
            first = place == 0
            yield (
                name if first else "",
                f"{_BANDS.get(hit.band, hit.band)} hit",
                f"{hit.score:.2f}",
                in_words(hit.agreed),
                hit.hit_id,
                seen if first else "",
            )


def notes(result: operator_pb2.SearchResult) -> Iterator[str]:
    """The sentences under a result."""
    if result.not_compared:
        yield f"Not compared: {', '.join(result.not_compared)}."
    for answer in result.answers:
        if not answered(answer.outcome):
            why = ": ".join(part for part in (answer.code, answer.reason) if part)
            yield f"{answer.node.upper()} was not searched ({_OUTCOMES.get(answer.outcome, answer.outcome)}). {why}"
        elif answer.reason:
            yield f"{answer.node.upper()}: {answer.reason} ({answer.code})."
    if result.complete and result.answers:
        yield "Every node asked was searched."
    yield LEAD


def in_words(kinds: Iterable[str]) -> str:
    """Kinds of token as a person reads them; one that this version does not know is shown by its name."""
    from matcher.kinds import KINDS

    labels = {kind.name: kind.label for kind in KINDS}
    return "; ".join(labels.get(kind, kind) for kind in kinds)
