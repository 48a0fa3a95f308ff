"""Letters: what must arrive at another member, once and in its conversation's order (docs/protocol.md, letters)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from node.errors import LancangError

MESSAGE_ID_BYTES: Final = 16
CONVERSATION_BYTES: Final = 16
MOST_BODY_BYTES: Final = 256 * 1024
MOST_LETTERS: Final = 16
"""Letters that one call hands over at most, each of another conversation."""
MOST_CALL_BYTES: Final = 1024 * 1024
"""Bytes of bodies that a sender puts into one call with more than one letter."""
LONGEST_KIND: Final = 64
LONGEST_REASON: Final = 500


class Kind(StrEnum):
    """What a letter is about, and so which handler takes it. Values are signed: they are added to, never changed."""

    WITHDRAWN = "withdrawn"
    """In the place of a letter that its sender gave up: it takes the number, and nothing else happens."""
    DISCLOSURE_REQUEST = "disclosure-request"
    DISCLOSURE_TAKEN = "disclosure-taken"
    DISCLOSURE_WITHDRAWAL = "disclosure-withdrawal"
    DISCLOSURE_CONFIRMATION = "disclosure-confirmation"
    DISCLOSURE_ESCALATION = "disclosure-escalation"
    DISCLOSURE_REFUSAL = "disclosure-refusal"
    DISCLOSURE_REPLY = "disclosure-reply"
    DISCLOSURE_READ = "disclosure-read"
    CORRECTION = "correction"
    EXCLUSION = "exclusion"
    ONWARD_REQUEST = "onward-request"
    ONWARD_ANSWER = "onward-answer"


class OutboxState(StrEnum):
    """What has become of a letter, as its sender's people see it. Values are stored."""

    WAITING = "waiting"
    WITHDRAWING = "withdrawing"
    """Its time is over, but it may have arrived: its recipient is asked."""
    DELIVERED = "delivered"
    REFUSED = "refused"
    EXPIRED = "expired"
    RETURNED = "returned"
    """Its recipient left the alliance."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. message_id, conversation: 16 bytes; body: at most 256 KiB; ms: when it was written.

    number: 1, 2, 3 ... in this conversation from this sender to this recipient. kind: a Kind, where this node knows it.
    """

    message_id: bytes
    conversation: bytes
    number: int
    kind: str
    body: bytes
    ms: int
    sender: str
    recipient: str

    def __repr__(self) -> str:
        # Never the body: it holds what nobody but the two nodes may read.
        return f"Letter({self.message_id.hex()}, {self.kind}, number={self.number}, {self.sender}->{self.recipient})"


@dataclass(frozen=True, slots=True)
class SignedLetter:
    """A letter with its sender's signature, 64 bytes."""

    letter: Letter
    signature: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a letter was refused for good, or given up. code: an LCG code; reason: for people, never personal data."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a recipient signed of a letter: that it took it, or why it refused it for good. letter_hash: 32 bytes."""

    letter_hash: bytes
    refusal: Refusal | None
    ms: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A letter was not taken now. expected: the number that its conversation waits for, where that is why."""

    problem: LancangError
    expected: int | None = None


LetterOutcome = Receipt | NotTaken
