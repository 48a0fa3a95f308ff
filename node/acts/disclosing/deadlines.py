"""Deadlines at both ends: what time has brought is noted once, each with its act; what is past its time ends.

An event is known by the request, its kind and when it was due, so that neither a restart nor a clock that jumps and
comes back loses or doubles one. While the clock is doubtful nothing is noted, and nothing ends.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from node.acts.courier.queue import post
from node.acts.runtime.clock_doubt import clock_doubtful
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.deadlines import Course, passed
from node.exchange.disclosure_states import InEvent, OutEvent, moved_in, moved_out
from node.model.courier import Kind, Letter
from node.model.disclosure import Event, InState
from node.observe import DISCLOSURES_CALLED, DISCLOSURES_OPEN
from node.storage import request_events, requests_in, requests_out
from node.storage.request_events import OpenRequest, Side

_log = structlog.get_logger("disclosures")


async def watch_deadlines(node: Node) -> None:
    """Note what is due by now at both ends, and end what is past its time."""
    if clock_doubtful(node):
        return
    now = node.clock.now_ms()
    # Most turns find nothing: those must not cost the writer a commit.
    if await node.read(_anything_due, now):
        await node.write(_note_all, node, now)
    for side, standing in (await node.read(calls)).items():
        DISCLOSURES_OPEN.labels(side.value).set(standing.open)
        DISCLOSURES_CALLED.labels(side.value).set(standing.called)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many requests are open at one end, and how many of them call for the duty desk."""

    open: int
    called: int


def calls(connection: Connection) -> dict[Side, Standing]:
    """The open requests of both ends, in numbers."""
    found = {side: [one for one in _open(connection) if one.side is side] for side in Side}
    events = request_events.events_of_open(connection)
    called = {place for place, noted in events.items() if any(one.event.calls_duty_desk for one in noted)}
    return {
        side: Standing(len(ones), sum((one.request_id, side) in called for one in ones)) for side, ones in found.items()
    }


def _open(connection: Connection) -> list[OpenRequest]:
    return request_events.open_requests(connection)


def _anything_due(connection: Connection, now: int) -> bool:
    """Whether something of any open request is to be noted, or one is to end."""
    events = request_events.events_of_open(connection)

    def due(one: OpenRequest) -> bool:
        known = {(noted.event, noted.at_ms) for noted in events.get((one.request_id, one.side), ())}
        return one.expires_ms <= now or bool(set(passed(_course(one), now)) - known)

    return any(map(due, _open(connection)))


def _course(one: OpenRequest) -> Course:
    return Course(one.urgency, one.since_ms, one.due_ms, one.attended)


def _note_all(connection: Connection, node: Node, now: int) -> None:
    for one in _open(connection):
        for event, at_ms in passed(_course(one), now):
            if _note(connection, node, one, event, at_ms, node.node_id) and event is Event.UNATTENDED:
                _tell(connection, node, one, now)
        if one.expires_ms <= now:
            _expire(connection, node, one, now)


def _note(connection: Connection, node: Node, one: OpenRequest, event: Event, at_ms: int, actor: str) -> bool:
    now = node.clock.now_ms()
    if not request_events.note(connection, one.request_id, one.side, event, at_ms, now):
        return False
    detail: Detail = {"request": one.digest.hex(), "event": event.value}
    record_act(connection, ActKind.DISCLOSURE_EVENT, actor, one.peer, now, detail)
    level = _log.warning if event.calls_duty_desk else _log.info
    level("disclosure", happened=event.value, peer=one.peer, side=one.side.value)
    return True


def _expire(connection: Connection, node: Node, one: OpenRequest, now: int) -> None:
    if isinstance(one.state, InState):
        requests_in.set_state(connection, one.request_id, moved_in(one.state, InEvent.EXPIRY), now)
    else:
        requests_out.change(connection, one.request_id, moved_out(one.state, OutEvent.EXPIRY), ended_ms=now)
    detail: Detail = {"request": one.digest.hex()}
    record_act(connection, ActKind.DISCLOSURE_EXPIRED, node.node_id, one.peer, now, detail)


def _tell(connection: Connection, node: Node, one: OpenRequest, now: int) -> None:
    """Let the other side's duty desk know."""
    said = json.dumps({"request": one.digest.hex()}).encode()
    post(connection, node, one.peer, one.request_id, Kind.DISCLOSURE_ESCALATION, said, now)


async def escalate(node: Node, beginning: str, officer: str) -> str:
    """Call the duty desks of both sides, from either; returns the other node.

    Raises REQUEST_UNKNOWN, REQUEST_STATE once it is decided, INPUT_INVALID if several requests begin so.
    """

    def call(connection: Connection) -> str:
        one, now = _open_request(connection, beginning), node.clock.now_ms()
        _note(connection, node, one, Event.ESCALATED, now, officer)
        _tell(connection, node, one, now)
        return one.peer

    return await node.write(call)


def take_escalation(connection: Connection, node: Node, letter: Letter) -> None:
    """The other side has called. What is decided meanwhile is left alone."""
    found = [one for one in _open(connection) if one.request_id == letter.conversation and one.peer == letter.sender]
    for one in found:
        _note(connection, node, one, Event.ESCALATED_THERE, letter.ms, letter.sender)


def _open_request(connection: Connection, beginning: str) -> OpenRequest:
    """The open request whose id begins so, at whichever end this node is."""
    found = [one for one in _open(connection) if one.request_id.hex().startswith(beginning)]
    if len(found) == 1:
        return found[0]
    if found:
        raise LancangError(Code.INPUT_INVALID, "several requests begin so", remedy="Give more of the id.")
    known = requests_out.begins(connection, beginning) or requests_in.begins(connection, beginning)
    raise LancangError(Code.REQUEST_STATE, "it is decided") if known else LancangError(Code.REQUEST_UNKNOWN)
