"""Linkage quality: each query takes its best record, if it scores at least a threshold; equal bests are all taken.

The same rule for every method, so that a method that offers one record and one that scores all pairs can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matcher.evaluation import Scored
from matcher.report.proportion import Proportion

_RESAMPLES = 1000
_SEED = 7


@dataclass(frozen=True, slots=True)
class Pairing:
    """For each query: the score of its best records, how many of them are true, how many there are. 0 where none."""

    best: npt.NDArray[np.float64]
    true: npt.NDArray[np.int64]
    taken: npt.NDArray[np.int64]

    @classmethod
    def of(cls, matches: Sequence[tuple[str, str]], found: Iterable[Scored]) -> Pairing:
        """matches: (query id, the id of its one record). A query that was offered nothing has the score -inf."""
        place = {query_id: at for at, (query_id, _) in enumerate(matches)}
        best = np.full(len(matches), -np.inf)
        true, taken = np.zeros(len(matches), np.int64), np.zeros(len(matches), np.int64)
        for each in found:
            at = place[each.query_id]
            if each.score > best[at]:
                best[at], true[at], taken[at] = each.score, 0, 0
            if each.score == best[at]:
                taken[at] += 1
                true[at] += each.record_id == matches[at][1]
        return cls(best, true, taken)

    def together(self, other: Pairing) -> Pairing:
        """Two sets of queries as one."""
        return Pairing(
            np.concatenate((self.best, other.best)),
            np.concatenate((self.true, other.true)),
            np.concatenate((self.taken, other.taken)),
        )

    def best_threshold(self) -> float:
        """The threshold with the best F1; the lowest of equals."""
        order = np.argsort(-self.best, kind="stable")
        true, taken = np.cumsum(self.true[order]), np.cumsum(self.taken[order])
        f1 = 2 * true / (taken + len(self.best))
        # Within a group of equal scores only its end can be a threshold.
        score = self.best[order]
        ends = np.append(score[:-1] != score[1:], True) & np.isfinite(score)
        return float(score[np.flatnonzero(ends)[np.argmax(f1[ends])]])

    def at(self, threshold: float) -> Linked:
        """What a threshold brings."""
        kept = self.best >= threshold
        true, taken = self.true * kept, self.taken * kept
        chance = np.random.default_rng(_SEED)
        draws = chance.integers(0, len(kept), (_RESAMPLES, len(kept)))
        f1 = 2 * true[draws].sum(axis=1) / (taken[draws].sum(axis=1) + len(kept))
        low, high = np.quantile(f1, (0.025, 0.975))
        return Linked(
            Proportion(int(true.sum()), int(taken.sum())),
            Proportion(int(true.sum()), len(kept)),
            (float(low), float(high)),
        )


@dataclass(frozen=True, slots=True)
class Linked:
    """precision: of pairs taken. recall: of queries. interval: of F1, 95%, by resampling queries 1,000 times."""

    precision: Proportion
    recall: Proportion
    interval: tuple[float, float]

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.precision.hits / (self.precision.of + self.recall.of)
