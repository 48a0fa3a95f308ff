"""OperatorService, searching: one subject, or many of them over one stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from node.acts.runtime.node import Node
from node.acts.searching.search import SearchOrder, Subject, search
from node.errors import Code, LancangError
from node.services.gate import STREAM_SECONDS, Call, Method, Shape
from node.services.many_searches import ManySearches
from node.v1 import operator_pb2
from node.wire.operator import line_bytes, result_to_message, search_terms
from node.wire.people import query_from_line

# How long the search of an officer who waits for it waits for one peer.
ONE_SECONDS = 10.0


def search_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods an analyst searches with."""

    async def one(request: operator_pb2.SearchRequest, call: Call) -> operator_pb2.SearchResponse:
        purpose, case, peers = search_terms(request.purpose, request.case_number, list(request.peers))
        subject = Subject(*query_from_line(line_bytes(request.query)))
        order = SearchOrder(purpose, case, peers, call.caller.name)
        return operator_pb2.SearchResponse(
            result=result_to_message(await search(node, order, subject, _for_peers(call)))
        )

    async def search_many(
        requests: AsyncIterator[operator_pb2.SearchManyRequest], call: Call
    ) -> AsyncIterator[operator_pb2.SearchManyResponse]:
        header = await anext(requests, None)
        if header is None or header.WhichOneof("message") != "header":
            raise LancangError(Code.INPUT_INVALID, "the first message is the header")
        terms = search_terms(header.header.purpose, header.header.case_number, list(header.header.peers))
        many = ManySearches(node, SearchOrder(*terms, call.caller.name))
        async with aclosing(many.answers(requests)) as answers:
            async for answer in answers:
                yield answer

    service = "/node.v1.OperatorService"
    return (
        Method(f"{service}/Search", operator_pb2.SearchRequest, one, most_bytes=80 * 1024),
        Method(
            f"{service}/SearchMany",
            operator_pb2.SearchManyRequest,
            search_many,
            Shape.BOTH_STREAM,
            most_bytes=80 * 1024,
            most_seconds=STREAM_SECONDS * 16,
        ),
    )


def _for_peers(call: Call) -> float:
    """How long to wait for peers: a silent one must become an answer before the officer's own wait ends."""
    return min(ONE_SECONDS, call.seconds - min(1.0, call.seconds / 4))
