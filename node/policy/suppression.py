"""What of a month's numbers may be shown: cells under five are not, nor whatever would give them away.

Small cells are hidden at the owner, so that no observer ever has them. A line of a table whose total is shown gives a
hidden cell away, so a total is shown only where everything below it is; and numbers that add up to each other
(requests, and what became of them) are shown together or not at all. A month is told once it is over: two readings of
one that runs would tell what happened between them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, TypeAlias

from node.model.counts import Cell, Counted

LEAST_SHOWN: Final = 5
TOGETHER: Final = (Counted.REQUESTS, Counted.GIVEN, Counted.REFUSED)
"""Who knows two of these knows much of the third."""

Place: TypeAlias = tuple[str, str]
"""A requester and a purpose."""

Table: TypeAlias = Mapping[Place, int]


def may_be_shown(number: int) -> bool:
    """Whether a number tells of nobody: none at all, or many."""
    return number == 0 or number >= LEAST_SHOWN


def shown_cells(owner: str, counts: Mapping[Counted, Table]) -> tuple[Cell, ...]:
    """Every cell and total of an owner's month; those that are not shown have no number."""
    places = sorted({place for table in counts.values() for place in table})
    cells: list[Cell] = []
    for counted in Counted:
        table = counts.get(counted, {})
        hidden = {place for place in places if _is_hidden(counts, counted, place)}
        cells += _table(owner, counted, {place: table.get(place, 0) for place in places}, hidden)
    return tuple(cells)


def _is_hidden(counts: Mapping[Counted, Table], counted: Counted, place: Place) -> bool:
    together = TOGETHER if counted in TOGETHER else (counted,)
    return not all(may_be_shown(counts.get(each, {}).get(place, 0)) for each in together)


def _table(owner: str, counted: Counted, table: Table, hidden: AbstractSet[Place]) -> Iterator[Cell]:
    totals: defaultdict[Place, int] = defaultdict(int)
    closed: set[Place] = set()
    for (requester, purpose), number in table.items():
        covered = (requester, purpose) in hidden
        yield Cell(owner, counted, requester, purpose, None if covered else number)
        for total in ((requester, ""), ("", purpose), ("", "")):
            totals[total] += number
            if covered:
                closed.add(total)
    for total in sorted(totals):
        yield Cell(owner, counted, *total, None if total in closed else totals[total])
