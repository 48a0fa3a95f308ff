"""Rotate: prepare the next epoch beside the one that serves, open it in one transaction, or give it up unseen.

Everything before the opening can be done again: a kill leaves records encoded and chains built, or not, and the epoch
preparing. Nobody is told of it until it opens; then both take asks, and the older one ends with its grace.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from matcher.tokens import tables_hash
from node.acts.epochs.own_epoch import begin_epoch, current_epoch, give_up, key_of, store_opened
from node.acts.epochs.rotation_workers import Workplace, build_snapshot_files, encode_versions, start_rotation_workers
from node.acts.membership.roster_in_force import check_in_force
from node.acts.publishing.build_chain import BuildSnapshot, NotEncodedError, build_chain, snapshot_in_a_thread
from node.acts.publishing.encode import seal_encoded
from node.acts.publishing.publication_files import load_publication
from node.acts.runtime.clock_doubt import check_clock, clock_doubtful
from node.acts.runtime.node import Node
from node.acts.runtime.rotation_state import Phase
from node.acts.runtime.serving import ServingEpoch
from node.acts.runtime.to_the_end import to_the_end
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.epoch_pace import DAY_MS, LEFT_TO_THE_NODE, most_a_day
from node.exchange.terms import Terms
from node.storage import chains, epochs, evaluations, records
from node.storage.epochs import EpochState, OwnEpoch

CHUNK = 64
FEW = 256
"""Records that are encoded in threads: starting worker processes would take longer."""

PAGE = 1_024
MOST_AT_ONCE = 200_000
"""Records whose chains are built side by side: a gigabyte a chain."""

_log = structlog.get_logger("rotation")


class _CancelledError(Exception):
    """An administrator gave the rotation up."""


async def begin_rotation(node: Node, actor: str, reason: str) -> int:
    """Begin to prepare the next epoch; returns its number. actor: the officer, or the node itself on schedule.

    Raises LancangError: ROTATION_RUNNING if one is being prepared already, ROSTER_EXPIRED, CLOCK_DOUBTFUL,
    EPOCH_PACE if an officer rotates more often than the other members would follow.
    """
    check_in_force(node)
    check_clock(node)
    known = await node.read(epochs.own)
    if not known[-1].told:
        what = "being prepared" if known[-1].state is EpochState.PREPARING else "being given up: a moment"
        raise LancangError(Code.ROTATION_RUNNING, f"epoch {known[-1].epoch} is {what}")
    if actor != node.node_id:
        _check_pace(node, known)
    detail: Detail = {"epoch": known[-1].epoch + 1, "reason": reason}
    begun = await begin_epoch(
        node,
        known[-1],
        lambda connection: record_act(connection, ActKind.ROTATION_BEGUN, actor, "", node.clock.now_ms(), detail),
    )
    node.rotation.cancelled = False
    node.rotation.wanted.set()
    return begun.epoch


def _check_pace(node: Node, known: list[OwnEpoch]) -> None:
    """What the others would refuse is not begun. Raises LancangError(EPOCH_PACE)."""
    most = most_a_day(node.policy) - LEFT_TO_THE_NODE
    now = node.clock.now_ms()
    today = sorted(each.signed.statement.from_ms for each in known if now - each.signed.statement.from_ms < DAY_MS)
    if len(today) >= most:
        wait = today[-most] + DAY_MS - now
        raise LancangError(
            Code.EPOCH_PACE,
            f"{len(today)} epochs were opened within a day",
            remedy="Rotate again when a day has passed since the oldest of them: `lancang epoch show`.",
            retry_after_ms=wait,
        )


async def cancel_rotation(node: Node, actor: str) -> int:
    """Give up the epoch being prepared; returns its number. Raises LancangError(ROTATION_NONE)."""
    known = await node.read(epochs.own)
    if known[-1].state is not EpochState.PREPARING:
        raise LancangError(Code.ROTATION_NONE, f"epoch {known[-1].epoch} is open")
    epoch, now = known[-1].epoch, node.clock.now_ms()

    def store(connection: Connection) -> None:
        if epochs.own(connection)[-1].state is not EpochState.PREPARING:
            raise LancangError(Code.ROTATION_NONE, f"epoch {epoch} opened meanwhile")
        epochs.give_up(connection, epoch)
        record_act(connection, ActKind.ROTATION_GIVEN_UP, actor, "", now, {"epoch": epoch})

    async def cancelled() -> int:
        # One transaction, as that which opens the epoch: the one that comes first holds, also after a kill.
        await node.write(store)
        # Who prepares it need not come to its end to see that.
        node.rotation.cancelled = True
        node.rotation.wanted.set()
        return epoch

    return await to_the_end(cancelled())


def due(node: Node) -> bool:
    """Whether the newest epoch nears the end of its asks: a day before, or a tenth of its length if that is less."""
    statement = current_epoch(node).statement
    length = statement.ask_until_ms - statement.from_ms
    return node.clock.now_ms() >= statement.ask_until_ms - min(DAY_MS, length // 10)


async def go_on(node: Node) -> None:
    """Take a rotation to its end: one that was begun, or one that is due. Does nothing if there is none."""
    node.rotation.cancelled = False
    prepared = (await node.read(epochs.own))[-1]
    if prepared.state is EpochState.GIVEN_UP:
        await give_up(node, prepared)
        return
    if prepared.state is not EpochState.PREPARING:
        if not due(node) or clock_doubtful(node):
            return
        await begin_rotation(node, node.node_id, "schedule")
        prepared = (await node.read(epochs.own))[-1]
    if not _fits(node, prepared):
        # The policy or the tables changed meanwhile: what was prepared is of no use. It was seen by nobody.
        await give_up(node, prepared)
        await begin_rotation(node, node.node_id, "terms changed")
        return
    try:
        await prepare(node, prepared)
        await _open(node, prepared)
    except (_CancelledError, LancangError):
        # Without its key nothing of it can be done any more; which step found that out does not matter.
        if (await node.read(epochs.own))[-1].state is not EpochState.GIVEN_UP:
            raise
        await give_up(node, prepared)
    finally:
        node.rotation.at(Phase.IDLE)


def _fits(node: Node, prepared: OwnEpoch) -> bool:
    said, policy = prepared.signed.statement, node.policy
    agreed = Terms(policy.postings_per_record, policy.records_per_delta, policy.list_cap, policy.ask_size)
    return said.tables == tables_hash() and Terms.of(said) == agreed


async def prepare(node: Node, prepared: OwnEpoch) -> None:
    """Encode every record and build every chain; if there are many, in worker processes that give way to who serves.

    Interrupted, it goes on where it was.
    """
    node.rotation.epoch = prepared.epoch
    key = await key_of(node, prepared)
    live = (await node.read(records.counts)).live
    if live <= FEW:
        makers, workers = _threads(node, prepared.epoch, key), None
    else:
        workplace = Workplace(node.database.path, node.keys.storage_master, prepared.epoch, key.key.secret)
        workers = start_rotation_workers(node.settings.worker_count, workplace)
        makers = _processes(workers)
    try:
        while True:
            await _encode(node, prepared.epoch, makers, live)
            try:
                await _build(node, prepared, makers, live)
            except NotEncodedError:
                # A record came in between.
                continue
            break
    finally:
        if workers is not None:
            workers.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Makers:
    """Who does the heavy work: (version, sealed evaluations) of some versions, and the snapshot of a scope."""

    encode: Callable[[list[int]], Awaitable[list[tuple[int, bytes]]]]
    build: BuildSnapshot


def _threads(node: Node, epoch: int, key: ServingEpoch) -> _Makers:
    def encode(versions: list[int]) -> list[tuple[int, bytes]]:
        with node.database.reading() as connection:
            return seal_encoded(connection, node.sealer, epoch, key.key.secret, versions)

    return _Makers(lambda versions: node.compute(encode, versions), snapshot_in_a_thread(node))


def _processes(workers: ProcessPoolExecutor) -> _Makers:
    return _Makers(
        lambda versions: asyncio.wrap_future(workers.submit(encode_versions, versions)),
        lambda directory, scope, terms: asyncio.wrap_future(
            workers.submit(build_snapshot_files, directory, scope, terms)
        ),
    )


async def _encode(node: Node, epoch: int, makers: _Makers, live: int) -> None:
    node.rotation.at(Phase.ENCODING, live)
    node.rotation.done = min(live, await node.read(evaluations.count, epoch))
    after = 0
    running: deque[asyncio.Future[list[tuple[int, bytes]]]] = deque()
    try:
        while page := await node.read(evaluations.missing, epoch, after, PAGE):
            after = page[-1]
            for at in range(0, len(page), CHUNK):
                running.append(asyncio.ensure_future(makers.encode(page[at : at + CHUNK])))
                if len(running) > 2 * node.settings.worker_count:
                    await _store(node, epoch, await running.popleft())
        while running:
            await _store(node, epoch, await running.popleft())
    finally:
        for left in running:
            left.cancel()


async def _store(node: Node, epoch: int, sealed: list[tuple[int, bytes]]) -> None:
    if node.rotation.cancelled:
        raise _CancelledError
    await node.write_bulk(evaluations.add, epoch, sealed)
    node.rotation.done += len(sealed)


async def _build(node: Node, prepared: OwnEpoch, makers: _Makers, live: int) -> None:
    """The chains that are missing. Each holds all postings of its audience in memory: large ones come one by one."""
    terms, audiences = Terms.of(prepared.signed.statement), node.audiences()
    node.rotation.at(Phase.BUILDING, len(audiences))
    at_once = asyncio.Semaphore(node.settings.worker_count if live <= MOST_AT_ONCE else 1)

    async def build(audience: str) -> None:
        async with at_once:
            if node.rotation.cancelled:
                raise _CancelledError
            chain = await node.read(chains.find, audience, prepared.epoch)
            if chain is None or chain.position is None:
                await build_chain(node, audience, prepared.epoch, terms, makers.build)
            node.rotation.done += 1

    # All end before one's failure is told: what is built stays, and is not built twice.
    for ended in await asyncio.gather(*(build(member.node_id) for member in audiences), return_exceptions=True):
        if isinstance(ended, BaseException):
            raise ended


async def _open(node: Node, prepared: OwnEpoch) -> None:
    """One transaction opens the epoch; what answers asks and streams changes over without a pause between."""
    node.rotation.at(Phase.OPENING)
    key, terms = await key_of(node, prepared), Terms.of(prepared.signed.statement)
    publications = [
        await node.read(load_publication, node, chain, terms)
        for chain in await node.read(chains.of_epoch, prepared.epoch)
        if chain.position is not None
    ]
    check_clock(node)
    if not _fits(node, prepared):
        return
    opened = await node.write(store_opened, node, prepared)
    node.epochs[opened.epoch] = key.under(opened.signed)
    staying = {member.node_id for member in node.audiences()}
    for publication in publications:
        if publication.audience in staying:
            node.publications.add(publication)
    # Who joined since the last look has no chain in it yet.
    node.new_audiences.set()
    for publication in node.publications:
        publication.wake()
    # The links to the new tags are news for the old chains.
    node.news.set()
    _log.info("epoch opened", epoch=opened.epoch)
