"""How the log of this node stands with its witnesses, for whoever looks. What counts stands in the database alone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from node.errors import LancangError


@dataclass(slots=True)
class Witnessing:
    """turn: one checkpoint is made and carried round at a time. refused: by node, why it did not vouch.

    without: nodes of an earlier contract, that have no part in it. proven: by owner, checkpoints that others
    handed on and that go with those known here. findings: what the last check of all rows found;
    checked: how many acts it went over, None before the first.
    """

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    refused: dict[str, LancangError] = field(default_factory=dict)
    without: set[str] = field(default_factory=set)
    proven: dict[str, set[bytes]] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    checked: int | None = None
