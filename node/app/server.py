"""The two gRPC servers of a node: for peers on TCP, for officers on a unix socket. Both mTLS, reloaded live."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio as health_aio
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server
from grpc_reflection.v1alpha import reflection

from node.errors import Code, LancangError
from node.services.gate import Gate, GuardInterceptor, Method

GUARDED = ("/grpc.health.v1.Health/", "/grpc.reflection.")
MOST_MESSAGE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What a server presents and believes: PEM key and chain, and the roots as DER."""

    private_key: bytes
    certificate: bytes
    roots: tuple[bytes, ...]

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        """As gRPC wants it."""
        roots = "".join(ssl.DER_cert_to_PEM_cert(root) for root in self.roots).encode()
        return grpc.ssl_server_certificate_configuration([(self.private_key, self.certificate)], roots)


class Followed:
    """What a server presents, as gRPC asks for it at each handshake: told only where it changed.

    gRPC frees what it replaces, while handshakes on other threads may be using it. Replaced at each handshake, twenty
    at once, by anybody and without a certificate, ended the process.
    """

    def __init__(self, current: Callable[[], Credentials]) -> None:
        self._current = current
        self.shown = current()

    def __call__(self) -> grpc.ServerCertificateConfiguration | None:
        """The new configuration; None if it is still the one shown."""
        now = self._current()
        if now == self.shown:
            return None
        self.shown = now
        return now.configuration()


def server_credentials(current: Callable[[], Credentials]) -> grpc.ServerCredentials:
    """Credentials that follow current()."""
    followed = Followed(current)
    # The stubs do not know that None says "no change".
    fetch: Any = followed
    return grpc.dynamic_ssl_server_credentials(
        followed.shown.configuration(), fetch, require_client_authentication=True
    )


class Door:
    """One server with its gate, health and reflection."""

    def __init__(self, gate: Gate, methods: Sequence[Method[Any]]) -> None:
        options = [
            # Two nodes would otherwise share a port unseen.
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", MOST_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MOST_MESSAGE_BYTES),
            ("grpc.keepalive_time_ms", 30_000),
            ("grpc.keepalive_timeout_ms", 10_000),
            ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
            ("grpc.max_concurrent_streams", 256),
            ("grpc.max_metadata_size", 8_192),
        ]
        self.server = grpc.aio.server(interceptors=[GuardInterceptor(gate, GUARDED)], options=options)
        self.server.add_generic_rpc_handlers(gate.handlers(tuple(methods)))
        self.health = health_aio.HealthServicer()
        add_HealthServicer_to_server(self.health, self.server)
        services = sorted({method.name.rpartition("/")[0].lstrip("/") for method in methods})
        reflection.enable_server_reflection([*services, "grpc.health.v1.Health", reflection.SERVICE_NAME], self.server)

    def bind(self, address: str, credentials: grpc.ServerCredentials) -> int:
        """Listen. Returns the port. Raises LancangError(CONFIG_INVALID) when the address is taken."""
        try:
            return self.server.add_secure_port(address, credentials)
        except RuntimeError:
            raise LancangError(
                Code.CONFIG_INVALID,
                f"listen: cannot bind {address}; another process may hold it",
                remedy="Choose another address in node.toml, or stop the process that holds it.",
            ) from None

    async def serve(self) -> None:
        """Start, and say so to health checks."""
        await self.server.start()
        await self.health.set("", health_pb2.HealthCheckResponse.SERVING)

    async def drain(self, grace_seconds: float) -> None:
        """Say NOT_SERVING, take no new calls, let the present ones end within grace_seconds."""
        await self.health.enter_graceful_shutdown()
        await self.server.stop(grace_seconds)
