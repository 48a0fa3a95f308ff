"""The doctor without a node: how near an end must be before it is a warning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from node.cli.doctor import worst
from node.cli.offline_checks import FAILED, OK, WARNING, Finding, expiry

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "state", "said"),
    [
        (timedelta(days=31), OK, "valid until"),
        (timedelta(days=30), WARNING, "less than 30 days"),
        (timedelta(days=6), WARNING, "less than 7 days"),
        (timedelta(hours=3), WARNING, "less than 1 days"),
        (timedelta(0), FAILED, "expired on"),
        (timedelta(days=-3), FAILED, "expired on"),
    ],
)
def test_an_end_is_announced_at_thirty_seven_and_one_days(left: timedelta, state: str, said: str) -> None:
    found = expiry("roster", NOW + left, NOW, "Sign a new one.", (1, 7, 30))
    assert found.state == state
    assert said in found.finding
    assert bool(found.remedy) is (state != OK)


def test_the_worst_finding_decides() -> None:
    fine, warned, failed = (Finding("x", state, "") for state in (OK, WARNING, FAILED))
    assert worst([fine, fine]) == OK
    assert worst([fine, warned]) == WARNING
    assert worst([warned, failed, fine]) == FAILED
