"""When things of a request are due: by urgency, and what follows if nothing is done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.exchange.deadlines import Course, decision_due, due_after_confirmation, passed, planned
from node.model.disclosure import Event, Urgency
from node.model.roster import Disclosures

RULES = Disclosures()
HOUR = 3_600_000
NOW = 1_800_000_000_000


@pytest.mark.parametrize(("urgency", "hours"), [("urgent", 8), ("priority", 72), ("routine", 168)])
def test_a_decision_is_due_by_urgency_from_the_owners_receipt(urgency: str, hours: int) -> None:
    assert decision_due(RULES, Urgency(urgency), NOW) == NOW + hours * HOUR


def test_after_an_urgent_hit_is_confirmed_the_data_is_due_within_48_hours() -> None:
    assert due_after_confirmation(RULES, Urgency.URGENT, NOW + HOUR, NOW) == NOW + 48 * HOUR
    assert due_after_confirmation(RULES, Urgency.ROUTINE, NOW + HOUR, NOW) == NOW + HOUR


def test_an_urgent_request_that_nobody_takes_on_calls_the_duty_desk_half_way() -> None:
    alone = Course(Urgency.URGENT, NOW, NOW + 8 * HOUR, attended=False)
    assert list(planned(alone)) == [
        (Event.UNATTENDED, NOW + 4 * HOUR), (Event.WARNING, NOW + 6 * HOUR), (Event.BREACH, NOW + 8 * HOUR)
    ]  # fmt: skip
    held = Course(Urgency.URGENT, NOW, NOW + 8 * HOUR, attended=True)
    assert [event for event, _ in planned(held)] == [Event.WARNING, Event.BREACH]


@given(st.integers(0, 10**10), st.integers(0, 10**10), st.booleans(), st.sampled_from(Urgency))
def test_what_has_passed_stays_passed(first: int, later: int, attended: bool, urgency: Urgency) -> None:
    course = Course(urgency, NOW, NOW + 8 * HOUR, attended)
    earlier, after = sorted((NOW + first, NOW + later))
    assert set(passed(course, earlier)) <= set(passed(course, after))
    assert all(at_ms <= after for _, at_ms in passed(course, after))


def test_nothing_is_due_before_the_owner_has_it() -> None:
    assert passed(Course(Urgency.URGENT, NOW, 0, attended=True), NOW + 10**12) == []
