"""When something of a request is due, and what follows from its not being done: plain functions of times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from node.model.disclosure import Event, Urgency
from node.model.roster import Disclosures


@dataclass(frozen=True, slots=True)
class Course:
    """A request on its way: since_ms, due_ms: the span that runs now; attended: whether an officer has taken it on."""

    urgency: Urgency
    since_ms: int
    due_ms: int
    attended: bool


def decision_due(rules: Disclosures, urgency: Urgency, received_ms: int) -> int:
    """When an owner that took a request in must have decided."""
    seconds = {
        Urgency.URGENT: rules.urgent_seconds,
        Urgency.PRIORITY: rules.priority_seconds,
        Urgency.ROUTINE: rules.routine_seconds,
    }
    return received_ms + seconds[urgency] * 1000


def due_after_confirmation(rules: Disclosures, urgency: Urgency, due_ms: int, confirmed_ms: int) -> int:
    """When the data is due once the person is confirmed: of an urgent request within 48 hours, else as before."""
    return confirmed_ms + rules.core_seconds * 1000 if urgency is Urgency.URGENT else due_ms


def planned(course: Course) -> Iterator[tuple[Event, int]]:
    """What is to happen, and when, unless the request ends before."""
    if not course.due_ms:
        return
    span = course.due_ms - course.since_ms
    if course.urgency is Urgency.URGENT and not course.attended:
        yield Event.UNATTENDED, course.since_ms + span // 2
    yield Event.WARNING, course.due_ms - span // 4
    yield Event.BREACH, course.due_ms


def passed(course: Course, now_ms: int) -> list[tuple[Event, int]]:
    """What of it should have been noted by now."""
    return [(event, at_ms) for event, at_ms in planned(course) if at_ms <= now_ms]
