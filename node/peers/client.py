"""A peer from the calling side: the session, matching and courier contracts as plain calls on the model.

Every call carries a deadline; every failure is a LancangError that says whether the peer is away or wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from node.acts.runtime.peer import IndexItem, Opening
from node.audit.checkpoints import Beginning
from node.errors import Code, LancangError
from node.model.ask import Ask, AskAnswer, AskOutcome
from node.model.batch import ChainPosition, Delta, Head, Links
from node.model.checkpoint import Cosignature, SharedPage, SignedCheckpoint
from node.model.counts import MonthCounts
from node.model.courier import LetterOutcome, SignedLetter
from node.model.epoch import SignedEpoch
from node.model.roster import SignedRoster
from node.model.scope import Scope
from node.model.session import CONTRACT, MOST_EPOCHS, REQUIRED, Greeting
from node.v1 import (
    audit_pb2,
    audit_pb2_grpc,
    counts_pb2,
    counts_pb2_grpc,
    courier_pb2_grpc,
    matching_pb2,
    matching_pb2_grpc,
    session_pb2,
    session_pb2_grpc,
)
from node.wire import audit as audit_wire
from node.wire import courier
from node.wire import matching as wire
from node.wire.counts import counts_from_message
from node.wire.session import epoch_from_message, greeting_from_message
from node.wire.status import HANDSHAKE_FAILED, from_rpc_error

SHORT_SECONDS = 10.0
STREAM_SECONDS = 14 * 60.0
MOVE_SECONDS = 5.0
OPEN_SECONDS = 8.0
LIST_SECONDS = 30.0


T = TypeVar("T")
Opener = Callable[[float], Awaitable[grpc.aio.Channel]]
"""Opens a channel to a peer within so many seconds, or raises a LancangError."""


class _Stubs:
    """One channel, and what is called on it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.session = session_pb2_grpc.SessionServiceStub(channel)
        self.matching = matching_pb2_grpc.MatchingServiceStub(channel)
        self.courier = courier_pb2_grpc.CourierServiceStub(channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)
        self.counts = counts_pb2_grpc.CountsServiceStub(channel)


