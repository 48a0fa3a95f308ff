"""Follow one owner's index: greet, check its epochs, take the snapshot once, then each delta under a signed head.

What a head vouches for is stored in one transaction and only then searched. A fault is kept by name and reported; the
copy stays where it was.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import numpy as np
import structlog
from sqlalchemy import Connection

from node.acts.following.copy_files import SNAPSHOT, copy_directory, load_copy, merge_copy, signed_head, sound_copy
from node.acts.following.known_hits import successors_known
from node.acts.following.peer_epochs import Followed, followed_epochs
from node.acts.following.room import DELTA_COPIES, POSTING_BYTES_ON_DISK, check_room
from node.acts.membership.greet import check_greeting
from node.acts.membership.keys_apart import check_keys_agree
from node.acts.runtime.copies import Copy, PeerView, fork_of
from node.acts.runtime.node import Node
from node.acts.runtime.peer import IndexItem, Opening, Peer
from node.acts.runtime.report_fault import PROTOCOL_FAULTS, SignedWords, report_index_fault
from node.acts.runtime.to_the_end import to_the_end
from node.audit.journal import ActKind, Detail, record_shared
from node.audit.shared import Line
from node.errors import Code, LancangError
from node.exchange.chain import ChainState, SnapshotIntake, accept_head, apply_delta, started
from node.exchange.delta import Revocation
from node.exchange.head import verify_head
from node.exchange.index_size import check_chain_size, check_snapshot_size
from node.exchange.links import apply_links
from node.exchange.terms import Found, Terms, Words
from node.model.batch import Delta, Head, Links
from node.model.epoch import EpochStatement
from node.model.roster import Member
from node.model.scope import Scope
from node.observe import INDEX_AS_OF, INDEX_SEQ
from node.storage import copies as table
from node.storage import exclusions, known_tags
from node.storage.faults import explained
from node.storage.index_files import IndexCopy, RunWriter

MOST_PENDING = 256
MOST_PENDING_LINKS = 4 * 1024 * 1024
# No head for so long: the stream is dead even if TCP does not know it yet.
SILENCE_FACTOR = 3
OLDER_PAUSE_SECONDS = 1.0
NO_ROOM_SECONDS = 10.0
_log = structlog.get_logger("sync")


async def sync_index(node: Node, peer: Peer) -> None:
    """One session with a peer, until its stream ends. Raises LancangError: what the peer did wrong, or that it left."""
    view = node.copies.view(peer.node_id)
    words = SignedWords()
    try:
        owner, followed = await _greet(node, peer, view, words)
    except LancangError as problem:
        await check_keys_agree(node, view, problem)
        await _keep_fault(node, view, problem, words)
        raise
    beside = [asyncio.create_task(_follow_older(node, peer, view, owner, epoch)) for epoch in followed.older]
    try:
        await _follow(node, peer, view, owner, followed.newest, until_ms=followed.until_ms)
    except LancangError as problem:
        if problem.code is Code.DISK_FULL and beside:
            # No room for the new epoch: what can be searched meanwhile goes on being followed.
            view.fault = problem
            await asyncio.wait(beside, timeout=NO_ROOM_SECONDS)
        raise
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)


async def _greet(node: Node, peer: Peer, view: PeerView, words: SignedWords) -> tuple[Member, Followed]:
    """Who the peer is, and which of its epochs to follow."""
    owner = node.roster.roster.member(peer.node_id)
    if owner is None:
        raise LancangError(Code.PEER_UNKNOWN, peer.node_id)
    before = node.clock.now_ms()
    greeting = await peer.hello(node.roster, max(node.epochs, default=1))
    view.last_contact_ms = node.clock.now_ms()
    view.skew_ms = greeting.time_ms - (before + view.last_contact_ms) // 2
    view.capabilities = frozenset(greeting.capabilities)
    node.courier.heard_of(peer.node_id, node.clock.now_ms())
    await check_greeting(node, greeting)
    return owner, await followed_epochs(node, peer, owner, words)


async def _follow_older(node: Node, peer: Peer, view: PeerView, owner: Member, statement: EpochStatement) -> None:
    """Follow an epoch that has a follower, for its last batches. What goes wrong with it does not stop the new one."""
    pause = OLDER_PAUSE_SECONDS
    while True:
        try:
            await _follow(node, peer, view, owner, statement)
        except LancangError as problem:
            _log.info("older epoch not followed", peer=peer.node_id, epoch=statement.epoch, code=problem.code.value)
        else:
            return
        await asyncio.sleep(pause)
        pause = min(2 * pause, 32 * OLDER_PAUSE_SECONDS)


async def _keep_fault(
    node: Node, view: PeerView, problem: LancangError, words: SignedWords, copy: Copy | None = None
) -> None:
    """Report a fault, once: the loop that calls comes back every few seconds. A fork is kept with the copy itself."""
    if copy is not None and copy.forked:
        return
    if problem.code is Code.BATCH_FORK and copy is not None:
        copy.forked = True
        await report_index_fault(node, view.node_id, problem, words, copy.scope)
    elif problem.code in PROTOCOL_FAULTS and (view.fault is None or view.fault.code is not problem.code):
        await report_index_fault(node, view.node_id, problem, words)


async def _follow(
    node: Node, peer: Peer, view: PeerView, owner: Member, statement: EpochStatement, *, until_ms: int | None = None
) -> None:
    """Follow one epoch's chain until its stream ends. until_ms: that it is the newest, and for how long."""
    newest, words, epoch = until_ms is not None, SignedWords(), statement.epoch
    scope = Scope(node.alliance, owner.node_id, node.node_id, epoch)
    if epoch not in view.copies and (stored := await sound_copy(node, statement, scope)) is not None:
        view.copies[epoch] = stored
    copy = view.copies.get(epoch)
    if copy is not None and copy.forked:
        raise fork_of(scope)
    session = _Session(node, view, owner, statement, scope, newest)
    try:
        position = copy.state.position if copy is not None else None
        async for item in _alive(peer.subscribe(scope, position), node.policy.head_seconds * SILENCE_FACTOR):
            if isinstance(item, Head):
                known = view.copies[epoch].state.head if epoch in view.copies else None
                words.heads = (item,) if known is None else (known, item)
            await session.take(item)
            if until_ms is not None and isinstance(item, Head) and node.clock.now_ms() >= until_ms:
                break
    except LancangError as problem:
        await check_keys_agree(node, view, problem)
        await _keep_fault(node, view, problem, words, view.copies.get(epoch))
        raise
    finally:
        if newest:
            view.connected = False
        session.abandon()


