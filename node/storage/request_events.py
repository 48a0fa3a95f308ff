"""Open requests at both ends by their times, and what happened to them: each event once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, insert, select

from node.model.disclosure import IN_OPEN, OUT_OPEN, Event, InState, Noted, OutState, Urgency
from node.storage.schema_disclosures import request_event, request_in, request_out


class Side(StrEnum):
    """Which end this node is of a request."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """An open request without what is sealed of it. peer: the other node; attended: an officer has taken it on.

    since_ms: from when its time runs: the owner's receipt, or when it was made; due_ms: 0 before the owner has it.
    """

    request_id: bytes
    side: Side
    peer: str
    digest: bytes
    urgency: Urgency
    state: InState | OutState
    since_ms: int
    due_ms: int
    expires_ms: int
    attended: bool


def open_requests(connection: Connection) -> list[OpenRequest]:
    """Every open request, at either end."""
    incoming = connection.execute(select(request_in).where(request_in.c.state.in_(state.value for state in IN_OPEN)))
    outgoing = connection.execute(select(request_out).where(request_out.c.state.in_(state.value for state in OUT_OPEN)))
    return [
        *(
            OpenRequest(
                row.request_id, Side.IN, row.requester, row.digest, Urgency(row.urgency), InState(row.state),
                row.received_ms, row.due_ms, row.expires_ms, bool(row.holder),
            )
            for row in incoming
        ),
        *(
            OpenRequest(
                row.request_id, Side.OUT, row.owner, row.digest, Urgency(row.urgency), OutState(row.state),
                row.made_ms, row.due_ms, row.expires_ms, attended=True,
            )
            for row in outgoing
        ),
    ]  # fmt: skip


def events_of_open(connection: Connection) -> dict[tuple[bytes, Side], list[Noted]]:
    """The events of every open request at once: whoever looks every few seconds asks but this."""
    incoming = select(request_in.c.request_id).where(request_in.c.state.in_([state.value for state in IN_OPEN]))
    outgoing = select(request_out.c.request_id).where(request_out.c.state.in_([state.value for state in OUT_OPEN]))
    found: dict[tuple[bytes, Side], list[Noted]] = {}
    of_open = request_event.c.request_id.in_(incoming) | request_event.c.request_id.in_(outgoing)
    for row in connection.execute(select(request_event).where(of_open)):
        found.setdefault((row.request_id, Side(row.side)), []).append(Noted(Event(row.event), row.at_ms, row.ms))
    return found


def note(connection: Connection, request_id: bytes, side: Side, event: Event, at_ms: int, ms: int) -> bool:
    """Note an event. Returns whether it is new."""
    if any((one.event, one.at_ms) == (event, at_ms) for one in events_of(connection, request_id, side)):
        return False
    values = {"request_id": request_id, "side": side.value, "event": event.value, "at_ms": at_ms, "ms": ms}
    connection.execute(insert(request_event).values(values))
    return True


def events_of(connection: Connection, request_id: bytes, side: Side) -> list[Noted]:
    """The events of a request, in the order in which they were due."""
    query = select(request_event).where(request_event.c.request_id == request_id, request_event.c.side == side.value)
    found = connection.execute(query.order_by(request_event.c.at_ms, request_event.c.ms))
    return [Noted(Event(row.event), row.at_ms, row.ms) for row in found]
