"""OperatorEpochsService: this node's epochs, and the rotation to the next one."""

from __future__ import annotations

from typing import Any

from node.acts.epochs.rotate import begin_rotation, cancel_rotation
from node.acts.epochs.show_epochs import ShownEpoch, show_epochs
from node.acts.runtime.node import Node
from node.services.gate import Call, Method
from node.v1 import operator_epochs_pb2 as messages
from node.wire.reading import short_text

MOST_REASON = 200


def epoch_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of a rotation."""

    async def listed(_request: messages.ListOwnEpochsRequest, _call: Call) -> messages.ListOwnEpochsResponse:
        at = node.rotation
        return messages.ListOwnEpochsResponse(
            epochs=[_message(each) for each in await show_epochs(node)],
            rotation=messages.RotationProgress(phase=at.phase.value, epoch=at.epoch, done=at.done, total=at.total),
        )

    async def rotate(request: messages.RotateEpochRequest, call: Call) -> messages.RotateEpochResponse:
        reason = short_text(request.reason, "reason", MOST_REASON)
        return messages.RotateEpochResponse(epoch=await begin_rotation(node, call.caller.name, reason))

    async def cancel(_request: messages.CancelRotationRequest, call: Call) -> messages.CancelRotationResponse:
        return messages.CancelRotationResponse(epoch=await cancel_rotation(node, call.caller.name))

    service = "/node.v1.OperatorEpochsService"
    return (
        Method(f"{service}/ListOwnEpochs", messages.ListOwnEpochsRequest, listed, most_bytes=256),
        Method(f"{service}/RotateEpoch", messages.RotateEpochRequest, rotate, most_bytes=2_048),
        Method(f"{service}/CancelRotation", messages.CancelRotationRequest, cancel, most_bytes=256),
    )


def _message(shown: ShownEpoch) -> messages.OwnEpoch:
    said = shown.statement
    return messages.OwnEpoch(
        epoch=said.epoch,
        state=shown.state,
        from_ms=said.from_ms,
        ask_until_ms=said.ask_until_ms,
        ends_ms=shown.ends_ms,
        public_key=said.public_key,
        statement_hash=shown.hash,
        key_erased=shown.state == "closed",
        audiences=[
            messages.EpochAudience(node_id=each.node_id, seq=each.seq, postings=each.postings, streams=each.streams)
            for each in shown.audiences
        ],
    )
