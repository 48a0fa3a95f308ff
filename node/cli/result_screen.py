"""A search result for people: what each node answered, on which grounds, and how far that may be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from node.cli.results import answered
from node.cli.screen import printable, seen_at, table

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
_MOST_KINDS = 3
_BANDS = {"strong": "strong", "possible": "possible"}


def show_result(to: Console, result: operator_pb2.SearchResult) -> None:
    """Print one result: the answers, what was not compared, who did not answer, and what a hit is."""
    table(to, ("Node", "Answer", "Score", "Tag", "Index as of", "What agreed"), _rows(result))
    for line in notes(result):
        to.print(printable(line), markup=False)


def _rows(result: operator_pb2.SearchResult) -> Iterator[tuple[str, ...]]:
    for answer in result.answers:
        name, seen = answer.node.upper(), seen_at(answer.as_of_ms)
        if not answer.hits:
            yield name, _OUTCOMES.get(answer.outcome, answer.outcome), "", "", seen, ""
        for place, hit in enumerate(answer.hits):
            first = place == 0
            yield (
                name if first else "",
                f"{_BANDS.get(hit.band, hit.band)} hit",
                _score(hit.score),
                # What the owner needs to find the record; --json has the hit id too.
                hit.tag,
                seen if first else "",
                # Last, so that its words stay together when they wrap.
                in_words(hit.agreed),
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


def _score(score: float) -> str:
    """Two digits, and never a 1.00: nothing here is certain."""
    return ">0.99" if score > 0.99 else f"{score:.2f}"


def in_words(kinds: Sequence[str]) -> str:
    """What agreed, as a lawyer reads it: the attributes, then the most telling kinds of token. Unknown ones by name."""
    from matcher.kinds import KINDS

    known = {kind.name: kind for kind in KINDS}
    attributes = sorted({part for kind in kinds if kind in known for part in known[kind].attributes})
    labels = [known[kind].label if kind in known else kind for kind in kinds]
    more = f"; {len(labels) - _MOST_KINDS} more" if len(labels) > _MOST_KINDS else ""
    head = f"{', '.join(attribute.replace('-', ' ') for attribute in attributes)} - " if attributes else ""
    return head + "; ".join(labels[:_MOST_KINDS]) + more
