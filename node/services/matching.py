"""MatchingService: asks, and the stream of this node's index for the caller."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from node.acts.publishing.serve_index import serve_index
from node.acts.runtime.node import Node
from node.acts.runtime.peer import IndexItem, Opening
from node.acts.searching.answer_ask import answer_ask, answer_asks
from node.model.ask import MOST_ASKS, Ask
from node.model.batch import Delta, Links
from node.model.scope import Scope
from node.services.gate import STREAM_SECONDS, Call, Method, Shape
from node.v1 import matching_pb2
from node.wire import matching as wire


def matching_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of the matching contract."""

    async def ask(request: matching_pb2.AskRequest, call: Call) -> matching_pb2.AskResponse:
        return wire.answer_to_message(await answer_ask(node, wire.ask_from_message(request), call.caller))

    async def ask_many(request: matching_pb2.AskManyRequest, call: Call) -> matching_pb2.AskManyResponse:
        asks = wire.asks_from_message(request)
        answered = iter(await answer_asks(node, [ask for ask in asks if isinstance(ask, Ask)], call.caller))
        return wire.outcomes_to_message([next(answered) if isinstance(ask, Ask) else ask for ask in asks])

    async def subscribe(
        request: matching_pb2.SubscribeIndexRequest, call: Call
    ) -> AsyncIterator[matching_pb2.SubscribeIndexResponse]:
        scope = Scope(node.alliance, node.node_id, call.caller.name, request.epoch)
        position = wire.position_from_request(request)
        async for item in serve_index(node, call.caller, scope, position, call.seconds):
            yield _message(item, scope)

    service = "/node.v1.MatchingService"
    return (
        Method(f"{service}/Ask", matching_pb2.AskRequest, ask, most_bytes=16 * 1024),
        Method(f"{service}/AskMany", matching_pb2.AskManyRequest, ask_many, most_bytes=MOST_ASKS * 4 * 1024),
        Method(
            f"{service}/SubscribeIndex",
            matching_pb2.SubscribeIndexRequest,
            subscribe,
            Shape.SERVER_STREAM,
            most_bytes=256,
            most_seconds=STREAM_SECONDS,
        ),
    )


def _message(item: IndexItem, scope: Scope) -> matching_pb2.SubscribeIndexResponse:
    if isinstance(item, Opening):
        return wire.opening_to_message(scope, item.salt, item.snapshot)
    if isinstance(item, bytes):
        return matching_pb2.SubscribeIndexResponse(snapshot_chunk=item)
    if isinstance(item, Delta):
        return wire.delta_to_message(item)
    if isinstance(item, Links):
        return wire.links_to_message(item)
    return wire.head_to_message(item)
