"""An inspection's two files: asks drawn from an owner's log, and what the requester opens of them (protocol.md 10)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from node.model.ask import Ask
from node.model.epoch import SignedEpoch


@dataclass(frozen=True, slots=True)
class DrawTerms:
    """Which asks may be drawn, and how. officer: a pseudonym, '' for all. count 0 draws all. Times in ms.

    seed: a text that neither side could choose, known only after the period ended. inspector: the key (X25519) of one
    whom the roster names, b'' for the requester's own.
    """

    requester: str
    officer: str
    from_ms: int
    until_ms: int
    count: int
    seed: str
    inspector: bytes = b""


@dataclass(frozen=True, slots=True)
class DrawnAsk:
    """An ask of the owner's log and when it came."""

    ask: Ask
    ms: int


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw. population: the ids of every ask that could be drawn; erased: how many more are past their epoch."""

    alliance: str
    owner: str
    terms: DrawTerms
    made_ms: int
    erased: int
    population: tuple[bytes, ...]
    epochs: tuple[SignedEpoch, ...]
    asks: tuple[DrawnAsk, ...]


class Missing(StrEnum):
    """Why the requester does not open an ask."""

    EXPIRED = "expired"
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, repr=False)
class OpenedAsk:
    """What an ask was about: the canonical subject, the salt, x_j and r_j of every position.

    questions: the hash of what the requester's matcher asked when the search was made; b'' if that was not kept.
    """

    ask_id: bytes
    subject: bytes
    salt: bytes
    inputs: tuple[bytes, ...]
    blinds: tuple[bytes, ...]
    questions: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """A requester's answer to a draw. draw: its hash; left_out: answered asks that its population lacks."""

    alliance: str
    owner: str
    requester: str
    draw: bytes
    made_ms: int
    asks: tuple[OpenedAsk, ...]
    missing: tuple[tuple[bytes, Missing], ...]
    left_out: tuple[bytes, ...]
