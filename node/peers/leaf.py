"""Which certificate a peer's server presents: asked in a handshake of its own, before a channel believes it.

gRPC's Python client checks a server's chain and name, and does not show its certificate; so a certificate that the
roster has revoked would be believed until it expires. Asked here, checked against the roster, and then believed alone
(channel.py), it is not. RFC 8446: the server shows its certificate before it asks for ours, so ours is not needed.
"""

from __future__ import annotations

import asyncio
import ssl

from node.config import Address
from node.errors import Code, LancangError
from node.wire.status import HANDSHAKE_FAILED


async def presented_leaf(target: str, root_der: bytes, server_name: str, seconds: float) -> bytes:
    """The certificate (DER) that is presented at target, host:port, under this root (DER) and for this name.

    Raises LancangError: NODE_UNREACHABLE, NODE_TIMEOUT, PEER_CERTIFICATE.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=root_der)
    context.set_alpn_protocols(["h2"])
    address = Address.parse(target)
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(
                address.host, address.port, ssl=context, server_hostname=server_name
            )
    except TimeoutError:
        raise LancangError(Code.NODE_TIMEOUT) from None
    except (ssl.SSLCertVerificationError, ssl.CertificateError):
        raise LancangError(Code.PEER_CERTIFICATE, HANDSHAKE_FAILED) from None
    except OSError:
        # Also another failure of TLS: a line that broke while greeting says nothing of certificates.
        raise LancangError(Code.NODE_UNREACHABLE) from None
    try:
        shown: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    if shown is None:
        raise LancangError(Code.PEER_CERTIFICATE, HANDSHAKE_FAILED)
    return shown
