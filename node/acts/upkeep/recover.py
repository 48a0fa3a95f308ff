"""What a start finds after a kill: half-built chains are dropped, dropped ones erased, stale imports cleaned away."""

from __future__ import annotations

import shutil

from node.acts.epochs.end_epochs import erase_dropped
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, record_act, take_in_old
from node.storage import chains, imports
from node.storage.chains import ChainState

STALE_IMPORT_MS = 7 * 86_400_000
"""An interrupted import may be resumed with the same file for so long."""

OLD_ACTS_AT_ONCE = 500


def _sweep(node: Node) -> None:
    """Remove what a kill left that no row names: indexes half built, copies made for a backup."""
    for left in (node.home.index / "own").glob("building-*"):
        shutil.rmtree(left, ignore_errors=True)
    for copy in node.home.database.parent.glob("backup-*.db*"):
        copy.unlink(missing_ok=True)


async def recover(node: Node) -> None:
    """Bring the node to a state in which nothing is half done. An interrupted import stays, to be resumed."""
    now = node.clock.now_ms()
    while await node.write_bulk(take_in_old, OLD_ACTS_AT_ONCE):
        pass
    for chain in await node.read(chains.in_state, ChainState.BUILDING):
        await node.write(chains.drop, chain.chain_no)
    await erase_dropped(node)
    _sweep(node)
    for begun in await node.read(imports.unfinished):
        if now - begun.started_ms > STALE_IMPORT_MS:
            await node.write(imports.drop, begun.import_no, now)
    while await node.write_bulk(imports.clean_dropped):
        pass
    await node.write(record_act, ActKind.NODE_STARTED, node.node_id, "", now)
