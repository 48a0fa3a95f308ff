"""What an act needs of a peer. node/peers implements it over gRPC; a simulator in tests has the same face."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from node.audit.checkpoints import Beginning
from node.model.ask import Ask, AskAnswer, AskOutcome
from node.model.batch import ChainPosition, Delta, Head, Links, SnapshotInfo
from node.model.checkpoint import Cosignature, SharedPage, SignedCheckpoint
from node.model.counts import MonthCounts
from node.model.courier import LetterOutcome, SignedLetter
from node.model.epoch import SignedEpoch
from node.model.roster import SignedRoster
from node.model.scope import Scope
from node.model.session import Greeting


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """First item of an index stream: S, and the snapshot's description if the snapshot follows."""

    salt: bytes
    snapshot: SnapshotInfo | None


IndexItem = Opening | bytes | Delta | Links | Head


class Peer(Protocol):
    """One peer. Every method raises LancangError and nothing else."""

    node_id: str

    async def hello(self, roster: SignedRoster, own_epochs_from: int = 0) -> Greeting:
        """Greet, and hear which of this node's epochs it knows from a number on."""
        ...

    async def epochs(self, first: int) -> tuple[SignedEpoch, ...]:
        """List epoch statements from a number on."""
        ...

    async def roster(self, version: int) -> bytes:
        """Fetch a version of the roster."""
        ...

    async def ask(self, ask: Ask, seconds: float) -> AskAnswer:
        """Ask, waiting at most so long."""
        ...

    async def ask_many(self, asks: Sequence[Ask], seconds: float) -> list[AskOutcome]:
        """Ask up to 8 times in one call; of a peer that announces it. One outcome for each, in order."""
        ...

    async def deliver(self, letters: Sequence[SignedLetter], seconds: float) -> list[LetterOutcome]:
        """Hand over up to 16 letters in one call; to a peer that announces it. One outcome for each, in order."""
        ...

    async def counts(self, month: str) -> MonthCounts:
        """What it tells observers of a month that is over."""
        ...

    async def cosign(
        self, signed: SignedCheckpoint, from_size: int, proof: Sequence[bytes], beginning: Beginning | None
    ) -> Cosignature:
        """Have a checkpoint of this node's log vouched for."""
        ...

    async def checkpoints(self, owner: str = "") -> list[SignedCheckpoint]:
        """What it knows of each log, or of one."""
        ...

    async def consistency(self, first: int, size: int) -> list[bytes]:
        """Have it prove that its log of one size begins with that of a smaller one."""
        ...

    async def shared(self, after: int, limit: int, size: int) -> SharedPage:
        """The leaves of its log that concern this node, those after a number."""
        ...

    def subscribe(self, scope: Scope, position: ChainPosition | None) -> AsyncIterator[IndexItem]:
        """Stream an index."""
        ...