class PeerClient:
    """Calls one peer over a channel that the first call opens. Raises LancangError only.

    The channel believes the one certificate that the peer presented when it was opened. Where the peer renewed it, the
    next handshake fails: the channel is then opened anew, and the call made once more.
    """

    def __init__(self, node_id: str, opener: Opener) -> None:
        self.node_id = node_id
        self._opener = opener
        self._stubs: _Stubs | None = None
        self._opening: asyncio.Task[_Stubs] | None = None

    async def _ready(self, seconds: float = SHORT_SECONDS) -> _Stubs:
        if self._stubs is not None:
            return self._stubs
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._open())
            # Also where nobody waits for it any more.
            self._opening.add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            async with asyncio.timeout(seconds):
                # For all who call meanwhile there is one attempt.
                return await asyncio.shield(self._opening)
        except TimeoutError:
            raise LancangError(Code.NODE_TIMEOUT) from None
        except asyncio.CancelledError:
            if _channel_closed():
                raise LancangError(Code.NODE_UNREACHABLE, "its channel was closed during the call") from None
            raise

    async def _open(self) -> _Stubs:
        opener = self._opener
        stubs = _Stubs(await opener(OPEN_SECONDS))
        if opener is not self._opener:
            # It was moved meanwhile: what was opened leads to where it was before.
            await stubs.channel.close()
            raise LancangError(Code.NODE_UNREACHABLE, "it moves to another channel")
        self._stubs = stubs
        return stubs

    async def _call(
        self, method: Callable[[_Stubs], Callable[..., Awaitable[T]]], request: Message, seconds: float = SHORT_SECONDS
    ) -> T:
        stubs = await self._ready(seconds)
        try:
            return await _called(method(stubs)(request, timeout=seconds))
        except LancangError as problem:
            if not await self._outdated(stubs, problem):
                raise
        stubs = await self._ready(seconds)
        return await _called(method(stubs)(request, timeout=seconds))

    async def _outdated(self, stubs: _Stubs, problem: LancangError) -> bool:
        """Whether a handshake failed, so that the certificate is to be looked at again."""
        if problem.code is not Code.PEER_CERTIFICATE or problem.detail != HANDSHAKE_FAILED:
            return False
        if self._stubs is stubs:
            self._stubs = None
            await stubs.channel.close()
        return True

    async def move_to(self, opener: Opener, *, grace: float = MOVE_SECONDS) -> None:
        """Change the channel; calls on the old one get grace seconds to end, streams resume by themselves."""
        old, self._stubs, self._opener, self._opening = self._stubs, None, opener, None
        if old is not None:
            await old.channel.close(grace=grace)

    async def hello(self, roster: SignedRoster, own_epochs_from: int = 0) -> Greeting:
        """Greet, and check that the peer is who the roster says. It tells which epochs of ours it knows from there."""
        request = session_pb2.HelloRequest(
            contract=CONTRACT,
            required_capabilities=sorted(REQUIRED),
            roster_version=roster.roster.version,
            roster_hash=roster.hash,
            own_epochs_from=own_epochs_from,
        )
        greeting = greeting_from_message(await self._call(lambda on: on.session.Hello, request))
        if greeting.node_id != self.node_id:
            raise LancangError(Code.PEER_CERTIFICATE, f"{self.node_id} calls itself {greeting.node_id}")
        return greeting

    async def epochs(self, first: int) -> tuple[SignedEpoch, ...]:
        """The peer's epoch statements from a number on."""
        request = session_pb2.ListEpochsRequest(from_epoch=first)
        response = await self._call(lambda on: on.session.ListEpochs, request)
        if len(response.epochs) > MOST_EPOCHS:
            raise LancangError(Code.MESSAGE_MALFORMED, f"more than {MOST_EPOCHS} epochs at once")
        return tuple(epoch_from_message(epoch) for epoch in response.epochs)

    async def roster(self, version: int) -> bytes:
        """One version of the roster, as signed; nothing of it is checked here."""
        request = session_pb2.FetchRosterRequest(version=version)
        response = await self._call(lambda on: on.session.FetchRoster, request)
        return response.signed_roster

    async def ask(self, ask: Ask, seconds: float) -> AskAnswer:
        """Send one ask."""
        response = await self._call(lambda on: on.matching.Ask, wire.ask_to_message(ask), seconds)
        return wire.answer_from_message(response)

    async def ask_many(self, asks: Sequence[Ask], seconds: float) -> list[AskOutcome]:
        """Send several asks in one call."""
        response = await self._call(lambda on: on.matching.AskMany, wire.asks_to_message(asks), seconds)
        return wire.outcomes_from_message(response, len(asks))

    async def deliver(self, letters: Sequence[SignedLetter], seconds: float) -> list[LetterOutcome]:
        """Hand over several letters in one call."""
        response = await self._call(lambda on: on.courier.Deliver, courier.letters_to_message(letters), seconds)
        return courier.outcomes_from_message(response, len(letters))

    async def counts(self, month: str) -> MonthCounts:
        """What the peer tells of a month that is over; this node must be an observer."""
        request = counts_pb2.GetCountsRequest(month=month)
        response = await self._call(lambda stubs: stubs.counts.GetCounts, request)
        return counts_from_message(response, self.node_id, month)

    async def cosign(
        self, signed: SignedCheckpoint, from_size: int, proof: Sequence[bytes], beginning: Beginning | None
    ) -> Cosignature:
        """Have a checkpoint vouched for; the cosignature is not checked here."""
        request = audit_wire.cosign_to_message(signed, from_size, proof, beginning)
        response = await self._call(lambda on: on.audit.Cosign, request)
        return audit_wire.cosignature_from_message(response.cosignature)

    async def checkpoints(self, owner: str = "") -> list[SignedCheckpoint]:
        """What the peer knows of logs; no signature is checked here."""
        request = audit_pb2.GetCheckpointsRequest(owner=owner)
        return audit_wire.checkpoints_from_message(await self._call(lambda on: on.audit.GetCheckpoints, request))

    async def consistency(self, first: int, size: int) -> list[bytes]:
        """The peer's proof that its log grew; it is not checked here."""
        request = audit_pb2.GetConsistencyRequest(first=first, size=size)
        response = await self._call(lambda on: on.audit.GetConsistency, request)
        return list(audit_wire.proof_from_bytes(response.proof, "proof"))

    async def shared(self, after: int, limit: int, size: int) -> SharedPage:
        """The peer's leaves that concern this node; nothing of them is checked here."""
        request = audit_pb2.ListSharedRequest(after=after, limit=limit, size=size)
        return audit_wire.shared_from_message(await self._call(lambda on: on.audit.ListShared, request, LIST_SECONDS))

    async def subscribe(self, scope: Scope, position: ChainPosition | None) -> AsyncIterator[IndexItem]:
        """Stream the index of scope from a position on; the first item is an Opening."""
        request = matching_pb2.SubscribeIndexRequest(epoch=scope.epoch)
        if position is not None:
            request.position.CopyFrom(wire.position_to_message(position))
        stubs, begun = await self._ready(), False
        call = stubs.matching.SubscribeIndex(request, timeout=STREAM_SECONDS)
        try:
            async for message in call:
                begun = True
                yield _item(_parsed(message), scope)
        except grpc.RpcError as error:
            problem = from_rpc_error(error)
            if await self._outdated(stubs, problem) and not begun:
                problem = LancangError(Code.NODE_UNREACHABLE, "its certificate is looked at again")
            raise problem from None
        except asyncio.CancelledError:
            # The client moved to another channel: the stream has ended, and its reader resumes on the new one.
            if not _channel_closed():
                raise
        finally:
            call.cancel()

    async def close(self) -> None:
        """Close the channel."""
        if self._opening is not None:
            self._opening.cancel()
        if self._stubs is not None:
            await self._stubs.channel.close()


