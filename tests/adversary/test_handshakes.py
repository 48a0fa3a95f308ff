"""Handshakes that are begun and dropped, many at once, by somebody without any certificate."""

from __future__ import annotations

import asyncio
import socket
import ssl

from tests.support.hostile_target import TARGET, Target

AT_ONCE, ROUNDS = 24, 40


async def _broken(host: str, port: int) -> None:
    """Say hello to TLS, and go away as soon as the server has answered, or before."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    try:
        async with asyncio.timeout(10):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
        writer.transport.abort()
    except (OSError, TimeoutError):
        return


async def _storm(host: str, port: int) -> None:
    for _ in range(ROUNDS):
        await asyncio.gather(*(_broken(host, port) for _ in range(AT_ONCE)))


def test_a_storm_of_broken_handshakes_does_not_end_the_node(target: Target) -> None:
    address = target.running.node(TARGET).endpoint
    asyncio.run(_storm(address.host, address.port))
    with socket.create_connection((address.host, address.port), timeout=5):
        pass
    target.serves()
