"""What an officer signs with the key of his own certificate: ECDSA P-256 with SHA-256 over context || bytes, DER."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from node.errors import Code, LancangError


def officer_sign(context: str, document: bytes, private_key_pem: bytes) -> bytes:
    """Sign as an officer. private_key_pem: PKCS #8. Raises LancangError PEER_CERTIFICATE."""
    key = load_pem_private_key(private_key_pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise LancangError(Code.PEER_CERTIFICATE, "the officer's key is not an ECDSA key")
    return key.sign(context.encode() + document, ec.ECDSA(hashes.SHA256()))


def officer_verify(context: str, document: bytes, signature: bytes, certificate: bytes) -> None:
    """Check that the holder of a certificate (DER) signed; whose it is, is checked elsewhere. Raises DECISION_WRONG."""
    try:
        public = x509.load_der_x509_certificate(certificate).public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise LancangError(Code.DECISION_WRONG, "the certificate's key is not an ECDSA key")
        public.verify(signature, context.encode() + document, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        raise LancangError(Code.DECISION_WRONG, "the officer's signature does not verify") from None
