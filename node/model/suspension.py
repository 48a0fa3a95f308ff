"""A suspension: one member cut off by one node's administrator, until it is resumed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suspension:
    """Who was suspended here, since when (ms), by which officer, and why."""

    node_id: str
    ms: int
    officer: str
    reason: str
