"""A row of the table: one figure as a ratio to its floor, both measured in the same run on the same cores."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """Repeated measurements. unit: of all four figures."""

    n: int
    p10: float
    p50: float
    p90: float
    most: float
    unit: str

    @classmethod
    def of(cls, values: Sequence[float], unit: str) -> Spread:
        """The spread of one value or more."""
        ordered = sorted(values)
        deciles = statistics.quantiles(ordered, n=10, method="inclusive") if len(ordered) > 1 else ordered * 9
        return cls(len(ordered), deciles[0], statistics.median(ordered), deciles[8], ordered[-1], unit)

    def text(self) -> str:
        """As the table shows it."""
        if self.n == 1:
            return f"{self.p50:.3g} {self.unit}"
        return f"{self.p50:.3g} {self.unit} ({self.p10:.3g} to {self.p90:.3g}, n {self.n})"


@dataclass(frozen=True, slots=True)
class Limit:
    """What a figure must reach. at_least: whether more is better."""

    value: float
    unit: str
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Whether value is within the limit."""
        return value >= self.value if self.at_least else value <= self.value

    def text(self) -> str:
        """As the table shows it."""
        return f"{'≥' if self.at_least else '≤'} {self.value:g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. measured and floor are what reached is made of; notes: what else was seen, by name."""

    what: str
    measured: Spread
    floor: Spread | None
    reached: float
    limit: Limit
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        """Whether the limit is met."""
        return self.limit.met(self.reached)

    def as_json(self) -> dict[str, Any]:
        """For the file of results."""
        return {**asdict(self), "met": self.met}
