"""What an administrator sees of this node's own epochs: which serve, until when, and who follows their indexes."""

from __future__ import annotations

from dataclasses import dataclass

from node.acts.runtime.node import Node
from node.exchange.epoch import endings
from node.model.epoch import EpochStatement
from node.storage import epochs
from node.storage.epochs import EpochState


@dataclass(frozen=True, slots=True)
class Audience:
    """How far one audience's index has come. streams: open now."""

    node_id: str
    seq: int
    postings: int
    streams: int


@dataclass(frozen=True, slots=True)
class ShownEpoch:
    """An own epoch. state: preparing, open, grace or closed; ends_ms: when its key is erased."""

    statement: EpochStatement
    state: str
    hash: bytes
    ends_ms: int
    audiences: tuple[Audience, ...]


async def show_epochs(node: Node) -> list[ShownEpoch]:
    """All of them, oldest first."""
    known = await node.read(epochs.own)
    ends = endings(epoch.signed.statement for epoch in known if epoch.told)
    newest = max(ends, default=0)
    return [
        ShownEpoch(
            epoch.signed.statement,
            "grace" if epoch.state is EpochState.OPEN and epoch.epoch < newest else epoch.state.value,
            epoch.hash,
            ends.get(epoch.epoch, epoch.signed.statement.grace_until_ms),
            _audiences(node, epoch.epoch),
        )
        for epoch in known
    ]


def _audiences(node: Node, epoch: int) -> tuple[Audience, ...]:
    found = [each for each in node.publications if each.state.scope.epoch == epoch]
    return tuple(
        Audience(each.audience, each.seq, each.state.postings, each.streams)
        for each in sorted(found, key=lambda each: each.audience)
    )
