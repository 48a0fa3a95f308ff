"""OperatorService, searching: one subject, or many of them pipelined."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from node.acts.node import Node
from node.acts.search import SearchOrder, search
from node.errors import Code, LancangError
from node.model.records import RefusedLine
from node.services.gate import STREAM_SECONDS, Call, Method, Shape
from node.v1 import operator_pb2
from node.wire.operator import line_bytes, refusal_to_message, result_to_message, search_terms
from node.wire.people import query_from_line

# Enough to keep every core and peer busy; more would only let answers wait for each other.
IN_FLIGHT = 12
# How long a search waits for one peer: an officer who waits, or a file whose asks queue at the owners.
ONE_SECONDS = 10.0
MANY_SECONDS = 30.0


def search_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods an analyst searches with."""

    async def one(request: operator_pb2.SearchRequest, call: Call) -> operator_pb2.SearchResponse:
        purpose, case, peers = search_terms(request.purpose, request.case_number, list(request.peers))
        query_id, person = query_from_line(line_bytes(request.query))
        order = SearchOrder(query_id, person, purpose, case, peers, call.caller.name)
        return operator_pb2.SearchResponse(result=result_to_message(await search(node, order, _for_peers(call))))

    async def many(
        requests: AsyncIterator[operator_pb2.SearchManyRequest], call: Call
    ) -> AsyncIterator[operator_pb2.SearchManyResponse]:
        header = await anext(requests, None)
        if header is None or header.WhichOneof("message") != "header":
            raise LancangError(Code.INPUT_INVALID, "the first message is the header")
        terms = search_terms(header.header.purpose, header.header.case_number, list(header.header.peers))
        answers: asyncio.Queue[operator_pb2.SearchManyResponse | Exception | None] = asyncio.Queue(IN_FLIGHT)
        places = asyncio.Semaphore(IN_FLIGHT)

        async def run(query: operator_pb2.SearchManyQuery) -> None:
            try:
                await answers.put(await _answer_line(node, query, terms, call))
            finally:
                places.release()

        async def read() -> None:
            try:
                async with asyncio.TaskGroup() as group:
                    async for request in requests:
                        await places.acquire()
                        group.create_task(run(request.query))
                await answers.put(None)
            except* Exception as problems:
                await answers.put(problems.exceptions[0])

        reader = asyncio.create_task(read())
        try:
            while (answer := await answers.get()) is not None:
                if isinstance(answer, Exception):
                    raise answer
                yield answer
        finally:
            reader.cancel()

    service = "/node.v1.OperatorService"
    return (
        Method(f"{service}/Search", operator_pb2.SearchRequest, one, most_bytes=80 * 1024),
        Method(
            f"{service}/SearchMany",
            operator_pb2.SearchManyRequest,
            many,
            Shape.BOTH_STREAM,
            most_bytes=80 * 1024,
            most_seconds=STREAM_SECONDS * 16,
        ),
    )


def _for_peers(call: Call) -> float:
    """How long to wait for peers: a silent one must become an answer before the officer's own wait ends."""
    return min(ONE_SECONDS, call.seconds - min(1.0, call.seconds / 4))


async def _answer_line(
    node: Node, query: operator_pb2.SearchManyQuery, terms: tuple[str, str, tuple[str, ...]], call: Call
) -> operator_pb2.SearchManyResponse:
    purpose, case, peers = terms
    try:
        query_id, person = query_from_line(line_bytes(query.query))
        order = SearchOrder(query_id, person, purpose, case, peers, call.caller.name)
        result = await search(node, order, MANY_SECONDS)
    except LancangError as problem:
        refused = RefusedLine(query.line, problem.code.value, problem.detail or problem.title, problem.remedy)
        return operator_pb2.SearchManyResponse(line=query.line, refusal=refusal_to_message(refused))
    return operator_pb2.SearchManyResponse(line=query.line, result=result_to_message(result))
