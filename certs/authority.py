"""A member's own certificate authority: creating it, keeping its key encrypted, loading it again (RFC 5280).

In real life the authority's directory is kept offline; a node never needs it to run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certs import profiles
from certs.profiles import AUTHORITY, BACKDATE, CURVE, CertificateError


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA certificate with its private key, which repr never shows."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def certificate_der(self) -> bytes:
        """The certificate as the roster pins it."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as gRPC takes it."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self, password: bytes) -> bytes:
        """The private key as encrypted PKCS #8 PEM. password: at least 16 bytes, already stretched."""
        if len(password) < 16:
            raise CertificateError("the password of an authority is too short", "Give at least 16 bytes.")
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password),
        )


def create_authority(alliance: str, node_id: str, now: datetime, *, constrained: bool = True) -> Authority:
    """Make a member's CA for five years from now. constrained=False leaves out the name constraints.

    An agency may bring a CA without constraints (and tests a hostile one): trust rests on the roster pinning each
    member's CA, constraints only make TLS refuse earlier.
    """
    key = ec.generate_private_key(CURVE())
    name = profiles.authority_subject(
        profiles.checked_label(alliance, "alliance"), profiles.checked_label(node_id, "node id")
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + AUTHORITY.lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(profiles.key_usage(AUTHORITY), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    )
    if constrained:
        builder = builder.add_extension(profiles.name_constraints(alliance, node_id), critical=True)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def load_authority(certificate_pem: bytes, key_pem: bytes, password: bytes) -> Authority:
    """Load an authority from its certificate and its encrypted key.

    Raises CertificateError when the password is wrong, a file is damaged, or the two do not belong together.
    """
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        key = serialization.load_pem_private_key(key_pem, password)
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise CertificateError(
            "the authority's key does not open", "Give the secret it was made with, or restore its directory."
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        raise CertificateError(
            "the authority's key and certificate do not belong together", "Restore both from one backup."
        )
    return Authority(certificate, key)
