"""No number under five can be read off what observers are shown, nor reckoned from it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from node.model.counts import Counted
from node.policy.suppression import LEAST_SHOWN, Table, may_be_shown, shown_cells

PLACES = [(requester, purpose) for requester in ("cn", "vn", "la") for purpose in ("fraud", "missing")]
TABLES = st.dictionaries(st.sampled_from(PLACES), st.integers(0, 12))
COUNTS = st.fixed_dictionaries(dict.fromkeys(Counted, TABLES))
Counts = dict[Counted, Table]


def _shown(counts: Counts) -> dict[tuple[Counted, str, str], int | None]:
    return {(cell.counted, cell.requester, cell.purpose): cell.number for cell in shown_cells("th", counts)}


@given(COUNTS)
def test_a_number_under_five_is_never_shown_but_for_none_at_all(counts: Counts) -> None:
    assert all(number is None or may_be_shown(number) for number in _shown(counts).values())


@given(COUNTS, st.data())
def test_what_is_shown_is_the_same_whatever_a_hidden_cell_holds(counts: Counts, data: st.DataObject) -> None:
    """Who sees the result can't tell one small number from another, neither from the cell nor from all the others."""
    small = [(counted, place) for counted, table in counts.items() for place, number in table.items()
             if 0 < number < LEAST_SHOWN]  # fmt: skip
    if not small:
        return
    counted, place = data.draw(st.sampled_from(small))
    other = data.draw(st.integers(1, LEAST_SHOWN - 1))
    changed = {**counts, counted: {**counts[counted], place: other}}
    assert _shown(changed) == _shown(counts)


@given(COUNTS)
def test_totals_are_the_sums_of_what_is_shown(counts: Counts) -> None:
    shown = _shown(counts)
    for counted in Counted:
        cells = {place: shown.get((counted, *place)) for place in PLACES if (counted, *place) in shown}
        total = shown.get((counted, "", ""))
        numbers = [number for number in cells.values() if number is not None]
        if total is not None:
            assert len(numbers) == len(cells)
            assert total == sum(numbers)


def test_large_numbers_are_shown_with_their_totals() -> None:
    counts: Counts = {Counted.ASKS: {("cn", "fraud"): 9, ("vn", "fraud"): 6, ("vn", "missing"): 2}}
    shown = _shown(counts)
    assert shown[Counted.ASKS, "cn", "fraud"] == 9
    assert shown[Counted.ASKS, "cn", ""] == 9
    assert shown[Counted.ASKS, "", "fraud"] == 15
    assert shown[Counted.ASKS, "vn", "missing"] is None
    assert shown[Counted.ASKS, "vn", ""] is None
    assert shown[Counted.ASKS, "", ""] is None


def test_what_became_of_requests_is_shown_together_or_not_at_all() -> None:
    place = ("cn", "fraud")
    counts: Counts = {Counted.REQUESTS: {place: 10}, Counted.GIVEN: {place: 9}, Counted.REFUSED: {place: 1}}
    assert {_shown(counts)[counted, "cn", "fraud"] for counted in counts} == {None}
