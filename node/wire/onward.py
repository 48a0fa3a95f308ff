"""Messages of passing on <-> model."""

from __future__ import annotations

from node.acts.correcting.onward_desk import ShownOnward
from node.storage.onward import OnwardIn, OnwardOut
from node.v1 import operator_onward_pb2 as messages


def out_to_message(one: OnwardOut) -> messages.Onward:
    """Encode."""
    return messages.Onward(
        onward_id=one.onward_id.hex(),
        request_id=one.request_id.hex(),
        peer=one.owner,
        to=one.to,
        state=one.state.value,
        ms=one.made_ms,
        ended_ms=one.ended_ms,
        code=one.code,
    )


def in_to_message(one: OnwardIn) -> messages.Onward:
    """Encode."""
    return messages.Onward(
        onward_id=one.onward_id.hex(),
        request_id=one.request_id.hex(),
        peer=one.requester,
        to=one.to,
        state=one.state.value,
        ms=one.received_ms,
        ended_ms=one.ended_ms,
    )


def shown_to_message(shown: ShownOnward) -> messages.ShowOnwardResponse:
    """Encode."""
    decided = [
        messages.OnwardDecided(officer=one.officer, role=one.role, verdict=one.verdict.value, ms=one.ms)
        for one in shown.decisions
    ]
    return messages.ShowOnwardResponse(
        onward=in_to_message(shown.kept),
        document=shown.document,
        fields=shown.fields,
        decisions=decided,
        now_ms=shown.now_ms,
    )
