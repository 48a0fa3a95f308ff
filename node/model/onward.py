"""Passing on: a requester asks the owner whether a third member may have what it was given. Values are stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from node.model.disclosure import Ground, Verdict

ONWARD_ID_BYTES = 16
LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True, repr=False)
class OnwardRequest:
    """What is asked. request: SHA-256 of the disclosure request under which it was given; to: the third member."""

    alliance: str
    requester: str
    owner: str
    onward_id: bytes
    request: bytes
    to: str
    reason: str
    officer: str
    made_ms: int


@dataclass(frozen=True, slots=True, repr=False)
class OnwardDecision:
    """An officer's decision, as he signs it. onward: SHA-256 of the request to pass on. A refusal has its ground."""

    alliance: str
    owner: str
    requester: str
    onward: bytes
    officer: str
    verdict: Verdict
    made_ms: int
    ground: Ground | None = None


@dataclass(frozen=True, slots=True, repr=False)
class SignedOnwardDecision:
    """A decision as signed. document: its canonical bytes; signature: ECDSA P-256; certificate: the officer's (DER)."""

    decision: OnwardDecision
    document: bytes
    signature: bytes
    certificate: bytes


class OnwardState(StrEnum):
    """How a request to pass on stands, at either end."""

    ASKED = "asked"
    APPROVED_ONCE = "approved-once"
    GRANTED = "granted"
    REFUSED = "refused"
    REJECTED = "rejected"
    """The owner's node did not take it."""
