"""Calling a real node with raw bytes under any certificate, and reading how it refuses, as an outsider sees it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from certs.profiles import dns_name
from node.peers.channel import Identity, channel_options

DOMAIN = "lancang"
USUAL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a call was refused. code: the LCG code, '' if none came; everything: all bytes that crossed the wire."""

    status: grpc.StatusCode
    code: str
    message: str
    retry_ms: int | None
    everything: bytes


class RefusedError(Exception):
    """A call that did not end well."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(f"{refusal.status.name} {refusal.code} {refusal.message}")


@dataclass(slots=True)
class Caller:
    """One channel to one door under one certificate."""

    # Raw bytes pass here; the stubs know channels of messages only.
    channel: Any
    streams: list[Any] = field(default_factory=list)

    def unary(self, method: str, data: bytes, *, seconds: float | None = USUAL_SECONDS) -> bytes:
        """Send data as it is; the answer as it comes. Raises RefusedError."""
        try:
            answer: bytes = self.channel.unary_unary(method)(data, timeout=seconds)
        except grpc.RpcError as error:
            raise RefusedError(read_refusal(error)) from None
        return answer

    def stream(self, method: str, data: bytes, *, seconds: float | None = USUAL_SECONDS) -> Iterator[bytes]:
        """Send one message; yield the stream. Raises RefusedError."""
        call = self.channel.unary_stream(method)(data, timeout=seconds)
        self.streams.append(call)
        return _read(call)

    def both(
        self, method: str, messages: Sequence[bytes] | Iterator[bytes], *, seconds: float | None = USUAL_SECONDS
    ) -> Iterator[bytes]:
        """Send many messages; yield the stream. Raises RefusedError."""
        call = self.channel.stream_stream(method)(iter(messages), timeout=seconds)
        self.streams.append(call)
        return _read(call)

    def close(self) -> None:
        """Cancel what still streams, then close."""
        for call in self.streams:
            call.cancel()
        self.channel.close()


def _read(call: Any) -> Iterator[bytes]:
    try:
        yield from call
    except grpc.RpcError as error:
        raise RefusedError(read_refusal(error)) from None


def read_refusal(error: Any) -> Refusal:
    """What a failed call says. Raises AssertionError if its details are not ErrorInfo or RetryInfo."""
    trailing = error.trailing_metadata() or ()
    everything = b"\n".join(
        [(error.details() or "").encode(), *(v if isinstance(v, bytes) else v.encode() for _, v in trailing)]
    )
    code, retry = "", None
    rich = rpc_status.from_call(error)
    for detail in rich.details if rich is not None else ():
        info, delay = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            assert info.domain == DOMAIN
            assert set(info.metadata) == {"remedy"}
            code = info.reason
        elif detail.Unpack(delay):
            retry = delay.retry_delay.ToMilliseconds()
        else:
            raise AssertionError(f"an unexpected detail: {detail.type_url}")
    return Refusal(error.code(), code, error.details() or "", retry, everything)


@contextmanager
def calling(
    target: str, node_id: str, root_der: bytes, identity: Identity | None, *, alliance: str = "mekong"
) -> Iterator[Caller]:
    """A channel to node_id at target that believes root_der and presents identity, or nothing."""
    root = ssl.DER_cert_to_PEM_cert(root_der).encode()
    if identity is None:
        credentials = grpc.ssl_channel_credentials(root)
    else:
        credentials = grpc.ssl_channel_credentials(root, identity.private_key, identity.certificate)
    channel = grpc.secure_channel(target, credentials, options=channel_options(dns_name(alliance, node_id)))
    caller = Caller(channel)
    try:
        yield caller
    finally:
        caller.close()


def refusal_of(caller: Caller, method: str, data: bytes, *, seconds: float | None = USUAL_SECONDS) -> Refusal:
    """The refusal that a unary call must meet. AssertionError if it is answered."""
    try:
        answer = caller.unary(method, data, seconds=seconds)
    except RefusedError as refused:
        return refused.refusal
    raise AssertionError(f"{method} was answered with {len(answer)} bytes")


def stream_refusal_of(messages: Iterator[bytes]) -> Refusal:
    """The refusal that ends a stream, whatever came before. AssertionError if it ends well."""
    count = 0
    try:
        for _ in messages:
            count += 1
    except RefusedError as refused:
        return refused.refusal
    raise AssertionError(f"the stream ended well after {count} messages")
