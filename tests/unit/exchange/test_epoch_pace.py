"""An owner opens as many epochs a day as the policy allows, whatever times it signs; who was away takes up the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from node.errors import LancangError
from node.exchange.epoch_pace import DAY_MS, LEFT_TO_THE_NODE, Pace, most_a_day
from node.roster.policy_defaults import default_policy

MOST = 5
NOW = 20_000 * DAY_MS


def taken(times: Sequence[int], now: int = NOW, known: Sequence[tuple[int, int]] = ()) -> int:
    """How many of these statements are taken up at one time."""
    pace = Pace(MOST, known)
    for number, from_ms in enumerate(times):
        try:
            pace.take("th", number, from_ms, now)
        except LancangError:
            return number
    return len(times)


def test_a_day_has_room_for_the_policys_number_and_the_next_day_for_as_many_again() -> None:
    today = [NOW - 1] * 50
    assert taken(today) == MOST
    before = [(NOW - 1, NOW)] * MOST
    assert taken(today, NOW + DAY_MS - 1, before) == 0
    assert taken([NOW + DAY_MS] * 50, NOW + DAY_MS, before) == MOST


def test_who_was_away_for_years_takes_up_all_that_was_opened_at_the_pace() -> None:
    missed = [NOW - day * DAY_MS for day in range(1_000, 1, -1)]
    assert taken(missed) == len(missed)
    assert taken([*missed, *[NOW] * 50]) == len(missed) + MOST
    assert taken([each for each in missed for _ in range(MOST)]) == len(missed) * MOST
    assert taken([each for each in missed for _ in range(MOST + 1)]) == MOST


def test_an_owner_whose_clock_was_wrong_for_a_day_goes_on() -> None:
    """It opened one in a year to come; what it opens after its clock was set right counts by the days of its reader."""
    known = [(NOW + 365 * DAY_MS, NOW)]
    assert taken([NOW + DAY_MS], NOW + DAY_MS, known) == 1


@given(st.lists(st.integers(NOW - 3 * DAY_MS, 2 * NOW), max_size=40))
def test_no_dating_wins_more_than_the_days_that_passed(times: list[int]) -> None:
    """Known up to three days ago: three days of the past and today, and no more."""
    assert taken(times, NOW, [(NOW - 3 * DAY_MS, NOW - 3 * DAY_MS)]) <= 4 * MOST


def test_a_past_made_up_before_what_is_known_counts_for_today() -> None:
    assert taken([day * DAY_MS for day in range(1, 1_000)], NOW, [(NOW - DAY_MS, NOW - DAY_MS)]) == MOST


def test_the_policy_leaves_room_for_its_own_schedule() -> None:
    policy = default_policy()
    assert most_a_day(policy) > LEFT_TO_THE_NODE
    assert most_a_day(replace(policy, epoch_seconds=3_600)) >= 2 * 24
