"""A channel to one peer: the certificate it is known to present as the only one believed, its own name, ours shown."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import grpc

KEEPALIVE_MS = 20_000
# A snapshot chunk is 1 MiB; an ask 2 kB.
MOST_MESSAGE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """What we present: certificate chain and private key, PEM."""

    certificate: bytes
    private_key: bytes


def channel_options(server_name: str) -> list[tuple[str, str | int]]:
    """Options of every channel: the expected name, no proxy, keep-alive, bounded messages and quick reconnects."""
    return [
        ("grpc.ssl_target_name_override", server_name),
        ("grpc.enable_http_proxy", 0),
        ("grpc.keepalive_time_ms", KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.max_receive_message_length", MOST_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MOST_MESSAGE_BYTES),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        # Channels of one process must not share connections: each has its own root and identity.
        ("grpc.use_local_subchannel_pool", 1),
    ]


def open_channel(target: str, believed_der: bytes, server_name: str, identity: Identity) -> grpc.aio.Channel:
    """A channel that believes this certificate (DER) alone, and what it issued if it is a CA's, under this name.

    A leaf is a root like any other: gRPC verifies with X509_V_FLAG_PARTIAL_CHAIN. target: host:port or unix:PATH.
    """
    root = ssl.DER_cert_to_PEM_cert(believed_der).encode()
    credentials = grpc.ssl_channel_credentials(root, identity.private_key, identity.certificate)
    return grpc.aio.secure_channel(target, credentials, options=channel_options(server_name))
