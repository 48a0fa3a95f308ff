"""Count what looks like probing, and call the node's people where a threshold of the roster's policy is reached.

An alarm is an act, a warning in the log and a metric. It stays open until an auditor or an administrator has looked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import structlog
from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, between, record_act
from node.errors import Code
from node.model.alarm import AlarmKind, Measured
from node.observe import ALARMS, ALARMS_OPEN, KEPT_HITS
from node.policy.probing import (
    DAY_MS,
    TOO_FAST,
    TWO_HISTORIES,
    Counts,
    Watched,
    measure,
    night_start,
    owner_side,
    requester_side,
)
from node.storage import alarms, ask_counts, requests_out, search_marks

_log = structlog.get_logger("alarms")
_REFUSING = (ActKind.INDEX_REFUSED, ActKind.ROSTER_REFUSED)


async def watch_probing(node: Node) -> None:
    """One look at everything that is counted."""
    now = node.clock.now_ms()
    for measured in await node.read(_news, node, now):
        number = await node.write(raise_alarm, node, measured, now)
        concern = measured.concern
        if number is not None:
            ALARMS.labels(concern.peer or node.node_id, concern.kind.value).inc()
            # Who it is stands in the alarm alone.
            _log.warning("alarm", alarm=number, kind=concern.kind.value, peer=concern.peer, number=measured.number)
    await show_alarms(node)


async def show_alarms(node: Node) -> None:
    """Bring the metrics up to date."""
    opened = await node.read(alarms.open_by_kind)
    for kind in AlarmKind:
        ALARMS_OPEN.labels(kind.value).set(opened.get(kind, 0))
    for owner, hits in (await node.read(ask_counts.hits_by_owner)).items():
        KEPT_HITS.labels(owner).set(hits)


def _news(connection: Connection, node: Node, now: int) -> list[Measured]:
    """What has reached its threshold, but for open alarms that have not grown."""
    rules = node.policy.alarms
    window = rules.window_seconds * 1000
    seen = search_marks.since(connection, node.sealer, now - window)
    watched = [
        *owner_side(connection, rules, now),
        *requester_side(seen, rules, now),
        *both_sides(connection, rules.budget_refusals, now, window),
        *after_hits(connection, rules.empty_requests, now, window),
    ]
    since = min(now - max(window, DAY_MS), night_start(now, rules))
    found = measure(watched, alarms.acknowledged_since(connection, since))
    known = alarms.open_numbers(connection)
    return [each for each in found if each.number > known.get(each.concern, 0)]


def both_sides(connection: Connection, refusals: int, now: int, window: int) -> Iterator[Watched]:
    """What the acts tell: of words that contradict each other, of epochs without end, of budgets that are spent."""

    def refused(codes: frozenset[str]) -> Callable[[int, int], Counts]:
        def counter(start: int, end: int) -> Counts:
            found = (act for kind in _REFUSING for act in between(connection, kind, start, end))
            return Counter((act.peer, "") for act in found if act.detail.get("code") in codes)

        return counter

    def spent_here(start: int, end: int) -> Counts:
        found = between(connection, ActKind.REFUSAL, start, end, containing=Code.BUDGET_SPENT.value)
        return Counter((act.peer, "") for act in found if act.detail.get("code") == Code.BUDGET_SPENT.value)

    def spent_there(start: int, end: int) -> Counts:
        found = between(connection, ActKind.SEARCH, start, end, containing=Code.BUDGET_SPENT.value)
        failed = (each for act in found for each in str(act.detail.get("failed", "")).split())
        suffix = f":{Code.BUDGET_SPENT.value}"
        return Counter((each.removesuffix(suffix), "") for each in failed if each.endswith(suffix))

    until, day = now + 1, now - DAY_MS
    yield Watched(AlarmKind.EQUIVOCATION, now - window, until, refused(TWO_HISTORIES), lambda _peer: 1)
    yield Watched(AlarmKind.EPOCHS, now - window, until, refused(TOO_FAST), lambda _peer: 1)
    yield Watched(AlarmKind.BUDGET_HERE, day, until, spent_here, lambda _peer: refusals)
    yield Watched(AlarmKind.BUDGET_THERE, day, until, spent_there, lambda _peer: refusals)


def after_hits(connection: Connection, empty: int, now: int, window: int) -> Iterator[Watched]:
    """What disclosures tell: of proofs that no honest node makes, and of an owner whose hits lead to nothing."""

    def forged(start: int, end: int) -> Counts:
        found = between(connection, ActKind.LETTER_REFUSED, start, end, containing=Code.PROOF_OF_MATCH.value)
        return Counter((act.peer, "") for act in found if act.detail.get("code") == Code.PROOF_OF_MATCH.value)

    def for_nothing(start: int, end: int) -> Counts:
        return {(owner, ""): number for owner, number in requests_out.ended_empty(connection, start, end).items()}

    yield Watched(AlarmKind.FORGED_PROOF, now - DAY_MS, now + 1, forged, lambda _peer: 1)
    yield Watched(AlarmKind.NEVER_GIVEN, now - window, now + 1, for_nothing, lambda _peer: empty)


def raise_alarm(connection: Connection, node: Node, measured: Measured, now: int) -> int | None:
    """Raise an alarm with its act, in the caller's transaction; None if one is open for this concern."""
    number = alarms.raise_alarm(connection, measured, now)
    if number is not None:
        concern = measured.concern
        detail: Detail = {
            "alarm": number,
            "kind": concern.kind.value,
            "officer": concern.officer,
            "number": measured.number,
            "threshold": measured.threshold,
        }
        record_act(connection, ActKind.ALARM_RAISED, node.node_id, concern.peer, now, detail)
    return number
