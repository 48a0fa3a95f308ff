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
from sqlalchemy import Connection

from node.acts.copies import PeerView, fork_of
from node.acts.copy_files import SNAPSHOT, copy_directory, load_copy, merge_copy, signed_head, sound_copy
from node.acts.greet import check_greeting
from node.acts.node import Node
from node.acts.peer import IndexItem, Opening, Peer
from node.acts.peer_epochs import serving_epoch
from node.acts.report_fault import PROTOCOL_FAULTS, SignedWords, report_index_fault
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.chain import Applied, ChainState, SnapshotIntake, accept_head, apply_delta
from node.exchange.head import verify_head
from node.exchange.terms import Found, Terms, Words
from node.model.batch import Delta, Head
from node.model.epoch import EpochStatement
from node.model.roster import Member
from node.model.scope import Scope
from node.observe import INDEX_AS_OF, INDEX_SEQ
from node.storage import copies as table
from node.storage.index_files import IndexCopy, RunWriter

MOST_PENDING = 256
# No head for so long: the stream is dead even if TCP does not know it yet.
SILENCE_FACTOR = 3


async def sync_index(node: Node, peer: Peer) -> None:
    """One session with a peer, until its stream ends. Raises LancangError: what the peer did wrong, or that it left."""
    view = node.copies.view(peer.node_id)
    words = SignedWords()
    try:
        await _follow(node, peer, view, words)
    except LancangError as problem:
        await _keep_fault(node, view, problem, words)
        raise


async def _keep_fault(node: Node, view: PeerView, problem: LancangError, words: SignedWords) -> None:
    """Report a fault, once: the loop that calls comes back every few seconds. A fork is kept with the copy itself."""
    copy = view.copy
    if copy is not None and copy.forked:
        return
    if problem.code is Code.BATCH_FORK and copy is not None:
        copy.forked = True
        await report_index_fault(node, view.node_id, problem, words, copy.scope)
    elif problem.code in PROTOCOL_FAULTS and (view.fault is None or view.fault.code is not problem.code):
        await report_index_fault(node, view.node_id, problem, words)


