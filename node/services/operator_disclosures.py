"""OperatorDisclosuresService: requests of this node's officers, and the desk where its records are asked for."""

from __future__ import annotations

from itertools import starmap
from typing import Any

from node.acts.correcting.show import look_at, newest_corrections
from node.acts.disclosing.deadlines import escalate
from node.acts.disclosing.desk import decide, list_inbox, show_request, take_on
from node.acts.disclosing.read import list_requests, read_disclosure, show_own_request, withdraw_request
from node.acts.disclosing.request import request_disclosure
from node.acts.runtime.node import Node
from node.exchange.decision import verify_decision
from node.services.gate import Call, Method
from node.v1 import operator_disclosures_pb2 as messages
from node.wire import disclosures as wire

MOST_REQUEST_BYTES = 16 * 1024
MOST_DECISION_BYTES = 16 * 1024


def disclosure_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of disclosures."""
    service = "/node.v1.OperatorDisclosuresService"
    return (*_requester(node, service), *_desk(node, service))


def _requester(node: Node, service: str) -> tuple[Method[Any], ...]:
    async def requested(request: messages.RequestDisclosureRequest, call: Call) -> messages.RequestDisclosureResponse:
        made = await request_disclosure(node, wire.wanted_from_message(request), call.caller.name)
        return messages.RequestDisclosureResponse(disclosure=wire.disclosure_to_message(made))

    async def listed(_: messages.ListDisclosuresRequest, _call: Call) -> messages.ListDisclosuresResponse:
        found = await list_requests(node)
        newest = await newest_corrections(node, [each for each, _ in found])
        shown = [
            wire.with_correction(wire.disclosure_to_message(each, events), newest.get(each.request_id))
            for each, events in found
        ]
        return messages.ListDisclosuresResponse(disclosures=shown)

    async def shown(request: messages.ShowDisclosureRequest, _call: Call) -> messages.ShowDisclosureResponse:
        found, events = await show_own_request(node, wire.beginning(request.request_id))
        response = wire.own_request_to_message(found, events)
        wire.with_correction(response.disclosure, await look_at(node, found))
        return response

    async def read(request: messages.ReadDisclosureRequest, call: Call) -> messages.ReadDisclosureResponse:
        found, disclosed = await read_disclosure(node, wire.beginning(request.request_id), call.caller.name)
        response = wire.disclosed_to_message(found, disclosed)
        wire.with_correction(response.disclosure, await look_at(node, found))
        return response

    async def withdrawn(request: messages.WithdrawDisclosureRequest, call: Call) -> messages.WithdrawDisclosureResponse:
        found = await withdraw_request(node, wire.beginning(request.request_id), call.caller.name)
        return messages.WithdrawDisclosureResponse(disclosure=wire.disclosure_to_message(found))

    async def escalated(request: messages.EscalateDisclosureRequest, call: Call) -> messages.EscalateDisclosureResponse:
        peer = await escalate(node, wire.beginning(request.request_id), call.caller.name)
        return messages.EscalateDisclosureResponse(peer=peer)

    return (
        Method(f"{service}/EscalateDisclosure", messages.EscalateDisclosureRequest, escalated, most_bytes=256),
        Method(
            f"{service}/RequestDisclosure",
            messages.RequestDisclosureRequest,
            requested,
            most_bytes=MOST_REQUEST_BYTES,
        ),
        Method(f"{service}/ListDisclosures", messages.ListDisclosuresRequest, listed, most_bytes=256),
        Method(f"{service}/ShowDisclosure", messages.ShowDisclosureRequest, shown, most_bytes=256),
        Method(f"{service}/ReadDisclosure", messages.ReadDisclosureRequest, read, most_bytes=256),
        Method(f"{service}/WithdrawDisclosure", messages.WithdrawDisclosureRequest, withdrawn, most_bytes=256),
    )


def _desk(node: Node, service: str) -> tuple[Method[Any], ...]:
    async def inbox(request: messages.ListInboxRequest, _call: Call) -> messages.ListInboxResponse:
        found = await list_inbox(node, every=request.every)
        return messages.ListInboxResponse(entries=starmap(wire.entry_to_message, found))

    async def shown(request: messages.ShowInboxEntryRequest, call: Call) -> messages.ShowInboxEntryResponse:
        return wire.shown_to_message(await show_request(node, wire.beginning(request.request_id), call.caller.name))

    async def taken(request: messages.TakeInboxEntryRequest, call: Call) -> messages.TakeInboxEntryResponse:
        found = await take_on(node, wire.beginning(request.request_id), call.caller.name)
        return messages.TakeInboxEntryResponse(entry=wire.entry_to_message(found))

    async def decided(request: messages.DecideInboxEntryRequest, call: Call) -> messages.DecideInboxEntryResponse:
        # The certificate is that of the call itself: nobody decides in another's name.
        signed = verify_decision(request.document, request.signature, call.leaf)
        return messages.DecideInboxEntryResponse(entry=wire.entry_to_message(await decide(node, signed, call.caller)))

    return (
        Method(f"{service}/ListInbox", messages.ListInboxRequest, inbox, most_bytes=256),
        Method(f"{service}/ShowInboxEntry", messages.ShowInboxEntryRequest, shown, most_bytes=256),
        Method(f"{service}/TakeInboxEntry", messages.TakeInboxEntryRequest, taken, most_bytes=256),
        Method(
            f"{service}/DecideInboxEntry",
            messages.DecideInboxEntryRequest,
            decided,
            most_bytes=MOST_DECISION_BYTES,
        ),
    )
