"""CourierService: letters from other members."""

from __future__ import annotations

from typing import Any

from node.acts.courier.receive import receive_letters
from node.acts.runtime.node import Node
from node.model.courier import MOST_BODY_BYTES, MOST_CALL_BYTES, MOST_LETTERS
from node.services.gate import Call, Method
from node.v1 import courier_pb2
from node.wire import courier as wire

# Ids, names and signatures of a letter stay below this.
_AROUND_BODY = 1024


def courier_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of the courier contract."""

    async def deliver(request: courier_pb2.DeliverRequest, call: Call) -> courier_pb2.DeliverResponse:
        letters = wire.letters_from_message(request)
        return wire.outcomes_to_message(await receive_letters(node, letters, call.caller))

    return (
        Method(
            "/node.v1.CourierService/Deliver",
            courier_pb2.DeliverRequest,
            deliver,
            most_bytes=max(MOST_CALL_BYTES, MOST_BODY_BYTES) + MOST_LETTERS * _AROUND_BODY,
        ),
    )
