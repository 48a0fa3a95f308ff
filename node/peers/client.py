"""A peer from the calling side: the session, matching and courier contracts as plain calls on the model.

Every call carries a deadline; every failure is a LancangError that says whether the peer is away or wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import TypeVar

import grpc

from node.acts.runtime.peer import IndexItem, Opening
from node.audit.checkpoints import Beginning
from node.errors import Code, LancangError
from node.model.ask import Ask, AskAnswer, AskOutcome
from node.model.batch import ChainPosition, Delta, Head, Links
from node.model.checkpoint import Cosignature, SharedPage, SignedCheckpoint
from node.model.courier import LetterOutcome, SignedLetter
from node.model.epoch import SignedEpoch
from node.model.roster import SignedRoster
from node.model.scope import Scope
from node.model.session import CONTRACT, MOST_EPOCHS, REQUIRED, Greeting
from node.v1 import (
    audit_pb2,
    audit_pb2_grpc,
    courier_pb2_grpc,
    matching_pb2,
    matching_pb2_grpc,
    session_pb2,
    session_pb2_grpc,
)
from node.wire import audit as audit_wire
from node.wire import courier
from node.wire import matching as wire
from node.wire.session import epoch_from_message, greeting_from_message
from node.wire.status import from_rpc_error

SHORT_SECONDS = 10.0
STREAM_SECONDS = 14 * 60.0
MOVE_SECONDS = 5.0
LIST_SECONDS = 30.0


class PeerClient:
    """Calls one peer over its channel. Raises LancangError only."""

    def __init__(self, node_id: str, channel: grpc.aio.Channel) -> None:
        self.node_id = node_id
        self._use(channel)

    def _use(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._session = session_pb2_grpc.SessionServiceStub(channel)
        self._matching = matching_pb2_grpc.MatchingServiceStub(channel)
        self._courier = courier_pb2_grpc.CourierServiceStub(channel)
        self._audit = audit_pb2_grpc.AuditServiceStub(channel)

    async def move_to(self, channel: grpc.aio.Channel, *, grace: float = MOVE_SECONDS) -> None:
        """Change the channel; calls on the old one get grace seconds to end, streams resume by themselves."""
        old = self._channel
        self._use(channel)
        await old.close(grace=grace)

    async def hello(self, roster: SignedRoster, own_epochs_from: int = 0) -> Greeting:
        """Greet, and check that the peer is who the roster says. It tells which epochs of ours it knows from there."""
        request = session_pb2.HelloRequest(
            contract=CONTRACT,
            required_capabilities=sorted(REQUIRED),
            roster_version=roster.roster.version,
            roster_hash=roster.hash,
            own_epochs_from=own_epochs_from,
        )
        greeting = greeting_from_message(await _called(self._session.Hello(request, timeout=SHORT_SECONDS)))
        if greeting.node_id != self.node_id:
            raise LancangError(Code.PEER_CERTIFICATE, f"{self.node_id} calls itself {greeting.node_id}")
        return greeting

    async def epochs(self, first: int) -> tuple[SignedEpoch, ...]:
        """The peer's epoch statements from a number on."""
        request = session_pb2.ListEpochsRequest(from_epoch=first)
        response = await _called(self._session.ListEpochs(request, timeout=SHORT_SECONDS))
        if len(response.epochs) > MOST_EPOCHS:
            raise LancangError(Code.MESSAGE_MALFORMED, f"more than {MOST_EPOCHS} epochs at once")
        return tuple(epoch_from_message(epoch) for epoch in response.epochs)

    async def roster(self, version: int) -> bytes:
        """One version of the roster, as signed; nothing of it is checked here."""
        request = session_pb2.FetchRosterRequest(version=version)
        response = await _called(self._session.FetchRoster(request, timeout=SHORT_SECONDS))
        return response.signed_roster

    async def ask(self, ask: Ask, seconds: float) -> AskAnswer:
        """Send one ask."""
        response = await _called(self._matching.Ask(wire.ask_to_message(ask), timeout=seconds))
        return wire.answer_from_message(response)

    async def ask_many(self, asks: Sequence[Ask], seconds: float) -> list[AskOutcome]:
        """Send several asks in one call."""
        response = await _called(self._matching.AskMany(wire.asks_to_message(asks), timeout=seconds))
        return wire.outcomes_from_message(response, len(asks))

    async def deliver(self, letters: Sequence[SignedLetter], seconds: float) -> list[LetterOutcome]:
        """Hand over several letters in one call."""
        response = await _called(self._courier.Deliver(courier.letters_to_message(letters), timeout=seconds))
        return courier.outcomes_from_message(response, len(letters))

    async def cosign(
        self, signed: SignedCheckpoint, from_size: int, proof: Sequence[bytes], beginning: Beginning | None
    ) -> Cosignature:
        """Have a checkpoint vouched for; the cosignature is not checked here."""
        request = audit_wire.cosign_to_message(signed, from_size, proof, beginning)
        response = await _called(self._audit.Cosign(request, timeout=SHORT_SECONDS))
        return audit_wire.cosignature_from_message(response.cosignature)

    async def checkpoints(self, owner: str = "") -> list[SignedCheckpoint]:
        """What the peer knows of logs; no signature is checked here."""
        request = audit_pb2.GetCheckpointsRequest(owner=owner)
        return audit_wire.checkpoints_from_message(
            await _called(self._audit.GetCheckpoints(request, timeout=SHORT_SECONDS))
        )

    async def consistency(self, first: int, size: int) -> list[bytes]:
        """The peer's proof that its log grew; it is not checked here."""
        request = audit_pb2.GetConsistencyRequest(first=first, size=size)
        response = await _called(self._audit.GetConsistency(request, timeout=SHORT_SECONDS))
        return list(audit_wire.proof_from_bytes(response.proof, "proof"))

    async def shared(self, after: int, limit: int, size: int) -> SharedPage:
        """The peer's leaves that concern this node; nothing of them is checked here."""
        request = audit_pb2.ListSharedRequest(after=after, limit=limit, size=size)
        return audit_wire.shared_from_message(await _called(self._audit.ListShared(request, timeout=LIST_SECONDS)))

    async def subscribe(self, scope: Scope, position: ChainPosition | None) -> AsyncIterator[IndexItem]:
        """Stream the index of scope from a position on; the first item is an Opening."""
        request = matching_pb2.SubscribeIndexRequest(epoch=scope.epoch)
        if position is not None:
            request.position.CopyFrom(wire.position_to_message(position))
        call = self._matching.SubscribeIndex(request, timeout=STREAM_SECONDS)
        try:
            async for message in call:
                yield _item(_parsed(message), scope)
        except grpc.RpcError as error:
            raise from_rpc_error(error) from None
        except asyncio.CancelledError:
            # The client moved to another channel: the stream has ended, and its reader resumes on the new one.
            if not _channel_closed():
                raise
        finally:
            call.cancel()

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close()


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


T = TypeVar("T")


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
