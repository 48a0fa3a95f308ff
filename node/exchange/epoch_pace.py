"""How fast an owner may open epochs: each costs every requester a row, an act and an index, so they must have an end.

As many a day as the roster's epochs need, and some for people: rotations by hand, restores, updates. Who was away for
months takes up what he missed, as long as it was opened at that pace: by the times that the owner signed, which then
only grow. What bears a time of today, of tomorrow, or from before what is known already counts for today: by dating
its statements an owner wins nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from node.errors import Code, LancangError
from node.model.roster import Policy

DAY_MS: Final = 86_400_000
EXTRA_A_DAY: Final = 16
"""Beside those that the schedule needs."""

LEFT_TO_THE_NODE: Final = 6
"""Of these so many are not for hands: a restore or an update must never have to wait."""


def most_a_day(policy: Policy) -> int:
    """Epochs that one owner may open in 24 hours: twice the schedule's, and EXTRA_A_DAY."""
    return 2 * -(-DAY_MS // (policy.epoch_seconds * 1000)) + EXTRA_A_DAY


class Pace:
    """What is known of one owner's pace."""

    def __init__(self, most: int, known: Iterable[tuple[int, int]] = ()) -> None:
        """most: in 24 hours. known: (from, received) of each statement, in ms, in the order of their numbers."""
        self._most = most
        self._latest = 0
        self._missed: list[int] = []
        self._today: list[int] = []
        for from_ms, received_ms in known:
            self._count(from_ms, received_ms)

    def take(self, owner: str, epoch: int, from_ms: int, now_ms: int) -> None:
        """Count one more statement. Raises LancangError(EPOCH_PACE) if it is one too many."""
        counted, at = self._counted(from_ms, now_ms)
        # On both sides: this node's clock may have been set back since.
        if sum(abs(at - each) < DAY_MS for each in counted) >= self._most:
            raise LancangError(Code.EPOCH_PACE, f"{owner} opened epoch {epoch} beyond {self._most} a day")
        self._count(from_ms, now_ms)

    def _counted(self, from_ms: int, received_ms: int) -> tuple[list[int], int]:
        if self._latest <= from_ms < received_ms - DAY_MS:
            return self._missed, from_ms
        return self._today, received_ms

    def _count(self, from_ms: int, received_ms: int) -> None:
        counted, at = self._counted(from_ms, received_ms)
        counted.append(at)
        self._latest = max(self._latest, from_ms)
