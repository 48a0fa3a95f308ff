"""What observers see: how often members asked an owner, month by month, without anything that points at a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Counted(StrEnum):
    """What is counted at an owner."""

    ASKS = "asks"
    REQUESTS = "requests"
    GIVEN = "given"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Cell:
    """One number: at owner, of what, by which requester, for which purpose. number: None where it is not shown.

    A total has '' as its requester, its purpose, or both.
    """

    owner: str
    counted: Counted
    requester: str
    purpose: str
    number: int | None


@dataclass(frozen=True, slots=True)
class MonthCounts:
    """An owner's cells of a month ("2026-11", UTC)."""

    owner: str
    month: str
    cells: tuple[Cell, ...]