@dataclass(frozen=True, slots=True)
class _Pending:
    """A batch that no head has vouched for yet, and what applying it gives. A batch of links adds no posting."""

    batch: Delta | Links
    state: ChainState
    labels: Words
    masked: Words
    revocations: tuple[Revocation, ...] = ()


@dataclass(slots=True)
class _Overlay:
    """The copy's labels and those of deltas that no head has vouched for yet."""

    index: IndexCopy
    pending: set[int] = field(default_factory=set)

    def find(self, label: int) -> int | None:
        return 0 if label in self.pending else self.index.find(label)

    def find_many(self, labels: Words) -> tuple[Found, Words]:
        found, masked = self.index.find_many(labels)
        if self.pending:
            found = found | np.fromiter((int(label) in self.pending for label in labels), dtype=np.bool_)
        return found, masked


class _Session:
    """One stream on its way in."""

    def __init__(
        self, node: Node, view: PeerView, owner: Member, statement: EpochStatement, scope: Scope, newest: bool
    ) -> None:
        self._node, self._view, self._owner, self._statement, self._scope = node, view, owner, statement, scope
        self._newest = newest
        self._secret = b""
        self._intake: SnapshotIntake | None = None
        self._writer: RunWriter | None = None
        self._snapshot_ms = 0
        self._pending: list[_Pending] = []
        self._pending_links = 0
        self._overlay: _Overlay | None = None
        self._opened = False

    async def take(self, item: IndexItem) -> None:
        """Take the next item of the stream in its order."""
        if isinstance(item, Opening):
            await self._open(item)
            return
        if not self._opened:
            raise LancangError(Code.MESSAGE_MALFORMED, "an index stream begins with its opening")
        if isinstance(item, bytes):
            await self._node.compute(self._take_chunk, item)
        elif isinstance(item, Delta | Links):
            await self._node.compute(self._take_batch, item)
        else:
            await self._take_head(item)

    async def _open(self, opening: Opening) -> None:
        if self._opened:
            raise LancangError(Code.MESSAGE_MALFORMED, "a stream has one opening")
        self._opened = True
        copy = self._copy
        if opening.snapshot is None:
            if copy is None:
                raise LancangError(Code.BATCH_GAP, "the stream resumes what this node never had")
            if copy.secret != opening.salt:
                raise LancangError(Code.BATCH_FORK, "the owner changed S within an epoch")
            return
        if copy is not None:
            raise LancangError(Code.BATCH_REPLAYED, "a snapshot for a copy that stands already")
        self._secret = opening.salt
        check_snapshot_size(self._node.policy, self._statement, opening.snapshot.postings)
        check_room(self._node.home, self._owner.node_id, opening.snapshot.postings * POSTING_BYTES_ON_DISK)
        state = ChainState(self._scope, Terms.of(self._statement))
        self._intake = SnapshotIntake(state, opening.snapshot)
        self._snapshot_ms = opening.snapshot.ms
        directory = copy_directory(self._node.home, self._scope)
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o700, parents=True)
        self._writer = RunWriter(directory, SNAPSHOT, opening.snapshot.postings)

    def _take_chunk(self, chunk: bytes) -> None:
        if self._intake is None or self._writer is None:
            raise LancangError(Code.MESSAGE_MALFORMED, "a snapshot chunk without a snapshot")
        with explained():
            self._writer.append(*self._intake.take(chunk))

    def _take_batch(self, batch: Delta | Links) -> None:
        copy = self._copy
        if copy is None:
            raise LancangError(Code.BATCH_GAP, "a batch before its snapshot's head")
        if len(self._pending) >= MOST_PENDING:
            raise LancangError(Code.BATCH_MALFORMED, f"more than {MOST_PENDING} batches without a head")
        state = self._pending[-1].state if self._pending else copy.state
        if isinstance(batch, Links):
            self._pending_links += len(batch.links)
            if self._pending_links > MOST_PENDING_LINKS:
                raise LancangError(Code.BATCH_MALFORMED, "more links without a head than any owner sends")
            none = np.empty(0, dtype=np.uint64)
            self._pending.append(_Pending(batch, apply_links(state, batch), none, none))
            return
        if self._overlay is None:
            self._overlay = _Overlay(copy.index)
        applied = apply_delta(state, batch, self._overlay)
        self._overlay.pending.update(applied.labels.tolist())
        self._pending.append(_Pending(batch, applied.state, applied.labels, applied.masked, applied.revocations))

    @property
    def _copy(self) -> Copy | None:
        return self._view.copies.get(self._scope.epoch)

    async def _take_head(self, head: Head) -> None:
        await self._node.compute(verify_head, head, self._scope, self._owner.signing_key)
        now = self._node.clock.now_ms()
        if self._intake is not None:
            await to_the_end(self._finish_snapshot(self._intake, head))
        else:
            await to_the_end(self._finish_deltas(head))
        self._view.last_contact_ms = now
        if not self._newest:
            return
        self._view.fault = None
        self._view.connected = True
        self._view.head_ms = head.ms
        INDEX_SEQ.labels(self._owner.node_id).set(head.seq)
        INDEX_AS_OF.labels(self._owner.node_id).set(head.ms / 1000)

    async def _finish_snapshot(self, intake: SnapshotIntake, head: Head) -> None:
        """Store a snapshot that its head vouches for, and search it from now on."""
        _check_vouches(head, accept_head(intake.finish(), head))
        if self._writer is None:
            raise LancangError(Code.BATCH_GAP, "a head before its snapshot")
        node, owner, epoch = self._node, self._owner.node_id, self._scope.epoch
        await node.compute(_committed, self._writer)
        secret, ms, digest = self._secret, self._snapshot_ms, head.hash

        def store(connection: Connection) -> None:
            table.begin(connection, node.sealer, owner, epoch, secret)
            run = table.Run(SNAPSHOT.file_name, 0, 0)
            table.complete(connection, owner, epoch, run, ms=ms, snapshot_hash=digest)
            table.record_head(connection, owner, epoch, signed_head(head))
            detail: Detail = {"epoch": epoch, "hash": digest.hex()}
            shared = Line(node.alliance, owner, node.node_id).of_snapshot(epoch, digest, secret)
            record_shared(connection, ActKind.INDEX_RECEIVED, node.node_id, owner, node.clock.now_ms(), detail, shared)

        await node.write(store)
        stored = await load_copy(node, self._statement, self._scope)
        if stored is None:
            raise LancangError(Code.INTERNAL, "a copy that was just stored is gone")
        self._view.copies[epoch] = stored
        self._intake = self._writer = None

    async def _finish_deltas(self, head: Head) -> None:
        """Store what the head vouches for, then let it be searched."""
        node, copy = self._node, self._copy
        if copy is None:
            raise LancangError(Code.BATCH_GAP, "a head before any snapshot")
        state = accept_head(self._pending[-1].state if self._pending else copy.state, head)
        _check_vouches(head, state)
        check_chain_size(node.policy, self._statement, state.postings)
        sizes = (len(each.labels) * POSTING_BYTES_ON_DISK for each in self._pending)
        check_room(node.home, self._owner.node_id, DELTA_COPIES * sum(sizes))
        pending, owner, epoch = self._pending, self._owner.node_id, self._scope.epoch

        known = await node.compute(successors_known, node, owner, epoch, [each.batch for each in pending])

        def store(connection: Connection) -> None:
            for each in pending:
                table.apply(connection, owner, epoch, _applied(each))
            table.record_head(connection, owner, epoch, signed_head(head))
            for carried_to, marks in known:
                known_tags.carry(connection, carried_to, marks)
                exclusions.carry(connection, carried_to, marks)

        await node.write(store)
        for each in pending:
            copy.index.apply_delta(each.batch.seq, each.labels, each.masked)
            copy.revoked.update(revocation.old for revocation in each.revocations)
        copy.state = state
        self._pending, self._pending_links, self._overlay = [], 0, None
        if copy.index.merge_due():
            await merge_copy(node, copy)

    def abandon(self) -> None:
        """Drop what no head has vouched for."""
        if self._writer is not None:
            self._writer.__exit__(None, None, None)
            self._writer = None


