"""Weeks of deadlines in seconds: each event once at both ends, over restarts and a clock that goes back and forth."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.disclosing import GIVEN, Desks
from tests.support.federation import roomy_policy, running_federation, wait_for

HOUR = 3_600_000


class Weeks:
    """Two members whose clocks the test moves."""

    def __init__(self, desks: Desks, clock: Path) -> None:
        self.desks = desks
        self._clock = clock

    def at(self, hours: float) -> None:
        """Let it be so many hours after the beginning."""
        part = self._clock.with_suffix(".part")
        part.write_text(str(int(hours * HOUR)))
        part.replace(self._clock)

    def events(self, node: str, request_id: str) -> Counter[str]:
        """What happened to a request, as a node's officers see it."""
        typed = self.desks.desk if node == "th" else self.desks.ask
        listed = typed("inbox", "--all", "--json") if node == "th" else typed("disclosure", "list", "--json")
        found: dict[str, Any] = json.loads(listed.stdout)
        ones = found["requests"] if node == "th" else found["disclosures"]
        (one,) = [each for each in ones if each["request_id"] == request_id]
        return Counter(each["event"] for each in one.get("events", []))

    def wait_events(self, node: str, request_id: str, *events: str) -> None:
        """Wait until exactly these have happened."""
        wait_for(lambda: self.events(node, request_id) == Counter(events), f"{node}: {events}")


@pytest.fixture
def weeks(tmp_path: Path) -> Iterator[Weeks]:
    """cn and th under a clock in a file."""
    clock = tmp_path / "clock"
    clock.write_text("0")
    environment = {"LANCANG_TEST_CLOCK": str(clock)}
    # A clock that jumped is believed once the others' next heads agree with it.
    policy = replace(roomy_policy(), head_seconds=1)
    with running_federation(tmp_path / "f", ("cn", "th"), policy, environment) as running:
        yield Weeks(Desks(running), clock)


def test_warning_breach_and_escalation_come_once_at_both_ends(weeks: Weeks) -> None:
    desks = weeks.desks
    urgent = desks.requested(desks.hit(desks.person()), "--urgency", "urgent")
    routine = desks.requested(desks.hit(desks.person()), "--urgency", "routine")
    weeks.at(4.1)
    weeks.wait_events("th", urgent, "unattended")
    weeks.wait_events("cn", urgent, "escalated-there")
    weeks.at(6.1)
    weeks.wait_events("th", urgent, "unattended", "warning")
    # Back and forth, and through a restart: nothing is lost, nothing comes twice.
    weeks.at(1)
    desks.running.kill("th")
    weeks.at(6.2)
    desks.running.start("th")
    desks.running.wait_serving("th")
    weeks.at(8.1)
    both = ("unattended", "warning", "breach")
    weeks.wait_events("th", urgent, *both)
    weeks.wait_events("cn", urgent, "escalated-there", "warning", "breach")
    assert desks.desk("disclosure", "escalate", routine).exit_code == 0
    weeks.wait_events("th", routine, "escalated")
    weeks.wait_events("cn", routine, "escalated-there")
    assert "duty desk" in desks.desk("doctor").output
    acts = [json.loads(act.detail) for act in desks.running.acts("th") if act.kind == "disclosure-event"]
    assert Counter(act["event"] for act in acts) == Counter([*both, "escalated"])
    weeks.at(31 * 24)
    wait_for(lambda: desks.show(urgent)["state"] == "expired", "it expires at the requester")
    late = desks.approve(urgent, *GIVEN)
    assert late.exit_code == 18


def test_a_confirmed_urgent_hit_is_due_within_48_hours_and_its_copy_is_erased_on_its_date(weeks: Weeks) -> None:
    desks = weeks.desks
    urgent = desks.requested(desks.hit(desks.person()), "--urgency", "urgent")
    assert desks.desk("disclosure", "confirm", urgent, "--yes").exit_code == 0
    desks.wait(urgent, "confirmed")
    weeks.at(9)
    weeks.wait_events("th", urgent)
    weeks.at(40)
    weeks.wait_events("th", urgent, "warning")
    desks.approve(urgent, *GIVEN, "--retain-days", "1")
    assert desks.approve(urgent, officer="approver").exit_code == 0
    desks.wait(urgent, "disclosed")
    weeks.at(40 + 25)
    assert desks.ask("disclosure", "read", urgent).exit_code == 18
    assert "disclosure-erased" not in {act.kind for act in desks.running.acts("cn")}
    desks.running.kill("cn")
    desks.running.start("cn")
    desks.running.wait_serving("cn")
    desks.wait(urgent, "erased")
    assert "disclosure-erased" in {act.kind for act in desks.running.acts("cn")}
