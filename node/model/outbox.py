"""What waits in the outbox, as a node's own people see it. Nowhere a body."""

from __future__ import annotations

from dataclasses import dataclass

from node.model.courier import OutboxState


@dataclass(frozen=True, slots=True)
class QueuedLetter:
    """One letter of the outbox. code, reason: why it was not taken the last time, was refused or given up.

    next_ms: when it is tried next, None while one before it in its conversation waits. receipt: what the recipient
    signed, and its signature.
    """

    message_id: bytes
    recipient: str
    conversation: bytes
    number: int
    kind: str
    state: OutboxState
    ms: int
    until_ms: int | None
    attempts: int
    next_ms: int | None
    code: str
    reason: str
    settled_ms: int | None
    receipt: bytes


@dataclass(frozen=True, slots=True)
class PeerQueue:
    """What waits for one peer. code, reason: why nothing goes to it now.

    next_ms: when it is called next, None while that depends on people.
    """

    recipient: str
    waiting: int
    oldest_ms: int
    code: str
    reason: str
    next_ms: int | None
