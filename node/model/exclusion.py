"""An exclusion: people decided that a subject is not the person of a record; the two are kept apart from then on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

EXCLUSION_ID_BYTES = 16
LONGEST_WORDS = 400


class ExclusionGround(StrEnum):
    """Why. Values are signed and stored: they are added to, never changed."""

    ANOTHER = "another-person"
    MISUSED = "identity-misused"

    @property
    def meaning(self) -> str:
        """One sentence for people."""
        if self is ExclusionGround.ANOTHER:
            return "The record is about another person."
        return "Somebody used this person's identity: the record is about him."


class ExclusionSide(StrEnum):
    """What this node has of the pair: the subject (it searched) or the record."""

    REQUESTER = "requester"
    OWNER = "owner"


@dataclass(frozen=True, slots=True, repr=False)
class Exclusion:
    """One exclusion. peer: the node that has the other half; officer: who made it here, '' if it came from the peer.

    request: SHA-256 of the disclosure request it is about, b'' where there was none; reason: in an officer's words,
    kept here alone. row: the record's, at its owner. removed_ms: 0 while it stands.
    """

    exclusion_id: bytes
    side: ExclusionSide
    peer: str
    officer: str
    ground: ExclusionGround
    made_ms: int
    removed_ms: int
    row: bytes
    request: bytes
    reason: str

    @property
    def made_here(self) -> bool:
        """Whether an officer of this node made it: only this node takes it back."""
        return bool(self.officer)


@dataclass(frozen=True, slots=True)
class ExclusionWord:
    """What one node tells the other of an exclusion. removed: it is taken back; request and ground as it was made."""

    alliance: str
    sender: str
    recipient: str
    exclusion_id: bytes
    request: bytes
    ground: ExclusionGround
    removed: bool
    made_ms: int
