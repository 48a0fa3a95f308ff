"""An ask and its answer: the fixed-size question that goes to an owner, and what comes back (protocol.md 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from node.errors import LancangError
from node.model.encoding import u64
from node.model.scope import Scope

MOST_ASKS: Final = 8
"""Asks of one call at most: enough that a call costs little beside them, few enough that others get their turn."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A signed ask. elements: Q blinded tokens of 32 bytes; officer: a stable pseudonym.

    act_salt: 32 bytes that salt what both ends log of it, or empty.
    """

    scope: Scope
    search_id: bytes
    purpose: str
    case: bytes
    commit: bytes
    elements: tuple[bytes, ...]
    ask_id: bytes
    signature: bytes
    officer: str
    act_salt: bytes = b""


@dataclass(frozen=True, slots=True)
class AskAnswer:
    """An owner's answer: Q evaluated elements of 32 bytes, a DLEQ proof of 64 bytes, the signature."""

    ask_id: bytes
    evaluated: tuple[bytes, ...]
    proof: bytes
    public_key: bytes
    ms: int
    signature: bytes

    def signed_bytes(self, evaluation_hash: bytes) -> bytes:
        """The bytes the owner signs; evaluation_hash = H("lancang1.eval", "", E || proof, 32)."""
        return b"lancang/1/answer" + self.ask_id + evaluation_hash + self.public_key + u64(self.ms)


AskOutcome: TypeAlias = AskAnswer | LancangError
"""What became of one ask of several: its answer, or why it was refused."""