def _committed(writer: RunWriter) -> None:
    with explained():
        writer.commit()


def _applied(each: _Pending) -> table.AppliedDelta:
    batch, position = each.batch, started(each.state)
    if isinstance(batch, Links):
        return table.AppliedDelta(batch.seq, batch.ms, position.hash, b"", b"")
    return table.AppliedDelta(batch.seq, batch.ms, position.hash, batch.postings, batch.revocations)


def _check_vouches(head: Head, state: ChainState) -> None:
    """In a stream a head comes after its batch. Raises LancangError(BATCH_GAP) for one that names a batch not sent.

    The exchange lets a head run ahead; taken here it would let an owner sign that it is up to date and withhold what
    is new, or publish a snapshot that nothing it signed names.
    """
    if state.position is None or head.seq != state.position.seq:
        raise LancangError(Code.BATCH_GAP, f"a head of seq {head.seq} came without its batch")


async def _alive(stream: AsyncIterator[IndexItem], silence: float) -> AsyncIterator[IndexItem]:
    """The stream's items. Raises LancangError(NODE_TIMEOUT) when nothing comes for so many seconds."""
    items = aiter(stream)
    while True:
        try:
            async with asyncio.timeout(silence):
                item = await anext(items)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise LancangError(Code.NODE_TIMEOUT, f"no signed head for {silence:.0f} s") from None
        yield item
