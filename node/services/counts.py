"""CountsService for observers, and OperatorCountsService for their officers."""

from __future__ import annotations

from typing import Any

from node.acts.oversight.counts import all_counts, own_counts
from node.acts.runtime.node import Node
from node.services.gate import Call, Method
from node.v1 import counts_pb2
from node.v1 import operator_counts_pb2 as messages
from node.wire import counts as wire


def counts_methods(node: Node) -> tuple[Method[Any], ...]:
    """What observers may call."""

    async def counted(request: counts_pb2.GetCountsRequest, _call: Call) -> counts_pb2.GetCountsResponse:
        return counts_pb2.GetCountsResponse(cells=wire.cells_to_messages(await own_counts(node, request.month)))

    return (Method("/node.v1.CountsService/GetCounts", counts_pb2.GetCountsRequest, counted, most_bytes=64),)


def operator_counts_methods(node: Node) -> tuple[Method[Any], ...]:
    """What an observer's officers call."""

    async def collected(request: messages.CollectCountsRequest, _call: Call) -> messages.CollectCountsResponse:
        told, missing = await all_counts(node, request.month)
        return messages.CollectCountsResponse(
            owners=[messages.OwnerCounts(owner=each.owner, cells=wire.cells_to_messages(each)) for each in told],
            missing=[messages.MissingCounts(node=each.node_id, code=each.code, reason=each.reason) for each in missing],
        )

    service = "/node.v1.OperatorCountsService"
    return (Method(f"{service}/CollectCounts", messages.CollectCountsRequest, collected, most_bytes=64),)
