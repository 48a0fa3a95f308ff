"""What this node publishes: for each audience one chain of batches, and who waits for the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from node.exchange.chain import ChainState
from node.exchange.terms import Terms, Words
from node.model.batch import ChainPosition, SnapshotInfo
from node.storage.index_files import IndexCopy

_RECENT = 16_384


class UsedTags:
    """Every tag of one chain, 8 bytes each: a new one must not be drawn twice."""

    def __init__(self, tags: Iterable[bytes] = ()) -> None:
        numbers = np.fromiter((int.from_bytes(tag, "big") for tag in tags), dtype=np.uint64)
        self._sorted: Words = np.sort(numbers)
        self._recent: set[int] = set()

    def __contains__(self, tag: object) -> bool:
        number = int.from_bytes(tag, "big") if isinstance(tag, bytes) else -1
        if number in self._recent:
            return True
        at = int(np.searchsorted(self._sorted, np.uint64(max(number, 0))))
        return at < len(self._sorted) and int(self._sorted[at]) == number

    def add(self, tag: bytes) -> None:
        """Remember a tag."""
        self._recent.add(int.from_bytes(tag, "big"))
        if len(self._recent) >= _RECENT:
            recent = np.fromiter(self._recent, dtype=np.uint64)
            self._sorted = np.sort(np.concatenate((self._sorted, recent)))
            self._recent = set()


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
    _advanced: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def audience(self) -> str:
        """Whom it is for."""
        return self.state.scope.audience

    @property
    def seq(self) -> int:
        """The newest batch that is stored and may be sent."""
        return self.told.seq

    def tell(self) -> None:
        """What is stored may be sent: wake who waits. On the event loop's thread only."""
        if self.state.position is not None:
            self.told = self.state.position
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
