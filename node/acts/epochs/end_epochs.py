"""End what is past its grace: at the owner key, seed, S, evaluations and tags; at a requester its copy of the index.

The keys go first, in one transaction, then the rest in short ones, at last the pages that still held them. What a kill
leaves is found by its state and erased later. Backups are the operator's to erase (docs/operations.md).
"""

from __future__ import annotations

import asyncio
import shutil

import structlog
from sqlalchemy import Connection

from node.acts.epochs.own_epoch import follower_of
from node.acts.following.copy_files import copy_directory
from node.acts.publishing.publication_files import chain_directory
from node.acts.runtime.clock_doubt import clock_doubtful
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, record_act
from node.exchange.epoch import endings, ends_ms
from node.model.encoding import LATEST_MS
from node.model.scope import Scope
from node.storage import asks, chains, copies, epochs, evaluations
from node.storage.chains import ChainState
from node.storage.epochs import EpochState

_log = structlog.get_logger("epochs")
_EVALUATIONS_AT_ONCE = 100


async def end_epochs(node: Node) -> None:
    """Close own epochs that have a follower and whose grace is over; erase what closed and dropped ones left."""
    if clock_doubtful(node):
        return
    for number, epoch in sorted(node.epochs.items()):
        follower = follower_of(node, number)
        # The newest goes on until there is another: a clock that jumped ahead must not leave a node without a key.
        if follower is not None and node.clock.now_ms() >= ends_ms(epoch.statement, follower):
            await _close(node, number)
    known = [own for own in await node.read(epochs.own) if own.told]
    ends = endings(own.signed.statement for own in known)
    for own in known:
        # After a restore an epoch has no key before its end; its tags still lead to the records of known hits.
        if own.state is EpochState.CLOSED and node.clock.now_ms() >= ends[own.epoch]:
            await _erase_rest(node, own.epoch)
    await erase_dropped(node)
    await _empty_log(node)


async def _close(node: Node, number: int) -> None:
    now = node.clock.now_ms()

    def store(connection: Connection) -> None:
        if epochs.close(connection, number):
            record_act(connection, ActKind.EPOCH_CLOSED, node.node_id, "", now, {"epoch": number})
        for chain in chains.of_epoch(connection, number):
            chains.drop(connection, chain.chain_no)

    await node.write(store)
    node.rotation.log_holds_keys = True
    # After the transaction: one that a full disk refused is tried again. An ask in between is still evaluated.
    del node.epochs[number]
    for publication in node.publications:
        if publication.state.scope.epoch == number:
            node.publications.remove(number, publication.audience)
            publication.wake()
    _log.info("epoch closed, its key erased", epoch=number)


async def _erase_rest(node: Node, number: int) -> None:
    for chain in await node.read(chains.of_epoch, number):
        await node.write(chains.drop, chain.chain_no)
    while await node.write_bulk(evaluations.erase, number, _EVALUATIONS_AT_ONCE):
        pass
    while await node.write_bulk(asks.erase_elements, number):
        pass


async def erase_dropped(node: Node) -> None:
    """Erase tags, deltas and files of the chains that were dropped."""
    for chain in await node.read(chains.in_state, ChainState.DROPPED):
        while await node.write_bulk(chains.erase, chain.chain_no):
            pass
        shutil.rmtree(chain_directory(node.home, chain.chain_no), ignore_errors=True)


async def _empty_log(node: Node) -> None:
    """The write-ahead log may still hold what was erased: empty it; while readers are in the way, the next time."""
    if node.rotation.log_holds_keys and await asyncio.to_thread(node.database.empty_log):
        node.rotation.log_holds_keys = False


async def end_copies(node: Node) -> None:
    """Erase the copies of other owners' epochs that are over: their files, their S, their revocations."""
    if clock_doubtful(node):
        return
    for owner, number in await node.read(_ended_copies, node.clock.now_ms()):
        await erase_copy(node, owner, number)
    await _empty_log(node)


def _ended_copies(connection: Connection, now_ms: int) -> list[tuple[str, int]]:
    ended: list[tuple[str, int]] = []
    for copy in copies.every(connection):
        ends = endings(signed.statement for signed in epochs.of_peer(connection, copy.owner))
        if now_ms >= ends.get(copy.epoch, LATEST_MS):
            ended.append((copy.owner, copy.epoch))
    return ended


async def erase_copy(node: Node, owner: str, number: int) -> None:
    """Forget a copy: it is not searched from here on, then its rows and files go."""
    node.copies.view(owner).copies.pop(number, None)
    await node.write(copies.erase, owner, number)
    directory = copy_directory(node.home, Scope(node.alliance, owner, node.node_id, number))
    shutil.rmtree(directory, ignore_errors=True)
    node.rotation.log_holds_keys = True
    _log.info("copy erased", owner=owner, epoch=number)
