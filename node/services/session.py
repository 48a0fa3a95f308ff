"""SessionService: who am I, and which epochs have I opened."""

from __future__ import annotations

from typing import Any

from node.acts.membership.greet import greet, list_epochs
from node.acts.membership.roster_in_force import roster_of_version
from node.acts.runtime.node import Node
from node.model.session import MOST_EPOCHS
from node.services.gate import Call, Method
from node.v1 import session_pb2
from node.wire.reading import exact
from node.wire.session import check_hello, epoch_to_message, greeting_to_message


def session_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of the session contract."""

    async def hello(request: session_pb2.HelloRequest, call: Call) -> session_pb2.HelloResponse:
        check_hello(request)
        roster_hash = exact(request.roster_hash, "roster_hash", 32)
        greeting = await greet(
            node, call.caller, request.roster_version, roster_hash, own_epochs_from=request.own_epochs_from
        )
        return greeting_to_message(greeting)

    async def epochs(request: session_pb2.ListEpochsRequest, call: Call) -> session_pb2.ListEpochsResponse:
        signed = await list_epochs(node, request.from_epoch)
        return session_pb2.ListEpochsResponse(epochs=[epoch_to_message(epoch) for epoch in signed[:MOST_EPOCHS]])

    async def fetch(request: session_pb2.FetchRosterRequest, _call: Call) -> session_pb2.FetchRosterResponse:
        return session_pb2.FetchRosterResponse(signed_roster=await roster_of_version(node, request.version))

    service = "/node.v1.SessionService"
    return (
        Method(f"{service}/Hello", session_pb2.HelloRequest, hello, most_bytes=8_192),
        Method(f"{service}/ListEpochs", session_pb2.ListEpochsRequest, epochs, most_bytes=256),
        Method(f"{service}/FetchRoster", session_pb2.FetchRosterRequest, fetch, most_bytes=256),
    )
