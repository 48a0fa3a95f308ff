"""Store rounds in short transactions while the next ones are built, tell the streams, keep the labels in few files.

A kill at any point leaves a chain's cursor before or after a transaction's deltas, never in between.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from node.acts.publishing.build_round import Round, build_round
from node.acts.publishing.publication_files import load_publication
from node.acts.runtime.node import Node
from node.acts.runtime.publications import Publication
from node.model.batch import ChainPosition
from node.observe import PUBLISHED
from node.storage import chains, publishing
from node.storage.chains import Cursor
from node.storage.publishing import Batch

MOST_DELTAS = 128
"""Deltas that one transaction stores: some 10 ms, so that a charge waits no longer."""

MOST_WAITING = 8
"""Transactions that wait for the disk before no more is built: a few megabytes."""


@dataclass(frozen=True, slots=True, repr=False)
class _Ready:
    """Deltas of a round, built and ready to be stored at once; none if its changes need no telling.

    through: the last change that they hold, or that need not be told.
    """

    publication: Publication
    batches: Sequence[Batch]
    through: Cursor


class Storing:
    """Rounds on their way to the disk. Whoever begins must end with stored(), or with undo() after a failure."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._waiting: deque[asyncio.Task[None]] = deque()
        self._merging: dict[int, asyncio.Task[None]] = {}
        self._publications: dict[int, Publication] = {}

    async def add(self, rounds: Sequence[Round]) -> None:
        """Build rounds, each of another chain, on those built before; single deltas of all chains share a transaction.

        Raises LancangError if one that was added before could not be stored.
        """
        self._publications |= {each.publication.chain_no: each.publication for each in rounds}
        group: list[_Ready] = []
        for each in rounds:
            # Not in the threads of asks, which should not wait for it; two at once only wait for each other.
            for ready in _in_parts(each, await asyncio.to_thread(build_round, self._node, each)):
                if group and sum(len(one.batches) for one in (*group, ready)) > MOST_DELTAS:
                    await self._store(group)
                    group = []
                group.append(ready)
        if group:
            await self._store(group)
        for each in rounds:
            await self._merge_if_due(each.publication)

    async def stored(self) -> None:
        """Wait until everything added is on the disk. Raises LancangError if it could not be stored."""
        while self._waiting:
            await self._next_stored()
        await asyncio.gather(*self._merging.values())
        self._merging.clear()
        for publication in self._publications.values():
            PUBLISHED.labels(publication.audience).set(publication.seq)

    async def undo(self) -> None:
        """Take the chains as the database has them. What was built but not stored never was: nobody has seen it."""
        # What the writer has begun it ends: only then it is known how far each chain is.
        await asyncio.gather(*self._waiting, *self._merging.values(), return_exceptions=True)
        for publication in self._publications.values():
            chain = await self._node.read(chains.get, publication.chain_no)
            self._node.publications.add(await self._node.read(load_publication, self._node, chain, publication.terms))
            publication.wake()

    async def _store(self, group: Sequence[_Ready]) -> None:
        """One transaction: all audiences' single deltas, or one audience's many."""
        self._waiting.append(asyncio.create_task(self._store_and_tell(group)))
        while len(self._waiting) > MOST_WAITING or (self._waiting and self._waiting[0].done()):
            await self._next_stored()

    async def _next_stored(self) -> None:
        # It leaves the row only then: undo waits for all that are in it.
        await self._waiting[0]
        self._waiting.popleft()

    async def _store_and_tell(self, group: Sequence[_Ready]) -> None:
        await self._node.write_bulk(_store, group)
        for each in group:
            if each.batches:
                last = each.batches[-1].stored
                each.publication.tell(ChainPosition(last.seq, last.hash))

    async def _merge_if_due(self, publication: Publication) -> None:
        """Merging goes on beside building, one at a time a chain. What is lost of it is derived again at a start."""
        if publication.index.merge_due():
            if (before := self._merging.pop(publication.chain_no, None)) is not None:
                await before
            self._merging[publication.chain_no] = asyncio.create_task(self._merge(publication))

    async def _merge(self, publication: Publication) -> None:
        merge = await self._node.compute(publication.index.merge)
        if merge is not None:
            publication.index.install(merge)
            publication.index.remove(merge.obsolete)


def _in_parts(built: Round, batches: Sequence[Batch]) -> list[_Ready]:
    """A round in parts that one transaction can store; the last one covers what needs no telling."""
    starts = range(0, len(batches), MOST_DELTAS) or (0,)
    ends = [start + MOST_DELTAS for start in starts]
    through = [*(built.deltas[end - 1][-1].cursor for end in ends[:-1]), built.through]
    return [
        _Ready(built.publication, batches[start:end], cursor)
        for start, end, cursor in zip(starts, ends, through, strict=True)
    ]


def _store(connection: Connection, group: Sequence[_Ready]) -> None:
    for each in group:
        if each.batches:
            publishing.publish(connection, each.publication.chain_no, each.batches, each.through)
        else:
            publishing.pass_over(connection, each.publication.chain_no, each.through)