async def _follow(node: Node, peer: Peer, view: PeerView, words: SignedWords) -> None:
    owner = node.roster.roster.member(peer.node_id)
    if owner is None:
        raise LancangError(Code.PEER_UNKNOWN, peer.node_id)
    before = node.clock.now_ms()
    greeting = await peer.hello(node.roster)
    view.last_contact_ms = node.clock.now_ms()
    view.skew_ms = greeting.time_ms - (before + view.last_contact_ms) // 2
    await check_greeting(node, greeting)
    statement = await serving_epoch(node, peer, owner, words)
    scope = Scope(node.alliance, owner.node_id, node.node_id, statement.epoch)
    if view.copy is None or view.copy.scope != scope:
        view.copy = await sound_copy(node, statement, scope)
    if view.copy is not None and view.copy.forked:
        raise fork_of(scope)
    session = _Session(node, view, owner, statement, scope)
    try:
        position = view.copy.state.position if view.copy is not None else None
        async for item in _alive(peer.subscribe(scope, position), node.policy.head_seconds * SILENCE_FACTOR):
            if isinstance(item, Head):
                known = view.copy.state.head if view.copy is not None else None
                words.heads = (item,) if known is None else (known, item)
            await session.take(item)
    finally:
        view.connected = False
        session.abandon()


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

    def __init__(self, node: Node, view: PeerView, owner: Member, statement: EpochStatement, scope: Scope) -> None:
        self._node, self._view, self._owner, self._statement, self._scope = node, view, owner, statement, scope
        self._secret = b""
        self._intake: SnapshotIntake | None = None
        self._writer: RunWriter | None = None
        self._snapshot_ms = 0
        self._pending: list[tuple[Delta, Applied]] = []
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
        elif isinstance(item, Delta):
            await self._node.compute(self._take_delta, item)
        else:
            await self._take_head(item)

    async def _open(self, opening: Opening) -> None:
        if self._opened:
            raise LancangError(Code.MESSAGE_MALFORMED, "a stream has one opening")
        self._opened = True
        copy = self._view.copy
        if opening.snapshot is None:
            if copy is None:
                raise LancangError(Code.BATCH_GAP, "the stream resumes what this node never had")
            if copy.secret != opening.salt:
                raise LancangError(Code.BATCH_FORK, "the owner changed S within an epoch")
            return
        if copy is not None:
            raise LancangError(Code.BATCH_REPLAYED, "a snapshot for a copy that stands already")
        self._secret = opening.salt
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
        self._writer.append(*self._intake.take(chunk))

    def _take_delta(self, delta: Delta) -> None:
        copy = self._view.copy
        if copy is None:
            raise LancangError(Code.BATCH_GAP, "a delta before its snapshot's head")
        if len(self._pending) >= MOST_PENDING:
            raise LancangError(Code.BATCH_MALFORMED, f"more than {MOST_PENDING} deltas without a head")
        if self._overlay is None:
            self._overlay = _Overlay(copy.index)
        state = self._pending[-1][1].state if self._pending else copy.state
        applied = apply_delta(state, delta, self._overlay)
        self._overlay.pending.update(applied.labels.tolist())
        self._pending.append((delta, applied))

    async def _take_head(self, head: Head) -> None:
        await self._node.compute(verify_head, head, self._scope, self._owner.signing_key)
        now = self._node.clock.now_ms()
        if self._intake is not None:
            await self._finish_snapshot(self._intake, head)
        else:
            await self._finish_deltas(head)
        self._view.fault = None
        self._view.connected = True
        self._view.last_contact_ms = now
        INDEX_SEQ.labels(self._owner.node_id).set(head.seq)
        INDEX_AS_OF.labels(self._owner.node_id).set(head.ms / 1000)

    async def _finish_snapshot(self, intake: SnapshotIntake, head: Head) -> None:
        """Store a snapshot that its head vouches for, and search it from now on."""
        _check_vouches(head, accept_head(intake.finish(), head))
        if self._writer is None:
            raise LancangError(Code.BATCH_GAP, "a head before its snapshot")
        node, owner, epoch = self._node, self._owner.node_id, self._scope.epoch
        await node.compute(self._writer.commit)
        secret, ms, digest = self._secret, self._snapshot_ms, head.hash

        def store(connection: Connection) -> None:
            table.begin(connection, node.sealer, owner, epoch, secret)
            run = table.Run(SNAPSHOT.file_name, 0, 0)
            table.complete(connection, owner, epoch, run, ms=ms, snapshot_hash=digest)
            table.record_head(connection, owner, epoch, signed_head(head))
            detail: Detail = {"epoch": epoch, "seq": head.seq, "hash": digest.hex()}
            record_act(connection, ActKind.INDEX_RECEIVED, node.node_id, owner, node.clock.now_ms(), detail)

        await node.write(store)
        self._view.copy = await load_copy(node, self._statement, self._scope)
        self._intake = self._writer = None

    async def _finish_deltas(self, head: Head) -> None:
        """Store what the head vouches for, then let it be searched."""
        node, copy = self._node, self._view.copy
        if copy is None:
            raise LancangError(Code.BATCH_GAP, "a head before any snapshot")
        state = accept_head(self._pending[-1][1].state if self._pending else copy.state, head)
        _check_vouches(head, state)
        pending, owner, epoch = self._pending, self._owner.node_id, self._scope.epoch

        def store(connection: Connection) -> None:
            for delta, applied in pending:
                position = applied.position
                table.apply(
                    connection,
                    owner,
                    epoch,
                    table.AppliedDelta(delta.seq, delta.ms, position.hash, delta.postings, delta.revocations),
                )
            table.record_head(connection, owner, epoch, signed_head(head))

        await node.write(store)
        for delta, applied in pending:
            copy.index.apply_delta(delta.seq, applied.labels, applied.masked)
            copy.revoked.update(revocation.old for revocation in applied.revocations)
        copy.state = state
        self._pending, self._overlay = [], None
        if copy.index.merge_due():
            await merge_copy(node, copy)

    def abandon(self) -> None:
        """Drop what no head has vouched for."""
        if self._writer is not None:
            self._writer.__exit__(None, None, None)
            self._writer = None


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
