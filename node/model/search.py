"""What an officer gets: one answer a node, its hits, and how they are to be read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a node answered a search."""

    HIT = "hit"
    POSSIBLE = "possible"
    NONE = "none"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    ERROR = "error"

    @property
    def answered(self) -> bool:
        """Whether the node really was searched."""
        return self in (Outcome.HIT, Outcome.POSSIBLE, Outcome.NONE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A lead: a tag that shares enough with the subject. hit_id and tag in hex; score 0 to 1; agreed: kinds.

    first_hit_id, first_ms: the first kept hit on the same record, in this epoch or before; '' and 0 if this is it.
    """

    hit_id: str
    tag: str
    band: str
    score: float
    agreed: tuple[str, ...]
    first_hit_id: str = ""
    first_ms: int = 0


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """One node's part in a result. as_of_ms: the time of the index copy searched.

    excluded: ids (hex) of the exclusions by which hits were left out: people decided that they are another person's.
    """

    node: str
    outcome: Outcome
    code: str = ""
    reason: str = ""
    epoch: int | None = None
    as_of_ms: int | None = None
    hits: tuple[Hit, ...] = ()
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One subject's result over all nodes asked. not_compared: attributes given that no token kind compares."""

    query_id: str
    search_id: str
    answers: tuple[NodeAnswer, ...]
    not_compared: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every node asked really was searched."""
        return all(answer.outcome.answered for answer in self.answers)
