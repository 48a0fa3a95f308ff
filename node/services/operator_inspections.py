"""OperatorInspectionsService: an auditor draws asks at their owner, and opens them at their requester."""

from __future__ import annotations

from typing import Any

from node.acts.inspecting.draw_asks import draw_asks, named_inspector
from node.acts.inspecting.open_asks import Opened, open_asks
from node.acts.runtime.node import Node
from node.crypto.sealing import KEY_BYTES
from node.errors import Code, LancangError
from node.exchange.inspection import LONGEST_SEED
from node.model.inspection import DrawTerms
from node.services.gate import Call, Method
from node.v1 import operator_inspections_pb2 as messages
from node.wire.operator import named_node
from node.wire.reading import moment, short_text

MOST_DRAW_BYTES = (4 << 20) - 4_096


def inspection_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of an inspection."""

    async def drawn(request: messages.DrawAsksRequest, call: Call) -> messages.DrawAsksResponse:
        terms = DrawTerms(
            requester=named_node(request.requester, "peer"),
            officer=short_text(request.officer, "officer", 64),
            from_ms=moment(request.from_ms, "from"),
            until_ms=moment(request.until_ms, "until"),
            count=request.count,
            seed=request.seed,
            inspector=named_inspector(node.policy, request.inspector),
        )
        return messages.DrawAsksResponse(draw=await draw_asks(node, terms, call.caller.name))

    async def opened(request: messages.OpenAsksRequest, call: Call) -> messages.OpenAsksResponse:
        key = request.inspector_key
        if len(key) not in (0, KEY_BYTES):
            raise LancangError(Code.INPUT_INVALID, f"inspector: a key has {KEY_BYTES} bytes")
        how = Opened(key or None, request.own, request.refuse)
        opening = await open_asks(node, request.draw, how, call.caller.name)
        return messages.OpenAsksResponse(opening=opening)

    service = "/node.v1.OperatorInspectionsService"
    return (
        Method(f"{service}/DrawAsks", messages.DrawAsksRequest, drawn, most_bytes=LONGEST_SEED * 4 + 1_024),
        Method(f"{service}/OpenAsks", messages.OpenAsksRequest, opened, most_bytes=MOST_DRAW_BYTES),
    )
