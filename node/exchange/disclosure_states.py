"""How a disclosure request moves, at its owner and at its requester: two tables, and the question asked of them.

docs/disclosure.md draws them; a test compares the drawing with the tables.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from node.errors import Code, LancangError
from node.model.disclosure import IN_OPEN, OUT_OPEN, InState, OutState


class InEvent(StrEnum):
    """What happens to a request at its owner."""

    CONFIRMATION = "an officer confirms the person"
    FIRST_APPROVAL = "one officer approves"
    SECOND_APPROVAL = "the other officer approves the same"
    REFUSAL = "an officer refuses"
    WITHDRAWAL = "the requester withdraws"
    READING = "the requester's receipt arrives"
    EXPIRY = "its time is over"


class OutEvent(StrEnum):
    """What happens to a request at its requester."""

    TAKEN = "the owner has it"
    CONFIRMATION = "the owner confirms the person"
    REJECTION = "the owner's node rejects it"
    REFUSAL = "the owner refuses"
    REPLY = "the owner gives"
    READING = "an officer reads"
    ERASURE = "the retention date is past"
    CORRECTED_AWAY = "the owner erases the record"
    WITHDRAWAL = "an officer withdraws"
    EXPIRY = "its time is over"


IN_MOVES: Final[dict[tuple[InState, InEvent], InState]] = {
    (InState.RECEIVED, InEvent.CONFIRMATION): InState.CONFIRMED,
    (InState.RECEIVED, InEvent.FIRST_APPROVAL): InState.APPROVED_ONCE,
    (InState.CONFIRMED, InEvent.FIRST_APPROVAL): InState.APPROVED_ONCE,
    # An officer may approve anew, with other fields or conditions, as long as the other one has not.
    (InState.APPROVED_ONCE, InEvent.FIRST_APPROVAL): InState.APPROVED_ONCE,
    (InState.APPROVED_ONCE, InEvent.SECOND_APPROVAL): InState.DISCLOSED,
    **{(state, InEvent.REFUSAL): InState.REFUSED for state in IN_OPEN},
    **{(state, InEvent.WITHDRAWAL): InState.WITHDRAWN for state in IN_OPEN},
    **{(state, InEvent.EXPIRY): InState.EXPIRED for state in IN_OPEN},
    (InState.DISCLOSED, InEvent.READING): InState.READ,
}

OUT_MOVES: Final[dict[tuple[OutState, OutEvent], OutState]] = {
    (OutState.SENT, OutEvent.TAKEN): OutState.TAKEN,
    (OutState.SENT, OutEvent.REJECTION): OutState.REJECTED,
    (OutState.SENT, OutEvent.CONFIRMATION): OutState.CONFIRMED,
    (OutState.TAKEN, OutEvent.CONFIRMATION): OutState.CONFIRMED,
    **{(state, OutEvent.REFUSAL): OutState.REFUSED for state in OUT_OPEN},
    **{(state, OutEvent.REPLY): OutState.DISCLOSED for state in OUT_OPEN},
    **{(state, OutEvent.WITHDRAWAL): OutState.WITHDRAWN for state in OUT_OPEN},
    **{(state, OutEvent.EXPIRY): OutState.EXPIRED for state in OUT_OPEN},
    (OutState.DISCLOSED, OutEvent.READING): OutState.READ,
    (OutState.READ, OutEvent.READING): OutState.READ,
    (OutState.DISCLOSED, OutEvent.ERASURE): OutState.ERASED,
    (OutState.READ, OutEvent.ERASURE): OutState.ERASED,
    (OutState.DISCLOSED, OutEvent.CORRECTED_AWAY): OutState.ERASED,
    (OutState.READ, OutEvent.CORRECTED_AWAY): OutState.ERASED,
}


def moved_in(state: InState, event: InEvent) -> InState:
    """The state at the owner after an event. Raises LancangError REQUEST_STATE."""
    after = IN_MOVES.get((state, event))
    if after is None:
        raise LancangError(Code.REQUEST_STATE, f"it is {state.value}")
    return after


def moved_out(state: OutState, event: OutEvent) -> OutState:
    """The state at the requester after an event. Raises LancangError REQUEST_STATE."""
    after = OUT_MOVES.get((state, event))
    if after is None:
        raise LancangError(Code.REQUEST_STATE, f"it is {state.value}")
    return after


def may_in(state: InState, event: InEvent) -> bool:
    """Whether an event changes anything at the owner: what comes too late is passed over."""
    return (state, event) in IN_MOVES


def may_out(state: OutState, event: OutEvent) -> bool:
    """Whether an event changes anything at the requester."""
    return (state, event) in OUT_MOVES


def mermaid(moves: dict[tuple[InState, InEvent], InState] | dict[tuple[OutState, OutEvent], OutState]) -> str:
    """The drawing of a table, for docs/disclosure.md."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {_name(state)} --> {_name(after)}: {event.value}" for (state, event), after in moves.items()]
    return "\n".join(lines)


def _name(state: InState | OutState) -> str:
    return state.value.replace("-", "_")
