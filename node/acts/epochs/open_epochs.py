"""Before a node serves: take up its open epochs, or open one if it must have a new one first.

It must at the first start, after a restore, and when this program makes other tokens than the one before it.
"""

from __future__ import annotations

import structlog

from matcher.tokens import tables_hash
from node.acts.epochs.own_epoch import begin_epoch, give_up, store_opened, take_up
from node.acts.epochs.rotate import prepare
from node.acts.runtime.node import Node
from node.acts.runtime.rotation_state import Phase
from node.storage import epochs
from node.storage.epochs import EpochState, OwnEpoch

_log = structlog.get_logger("epochs")


async def open_epochs(node: Node) -> None:
    """An epoch that was being prepared while another one serves is left to the rotation that goes on with it."""
    known = await node.read(epochs.own)
    if known and known[-1].state is EpochState.GIVEN_UP:
        # An administrator gave it up, and the node ended before all of it was erased.
        await give_up(node, known.pop())
    serving = [epoch for epoch in known if epoch.state is EpochState.OPEN]
    if not serving or serving[-1].signed.statement.tables != tables_hash():
        await _open_at_once(node, known)
    for epoch in await node.read(epochs.own):
        if epoch.state is EpochState.OPEN:
            await take_up(node, epoch)


async def _open_at_once(node: Node, known: list[OwnEpoch]) -> None:
    """What the tokens of another program were evaluated to is of no use to anyone: nothing of it is served."""
    prepared = known[-1] if known and known[-1].state is EpochState.PREPARING else None
    if prepared is not None and prepared.signed.statement.tables != tables_hash():
        await give_up(node, prepared)
        known, prepared = known[:-1], None
    if prepared is None:
        last = known[-1] if known else None
        _log.warning("a new epoch begins before this node serves", epoch=last.epoch + 1 if last else 1)
        prepared = await begin_epoch(node, last)
    await prepare(node, prepared)
    node.rotation.at(Phase.IDLE)
    await node.write(store_opened, node, prepared)