def _item(message: matching_pb2.SubscribeIndexResponse, scope: Scope) -> IndexItem:
    kind = message.WhichOneof("message")
    if kind == "opening":
        salt, snapshot = wire.opening_from_message(message.opening, scope)
        return Opening(salt, snapshot)
    if kind == "snapshot_chunk":
        return message.snapshot_chunk
    if kind == "delta":
        delta: Delta = wire.delta_from_message(message.delta, scope)
        return delta
    if kind == "links":
        links: Links = wire.links_from_message(message.links, scope)
        return links
    if kind == "head":
        head: Head = wire.head_from_message(message.head, scope)
        return head
    raise LancangError(Code.MESSAGE_MALFORMED, "an index message of unknown kind")


async def _called(call: Awaitable[T]) -> T:
    try:
        return _parsed(await call)
    except grpc.RpcError as error:
        raise from_rpc_error(error) from None
    except asyncio.CancelledError:
        if _channel_closed():
            raise LancangError(Code.NODE_UNREACHABLE, "its channel was closed during the call") from None
        raise


def _channel_closed() -> bool:
    """Whether a call was cancelled with its channel, and not with the task that awaits it.

    gRPC tells both by CancelledError; taken for the task's own end it would end whoever follows a peer, silently.
    """
    task = asyncio.current_task()
    return task is not None and not task.cancelling()


def _parsed(message: T | None) -> T:
    """What came, if it is a message: gRPC gives None for bytes that its deserialiser refused."""
    if message is None:
        raise LancangError(Code.MESSAGE_MALFORMED, "not a message of this method")
    return message
