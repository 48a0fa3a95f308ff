"""How far a rotation has come, for who watches it. What counts for going on stands in the database alone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """What a rotation does now."""

    IDLE = "idle"
    ENCODING = "encoding"
    BUILDING = "building"
    OPENING = "opening"


@dataclass(slots=True)
class Rotation:
    """epoch: the one being prepared; done of total: records encoded, or chains built. wanted: look at once.

    log_holds_keys: the database's log may still hold what was erased; so it is taken at every start.
    """

    phase: Phase = Phase.IDLE
    epoch: int = 0
    done: int = 0
    total: int = 0
    cancelled: bool = False
    log_holds_keys: bool = True
    wanted: asyncio.Event = field(default_factory=asyncio.Event)

    def at(self, phase: Phase, total: int = 0) -> None:
        """Begin a phase."""
        self.phase, self.done, self.total = phase, 0, total
