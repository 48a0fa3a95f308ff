"""OperatorExclusionsService: keep a subject and a record apart, list who is kept apart, take it back."""

from __future__ import annotations

from typing import Any

from node.acts.correcting.exclude import exclude_asked, exclude_hit, list_exclusions, remove_exclusion
from node.acts.runtime.node import Node
from node.services.gate import Call, Method
from node.v1 import operator_exclusions_pb2 as messages
from node.wire import exclusions as wire
from node.wire.disclosures import beginning as request_beginning

MOST_BYTES = 4 * 1024


def exclusion_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of exclusions."""

    async def added(request: messages.AddExclusionRequest, call: Call) -> messages.AddExclusionResponse:
        hit_id, why, officer = wire.hit_from_message(request), wire.why_from_message(request), call.caller.name
        if hit_id is not None:
            made = await exclude_hit(node, hit_id, why, officer)
        else:
            made = await exclude_asked(node, request.record_id, request_beginning(request.request_id), why, officer)
        return messages.AddExclusionResponse(exclusion=wire.exclusion_to_message(made))

    async def listed(request: messages.ListExclusionsRequest, _call: Call) -> messages.ListExclusionsResponse:
        found = await list_exclusions(node, every=request.every)
        return messages.ListExclusionsResponse(exclusions=map(wire.exclusion_to_message, found))

    async def removed(request: messages.RemoveExclusionRequest, call: Call) -> messages.RemoveExclusionResponse:
        found = await remove_exclusion(node, wire.beginning(request.exclusion_id), request.reason, call.caller.name)
        return messages.RemoveExclusionResponse(exclusion=wire.exclusion_to_message(found))

    service = "/node.v1.OperatorExclusionsService"
    return (
        Method(f"{service}/AddExclusion", messages.AddExclusionRequest, added, most_bytes=MOST_BYTES),
        Method(f"{service}/ListExclusions", messages.ListExclusionsRequest, listed, most_bytes=256),
        Method(f"{service}/RemoveExclusion", messages.RemoveExclusionRequest, removed, most_bytes=MOST_BYTES),
    )
