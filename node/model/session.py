"""What two nodes tell each other first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from node.model.epoch import SignedEpoch

CONTRACT: Final = 1
REQUIRED: Final[tuple[str, ...]] = ("ask.v1", "index.v1")
"""What this node cannot do without in a peer. It names them when it calls; an unknown name is refused."""

ASK_MANY: Final = "ask-many.v1"
"""Several asks in one call. A peer that does not announce it is asked one by one."""

COURIER: Final = "courier.v1"
"""Letters. To a peer that does not announce it they wait."""

AUDIT: Final = "audit.v1"
"""Checkpoints of logs. A node without it lacks the methods, and is no witness."""

MOST_EPOCHS: Final = 512
"""Statements that one answer holds at most."""

CAPABILITIES: Final[tuple[str, ...]] = (*REQUIRED, "roster.v1", ASK_MANY, COURIER, AUDIT)
"""What this node can do."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a node says of itself. tables, roster_hash: 32 bytes; time_ms: its clock.

    your_epochs: the statements of the one it greets that it knows, as far as it was asked for them.
    """

    node_id: str
    software_version: str
    contract: int
    capabilities: tuple[str, ...]
    roster_version: int
    roster_hash: bytes
    tables: bytes
    time_ms: int
    your_epochs: tuple[SignedEpoch, ...] = ()
