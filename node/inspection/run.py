"""One inspection from the bytes of its files to its report: what both programs, this one and `lancang`, call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from node.inspection import report
from node.inspection.cases import gather
from node.inspection.check import Case, Report, inspect
from node.inspection.documents import Keys, read_roster


@dataclass(frozen=True, slots=True, repr=False)
class Order:
    """What is to be checked. key: the inspector's, for sealed openings. subjects: show whom each ask was about."""

    files: tuple[bytes, ...]
    rosters: tuple[bytes, ...]
    key: bytes | None = None
    subjects: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Done:
    """What came of it."""

    report: Report
    cases: tuple[Case, ...]
    rosters: tuple[Keys, ...]
    subjects: bool

    @property
    def exit_code(self) -> int:
        """What a program ends with."""
        return report.exit_code(self.report)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return report.as_json(self.report, self.cases, self.rosters, self.subjects)

    def in_words(self) -> Iterator[str]:
        """For people, line by line."""
        return report.in_words(self.report, self.cases, self.rosters, self.subjects)


def run(order: Order) -> Done:
    """Check. Raises FileRefusedError for a file that is not what it should be."""
    rosters = tuple(read_roster(data) for data in order.rosters)
    cases = tuple(gather(order.files, order.key))
    return Done(inspect(cases, rosters), cases, rosters, order.subjects)
