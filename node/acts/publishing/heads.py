"""Where the lists of records to be published begin: derived in worker processes where there are many, a round ahead.

Deriving needs the evaluations and each index's secret alone, not what stands in the index: while one round is built and
stored in this process, the workers are at the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import Connection

from node.acts.runtime.long_work import list_all_heads
from node.acts.runtime.node import Node
from node.acts.runtime.publications import Publication
from node.exchange.posting import ListHeads, posting_context
from node.storage import evaluations, publishing
from node.storage.chains import Cursor
from node.storage.sealed_records import Evaluations

Heads: TypeAlias = dict[int, dict[int, ListHeads]]
"""By number of the chain and version of the record."""

FEW = 128
"""Up to so many records are derived in this process."""

_AT_ONCE = 64
"""Records a worker takes at once."""


async def derive(node: Node, publications: Sequence[Publication], opened: Mapping[int, Evaluations]) -> Heads:
    """The heads of records in chains of one epoch. opened: their evaluations in it, by version."""
    values = [each.values for each in opened.values()]
    contexts = [posting_context(each.secret, each.state.scope) for each in publications]
    run = node.compute if len(values) <= FEW else node.workers.run
    parts = await asyncio.gather(
        *(run(list_all_heads, values[at : at + _AT_ONCE], contexts) for at in range(0, len(values), _AT_ONCE))
    )
    return {
        publication.chain_no: dict(zip(opened, (ListHeads(*one) for part in parts for one in part[place]), strict=True))
        for place, publication in enumerate(publications)
    }


class HeadsAhead:
    """Heads begun before they are asked for. What is missing of them when they are, is derived then."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._begun: list[asyncio.Task[Heads]] = []

    def begin(self, publications: Sequence[Publication], after: Cursor, limit: int) -> None:
        """Begin with the next changes after a place in their order, for chains of one epoch."""
        self._begun.append(asyncio.create_task(self._derive(publications, after, limit)))

    async def finished(self) -> Heads:
        """All that was begun."""
        begun, self._begun = self._begun, []
        heads: Heads = {}
        for found in await asyncio.gather(*begun):
            heads |= found
        return heads

    async def close(self) -> None:
        """Give up what was begun."""
        for task in self._begun:
            task.cancel()
        await asyncio.gather(*self._begun, return_exceptions=True)

    async def _derive(self, publications: Sequence[Publication], after: Cursor, limit: int) -> Heads:
        epoch = publications[0].state.scope.epoch
        return await derive(self._node, publications, await self._node.read(self._next, after, limit, epoch))

    def _next(self, connection: Connection, after: Cursor, limit: int, epoch: int) -> dict[int, Evaluations]:
        versions = publishing.versions_after(connection, after, limit)
        return evaluations.many(connection, self._node.sealer, versions, epoch)
