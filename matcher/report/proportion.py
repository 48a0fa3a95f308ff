"""A proportion that was counted, with its confidence interval: Wilson, JASA 22 (1927), the score interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

_Z = 1.959963984540054  # 95%, two-sided


@dataclass(frozen=True, slots=True)
class Proportion:
    """hits of a number of trials, 0 <= hits <= of."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """hits / of; 0 where nothing was tried."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% Wilson interval; (0, 1) where nothing was tried. Good near 0 and 1 too, where others break down."""
        if not self.of:
            return 0.0, 1.0
        shrink = 1 + _Z**2 / self.of
        centre = (self.value + _Z**2 / (2 * self.of)) / shrink
        half = _Z * sqrt(self.value * (1 - self.value) / self.of + _Z**2 / (4 * self.of**2)) / shrink
        return max(0.0, centre - half), min(1.0, centre + half)

    def text(self) -> str:
        """As tables show it: 0.915 (0.902 to 0.926)."""
        low, high = self.interval
        return f"{self.value:.3f} ({low:.3f} to {high:.3f})" if self.of else "-"
