"""Serve an audience its index: opening, snapshot unless it has one, then deltas and signed heads as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from node.acts.membership.roster_in_force import check_in_force
from node.acts.membership.standing import check_still, member_of
from node.acts.publishing.publication_files import SNAPSHOT, read_chunk
from node.acts.runtime.node import Node
from node.acts.runtime.peer import IndexItem, Opening
from node.acts.runtime.publications import Publication
from node.audit.journal import ActKind, Detail, record_act, record_shared
from node.audit.shared import Line
from node.errors import Code, LancangError
from node.exchange.chain import check_resume
from node.exchange.head import sign_head
from node.model.batch import CHUNK_POSTINGS, ChainPosition, Head, Links
from node.model.officer import Caller
from node.model.scope import Scope
from node.policy.rates import Rate
from node.storage import chains, deltas
from node.storage.index_files import Run

# A stream ends a little before its deadline, so that the subscriber sees an end and not a failure.
MARGIN_SECONDS = 5.0
BURST = 64
FRESH_MS = 1_000
# One is enough; a second may overlap it while a connection is renewed.
MOST_STREAMS = 4
# Streams begun by one member. Each is an act, and acts are never deleted; a bad line comes nowhere near.
STREAMS_RATE = Rate(per_minute=20, burst=60)


async def serve_index(
    node: Node, caller: Caller, scope: Scope, position: ChainPosition | None, seconds: float
) -> AsyncIterator[IndexItem]:
    """Stream until seconds are nearly over.

    Raises LancangError: ROSTER_EXPIRED and what check_still raises, also in the middle; RATE_LIMITED; EPOCH_UNKNOWN;
    BATCH_FORK for an unknown position, logged as an act: either the subscriber is wrong, or this node was set back.
    """
    check_in_force(node)
    since = member_of(node, caller.name)
    node.streams_rate.check(caller.name, node.clock.now_ms())
    publication = node.publications.find(scope.epoch, caller.name)
    if publication is None:
        raise LancangError(Code.EPOCH_UNKNOWN, f"epoch {scope.epoch}")
    if publication.streams >= MOST_STREAMS:
        raise LancangError(Code.RATE_LIMITED, f"{MOST_STREAMS} streams of this index are open", retry_after_ms=1_000)

    def still() -> None:
        check_in_force(node)
        check_still(node, caller, since)

    publication.streams += 1
    try:
        async for item in _serve(node, caller, publication, position, seconds, still):
            still()
            yield item
    finally:
        publication.streams -= 1


async def _serve(
    node: Node,
    caller: Caller,
    publication: Publication,
    position: ChainPosition | None,
    seconds: float,
    still: Callable[[], None],
) -> AsyncIterator[IndexItem]:
    if position is not None:
        await _check_position(node, caller, publication, position)
    await _log_served(node, caller, publication, position)
    if position is None:
        yield Opening(publication.secret, publication.snapshot)
        async for chunk in _chunks(node, publication):
            yield chunk
        first = publication.snapshot
        yield await _head(node, publication, ChainPosition(0, await _hash_of(node, publication, 0)), first.ms)
        seq = 0
    else:
        yield Opening(publication.secret, None)
        seq = position.seq
    async for item in _follow(node, publication, seq, seconds - MARGIN_SECONDS, still):
        yield item


async def _log_served(node: Node, caller: Caller, publication: Publication, position: ChainPosition | None) -> None:
    """Log what is about to be sent: the snapshot, under the id that its audience gives it too, or what follows."""
    scope, now = publication.state.scope, node.clock.now_ms()
    if position is not None:
        detail: Detail = {"epoch": scope.epoch, "from_seq": position.seq, "seq": publication.seq}
        await node.write(record_act, ActKind.INDEX_RESUMED, node.node_id, caller.name, now, detail)
        return
    first = await _hash_of(node, publication, 0)
    shared = Line(node.alliance, node.node_id, caller.name).of_snapshot(scope.epoch, first, publication.secret)
    detail = {"epoch": scope.epoch, "hash": first.hex()}
    await node.write(record_shared, ActKind.INDEX_SERVED, node.node_id, caller.name, now, detail, shared)


async def _follow(
    node: Node, publication: Publication, seq: int, seconds: float, still: Callable[[], None]
) -> AsyncIterator[IndexItem]:
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    head_ms, idle = 0, False
    opened = max(node.epochs, default=0)
    # When an epoch opens or ends every stream does: its subscriber comes back and learns of it.
    while not node.draining and loop.time() < ends and _stands(node, publication, opened):
        # Woken by a roster that dropped the audience, it must not wait for the next news to find out.
        still()
        # A round that could not be stored puts a publication loaded anew in the old one's place.
        publication = node.publications.find(publication.state.scope.epoch, publication.audience) or publication
        while publication.seq > seq:
            async for item in _burst(node, publication, seq):
                if isinstance(item, Head):
                    seq, head_ms = item.seq, item.ms
                yield item
        # After catching up the last head is as old as its delta: say that this is still the end of the chain. Also when
        # nothing came for a while, though the last head may bear a time to come: the clock was set back since.
        if idle or node.clock.now_ms() - head_ms > FRESH_MS:
            head = await _present_head(node, publication)
            head_ms = head.ms
            yield head
        wait = min(float(node.policy.head_seconds), ends - loop.time())
        if wait > 0:
            idle = not await publication.beyond(seq, wait)


def _stands(node: Node, publication: Publication, opened: int) -> bool:
    return publication.state.scope.epoch in node.epochs and max(node.epochs, default=0) == opened


async def _burst(node: Node, publication: Publication, seq: int) -> AsyncIterator[IndexItem]:
    """Up to BURST batches after seq, and the head of the last of them. Links are large: each has a head of its own."""
    scope = publication.state.scope
    found = await node.read(deltas.after, publication.chain_no, scope, seq, BURST)
    for stored in found:
        yield stored.batch
        if stored is found[-1] or isinstance(stored.batch, Links):
            yield await _head(node, publication, ChainPosition(stored.batch.seq, stored.hash), stored.batch.ms)


async def _present_head(node: Node, publication: Publication) -> Head:
    """The end of the chain as it is stored: never of a batch that could still be undone.

    A clock that was set back must not make heads that look replayed: their time stands still until it has caught up,
    also over a restart.
    """
    # Taken before the wait for the disk: a batch told meanwhile has not been sent on this stream.
    position = publication.told
    ms = max(publication.head_ms, publication.ms, node.clock.now_ms())
    if ms > publication.head_ms:
        await node.write(chains.head_signed, publication.chain_no, ms)
        publication.head_ms = max(publication.head_ms, ms)
    return await _head(node, publication, position, ms)


async def _head(node: Node, publication: Publication, position: ChainPosition, ms: int) -> Head:
    return await node.compute(sign_head, publication.state.scope, position, ms, node.signing)


async def _chunks(node: Node, publication: Publication) -> AsyncIterator[bytes]:
    run = await node.compute(Run.open, publication.directory, SNAPSHOT)
    for start in range(0, publication.snapshot.postings, CHUNK_POSTINGS):
        yield await node.compute(read_chunk, run, start)


async def _check_position(node: Node, caller: Caller, publication: Publication, position: ChainPosition) -> None:
    known = await _hash_of(node, publication, position.seq) if position.seq <= publication.seq else None
    try:
        check_resume(known, position)
    except LancangError as problem:
        detail: Detail = {
            "code": problem.code.value,
            "epoch": publication.state.scope.epoch,
            "seq": publication.seq,
            # A hostile number may be larger than a log's readers can count.
            "asked_seq": str(position.seq),
            "asked_hash": position.hash.hex(),
        }
        await node.write(record_act, ActKind.REFUSAL, node.node_id, caller.name, node.clock.now_ms(), detail)
        raise


async def _hash_of(node: Node, publication: Publication, seq: int) -> bytes:
    return await node.read(deltas.hash_at, publication.chain_no, seq)
