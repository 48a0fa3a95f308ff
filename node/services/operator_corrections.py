"""OperatorCorrectionsService: what was corrected here and is outstanding, and what came."""

from __future__ import annotations

from typing import Any

from node.acts.correcting.show import list_corrections
from node.acts.runtime.node import Node
from node.services.gate import Call, Method
from node.v1 import operator_corrections_pb2 as messages
from node.wire.corrections import listed_to_message


def correction_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of corrections."""

    async def listed(request: messages.ListCorrectionsRequest, _call: Call) -> messages.ListCorrectionsResponse:
        return listed_to_message(await list_corrections(node, every=request.every))

    service = "/node.v1.OperatorCorrectionsService"
    return (Method(f"{service}/ListCorrections", messages.ListCorrectionsRequest, listed, most_bytes=256),)
