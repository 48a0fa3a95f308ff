"""From a TLS connection to the certificate of who is at its other end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from node.errors import Code, LancangError


def leaf_of(auth_context: Mapping[str, Iterable[bytes]]) -> bytes:
    """The caller's leaf certificate as DER. Raises LancangError(PEER_CERTIFICATE)."""
    certificates = list(auth_context.get("x509_pem_cert", ()))
    if len(certificates) != 1:
        raise LancangError(Code.PEER_CERTIFICATE, "the call carries no client certificate")
    try:
        return x509.load_pem_x509_certificate(certificates[0]).public_bytes(Encoding.DER)
    except ValueError:
        raise LancangError(Code.PEER_CERTIFICATE, "the client certificate cannot be read") from None
