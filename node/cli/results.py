"""A search result as the JSON that scripts rely on, and as an exit code. Both are a contract (docs/operations.md)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from node.cli.screen import iso
from node.model.search import Outcome

if TYPE_CHECKING:
    from node.v1 import operator_pb2

RESULT_VERSION = 1

STRONG_EXIT = 0
NONE_EXIT = 1
POSSIBLE_EXIT = 3
UNANSWERED_EXIT = 4


def result_json(result: operator_pb2.SearchResult) -> dict[str, Any]:
    """One result in its documented shape; what is not known is left out."""
    return {
        "version": RESULT_VERSION,
        "query_id": result.query_id,
        "search_id": result.search_id,
        "complete": result.complete,
        "answers": [_answer(answer) for answer in result.answers],
    }


def _answer(answer: operator_pb2.Answer) -> dict[str, Any]:
    shown: dict[str, Any] = {"node": answer.node, "outcome": answer.outcome}
    if answer.code:
        shown["code"] = answer.code
    if answer.reason:
        shown["reason"] = answer.reason
    if answer.HasField("epoch"):
        shown["epoch"] = answer.epoch
    if answer.HasField("as_of_ms"):
        shown["as_of"] = iso(answer.as_of_ms)
    # What outside scripts rely on: that a hit was found before is told to people, on the screen.
    shown["hits"] = [
        {"hit_id": hit.hit_id, "tag": hit.tag, "band": hit.band, "score": hit.score, "agreed": list(hit.agreed)}
        for hit in answer.hits
    ]
    return shown


def exit_code(outcomes: Iterable[str]) -> int:
    """0 a strong hit, 3 possible hits only, 1 none and every node answered, 4 none but a node did not answer."""
    found = {Outcome(outcome) for outcome in outcomes}
    if Outcome.HIT in found:
        return STRONG_EXIT
    if Outcome.POSSIBLE in found:
        return POSSIBLE_EXIT
    return NONE_EXIT if all(outcome.answered for outcome in found) else UNANSWERED_EXIT


def answered(outcome: str) -> bool:
    """Whether a node with this outcome really was searched."""
    return Outcome(outcome).answered
