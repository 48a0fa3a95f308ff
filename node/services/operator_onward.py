"""OperatorOnwardService: ask to pass on what was given, and decide on it at its owner."""

from __future__ import annotations

from typing import Any

from node.acts.correcting.ask_onward import ask_onward, onward_of
from node.acts.correcting.onward_desk import decide_onward, list_onward, show_onward
from node.acts.runtime.node import Node
from node.exchange.onward import verify_onward_decision
from node.services.gate import Call, Method
from node.v1 import operator_onward_pb2 as messages
from node.wire import onward as wire
from node.wire.disclosures import beginning

MOST_BYTES = 16 * 1024


def onward_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of passing on."""

    async def asked(request: messages.AskOnwardRequest, call: Call) -> messages.AskOnwardResponse:
        made = await ask_onward(node, beginning(request.request_id), request.to, request.reason, call.caller.name)
        return messages.AskOnwardResponse(onward=wire.out_to_message(made))

    async def listed(request: messages.ListOnwardRequest, _call: Call) -> messages.ListOnwardResponse:
        asked_here = await onward_of(node, beginning(request.request_id)) if request.request_id else []
        came = [] if request.request_id else await list_onward(node, every=request.every)
        return messages.ListOnwardResponse(
            asked=map(wire.out_to_message, asked_here), came=map(wire.in_to_message, came)
        )

    async def shown(request: messages.ShowOnwardRequest, _call: Call) -> messages.ShowOnwardResponse:
        return wire.shown_to_message(await show_onward(node, beginning(request.onward_id)))

    async def decided(request: messages.DecideOnwardRequest, call: Call) -> messages.DecideOnwardResponse:
        # The certificate is that of the call itself: nobody decides in another's name.
        signed = verify_onward_decision(request.document, request.signature, call.leaf)
        return messages.DecideOnwardResponse(onward=wire.in_to_message(await decide_onward(node, signed, call.caller)))

    service = "/node.v1.OperatorOnwardService"
    return (
        Method(f"{service}/AskOnward", messages.AskOnwardRequest, asked, most_bytes=MOST_BYTES),
        Method(f"{service}/ListOnward", messages.ListOnwardRequest, listed, most_bytes=256),
        Method(f"{service}/ShowOnward", messages.ShowOnwardRequest, shown, most_bytes=256),
        Method(f"{service}/DecideOnward", messages.DecideOnwardRequest, decided, most_bytes=MOST_BYTES),
    )
