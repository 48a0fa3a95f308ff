"""Many searches over one stream: subjects are taken in groups, and several groups are under way at once.

A group is what waits at the moment, at most what one call to a peer may carry: nobody waits for one to fill.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import TypeAlias

from node.acts.runtime.node import Node
from node.acts.searching.search import SearchOrder, Subject, search_together
from node.errors import LancangError
from node.model.ask import MOST_ASKS
from node.model.records import RefusedLine
from node.model.search import SearchResult
from node.v1 import operator_pb2
from node.wire.operator import line_bytes, refusal_to_message, result_to_message
from node.wire.people import query_from_line

# While one is blinded, the next is evaluated at its owners and a third is verified. More would only queue.
GROUPS = 3
# How long a search waits for one peer: the asks of a file queue at the owners.
PEER_SECONDS = 30.0

Query: TypeAlias = operator_pb2.SearchManyQuery
Response: TypeAlias = operator_pb2.SearchManyResponse


class ManySearches:
    """The searches of one stream, all under one order."""

    def __init__(self, node: Node, order: SearchOrder) -> None:
        self._node, self._order = node, order
        self._queries: asyncio.Queue[Query | None] = asyncio.Queue(MOST_ASKS)
        self._responses: asyncio.Queue[Response | Exception | None] = asyncio.Queue(MOST_ASKS)

    async def answers(self, requests: AsyncIterator[operator_pb2.SearchManyRequest]) -> AsyncGenerator[Response, None]:
        """One response for each query, as they are ready. Raises what reading the requests raises."""
        running = asyncio.create_task(self._run(requests))
        try:
            while (response := await self._responses.get()) is not None:
                if isinstance(response, Exception):
                    raise response
                yield response
        finally:
            running.cancel()

    async def _run(self, requests: AsyncIterator[operator_pb2.SearchManyRequest]) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(requests))
                for _ in range(GROUPS):
                    tasks.create_task(self._work())
            await self._responses.put(None)
        except* Exception as problems:
            await self._responses.put(problems.exceptions[0])

    async def _read(self, requests: AsyncIterator[operator_pb2.SearchManyRequest]) -> None:
        async for request in requests:
            await self._queries.put(request.query)
        await self._queries.put(None)

    async def _work(self) -> None:
        while group := await self._next_group():
            for response in await self._search(group):
                await self._responses.put(response)

    async def _next_group(self) -> list[Query]:
        """The next query and those that wait behind it; none at the end."""
        group: list[Query] = []
        while len(group) < MOST_ASKS and not (group and self._queries.empty()):
            query = await self._queries.get()
            if query is None:
                # The end is for every worker to see.
                self._queries.put_nowait(None)
                break
            group.append(query)
        return group

    async def _search(self, group: Sequence[Query]) -> list[Response]:
        read = [_subject(query) for query in group]
        subjects = [each for each in read if isinstance(each, Subject)]
        found: Sequence[SearchResult | LancangError]
        try:
            found = await search_together(self._node, self._order, subjects, PEER_SECONDS)
        except LancangError as problem:
            found = [problem] * len(subjects)
        results = iter(found)
        return [
            _response(query.line, each if isinstance(each, LancangError) else next(results))
            for query, each in zip(group, read, strict=True)
        ]


def _subject(query: Query) -> Subject | LancangError:
    try:
        return Subject(*query_from_line(line_bytes(query.query)))
    except LancangError as problem:
        return problem


def _response(line: int, outcome: SearchResult | LancangError) -> Response:
    if isinstance(outcome, LancangError):
        refused = RefusedLine(line, outcome.code.value, outcome.detail or outcome.title, outcome.remedy)
        return Response(line=line, refusal=refusal_to_message(refused))
    return Response(line=line, result=result_to_message(outcome))
