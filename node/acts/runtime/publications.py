"""What this node publishes: for each audience one chain of batches, and who waits for the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from node.exchange.chain import ChainState
from node.exchange.ends import EndsNoted
from node.exchange.posting import tag_numbers
from node.exchange.terms import Found, Terms, Words
from node.model.batch import ChainPosition, SnapshotInfo
from node.storage.index_files import IndexCopy

_GROWTH = 4
"""A part is sorted anew with a newer one only once that holds a quarter as many tags."""


class UsedTags:
    """Every tag of one chain, 8 bytes each: a new one must not be drawn twice.

    Sorted parts, each several times larger than the next, so that adding seldom sorts what is there already.
    """

    def __init__(self, tags: Iterable[bytes] = ()) -> None:
        self._parts: list[Words] = [np.sort(tag_numbers(b"".join(tags)))]

    def contains_many(self, tags: Words) -> Found:
        """For each tag, as a number of 7 bytes, whether it is or was one of the chain's."""
        found = np.zeros(len(tags), dtype=np.bool_)
        for part in self._parts:
            if len(part):
                found |= part[np.minimum(np.searchsorted(part, tags), len(part) - 1)] == tags
        return found

    def __contains__(self, tag: object) -> bool:
        return isinstance(tag, bytes) and bool(self.contains_many(tag_numbers(tag))[0])

    def add_many(self, tags: Iterable[bytes]) -> None:
        """Remember tags."""
        new = tag_numbers(b"".join(tags))
        while self._parts and len(self._parts[-1]) <= _GROWTH * len(new):
            new = np.concatenate((self._parts.pop(), new))
        self._parts.append(np.sort(new))


@dataclass(slots=True, repr=False)
class Publication:
    """One chain as its owner holds it. index: every label used; state: where it stands; told: what streams may send.

    state runs ahead of told only while a round is being stored. head_ms: time of the newest head signed; streams: open.
    linked_seq: the chain's place when its tags were linked to the next epoch the last time, -1 before the first.
    """

    chain_no: int
    secret: bytes
    terms: Terms
    snapshot: SnapshotInfo
    directory: Path
    index: IndexCopy
    state: ChainState
    tags: UsedTags
    ms: int
    told: ChainPosition
    head_ms: int = 0
    streams: int = 0
    linked_seq: int = -1
    linked_ms: int = 0
    noted: EndsNoted = field(default_factory=EndsNoted)
    _advanced: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def audience(self) -> str:
        """Whom it is for."""
        return self.state.scope.audience

    @property
    def seq(self) -> int:
        """The newest batch that is stored and may be sent."""
        return self.told.seq

    def tell(self, stored: ChainPosition) -> None:
        """What is stored, up to a place, may be sent: wake who waits. On the event loop's thread only."""
        self.told = stored
        self.wake()

    def wake(self) -> None:
        """Let streams look again, whether there is news or not."""
        self._advanced.set()
        self._advanced = asyncio.Event()

    async def beyond(self, seq: int, seconds: float) -> bool:
        """Wait until there is a batch after seq; False if there is none within so many seconds."""
        if self.seq > seq:
            return True
        try:
            async with asyncio.timeout(seconds):
                await self._advanced.wait()
        except TimeoutError:
            return False
        return True


class Publications:
    """The chains of this node by epoch and audience."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[int, str], Publication] = {}

    def add(self, publication: Publication) -> None:
        """Take up a chain."""
        self._by_key[publication.state.scope.epoch, publication.audience] = publication

    def remove(self, epoch: int, audience: str) -> None:
        """Take a chain out: it is served no more, and no longer told of changes. What is stored of it stays."""
        self._by_key.pop((epoch, audience), None)

    def find(self, epoch: int, audience: str) -> Publication | None:
        """The chain of an audience in an epoch."""
        return self._by_key.get((epoch, audience))

    def __iter__(self) -> Iterator[Publication]:
        return iter(tuple(self._by_key.values()))
