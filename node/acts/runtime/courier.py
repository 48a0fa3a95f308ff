"""What a node's courier needs at hand: who takes which letters, and what wakes the job that sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import Connection

from node.model.courier import Kind, Letter, Refusal

if TYPE_CHECKING:
    from node.acts.runtime.node import Node

Handler: TypeAlias = "Callable[[Connection, Node, Letter], None]"
"""Takes a letter in the transaction that records its receipt. Raises LancangError to refuse it.

It must be quick (under 20 ms) and leave no trace outside the transaction: it may run again if the commit fails.
"""

OnRefused: TypeAlias = "Callable[[Connection, Node, Letter, Refusal], None]"
"""Told at the sender, in the transaction that settles a letter, that it was refused for good or given up."""


@dataclass(slots=True, repr=False)
class Courier:
    """handlers, on_refused: by kind, given at the composition root. wake: there may be something to send.

    posted: counts what was queued, so that whoever commits it knows to wake the job. alive: peers heard of since the
    job looked.
    """

    handlers: dict[Kind, Handler] = field(default_factory=dict)
    on_refused: dict[Kind, OnRefused] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    posted: int = 0
    alive: set[str] = field(default_factory=set)

    def heard_of(self, peer: str) -> None:
        """A peer was seen alive: what waits for it is tried at once."""
        self.alive.add(peer)
        self.wake.set()
