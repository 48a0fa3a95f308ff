"""A search result for people: what each node answered, on which grounds, and how far that may be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from node.cli.results import answered
from node.cli.screen import local, printable, seen_at

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
_NODE_WIDTH, _ANSWER_WIDTH = 4, 16


def show_result(to: Console, result: operator_pb2.SearchResult) -> None:
    """Print one result: the answers, what was not compared, who did not answer, and what a hit is.

    No table: a tag and a hit id stand whole on one line of 60 columns, so that they can be copied from any screen.
    """
    for answer in result.answers:
        _show_answer(to, answer)
    for line in notes(result):
        to.print(printable(line), markup=False)


def _show_answer(to: Console, answer: operator_pb2.Answer) -> None:
    from rich.padding import Padding
    from rich.text import Text

    seen = f"index as of {seen_at(answer.as_of_ms)}" if answer.as_of_ms else ""
    said = _OUTCOMES.get(answer.outcome, answer.outcome)
    head = f"{answer.node.upper():<{_NODE_WIDTH}}{said:<{_ANSWER_WIDTH}}{seen}".rstrip()
    to.print(printable(head), markup=False, style="bold" if answer.hits else None)
    for hit in answer.hits:
        band = f"{hit.band} {_score(hit.score)}"
        to.print(printable(f"  {band:<14}tag {hit.tag}  hit {hit.hit_id}"), markup=False, soft_wrap=True)
        to.print(Padding(Text(printable(f"agreed: {in_words(hit.agreed)}")), (0, 0, 0, 4), expand=False))
        if hit.first_hit_id:
            to.print(printable(f"    found before: {local(hit.first_ms)}, hit {hit.first_hit_id}"), markup=False)
    for exclusion_id in answer.excluded:
        to.print(printable(f"  excluded: not this person (exclusion {exclusion_id[:8]})"), markup=False)


def notes(result: operator_pb2.SearchResult) -> Iterator[str]:
    """The sentences under a result."""
    if result.not_compared:
        yield f"Not compared: {', '.join(result.not_compared)}."
    for answer in result.answers:
        if not answered(answer.outcome):
            why = ": ".join(part for part in (answer.code, answer.reason) if part)
            yield f"{answer.node.upper()} was not searched ({_OUTCOMES.get(answer.outcome, answer.outcome)}). {why}"
        elif answer.reason and answer.code:
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
