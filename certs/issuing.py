"""Issuing node and officer certificates, from a public key or from a request (PKCS #10, RFC 2986).

A request gives its public key and nothing else: every name and right comes from the profile.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certs import profiles
from certs.authority import Authority
from certs.profiles import BACKDATE, CURVE, CertificateError, Holder

MAX_REQUEST_BYTES = 16_384


def generate_key() -> ec.EllipticCurvePrivateKey:
    """A new P-256 key for a node or an officer."""
    return ec.generate_private_key(CURVE())


def private_key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A key as plain PKCS #8 PEM, as gRPC takes it. Store it sealed or with mode 0600."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """A certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def issue(
    authority: Authority,
    holder: Holder,
    public_key: ec.EllipticCurvePublicKey,
    now: datetime,
    *,
    lifetime: timedelta | None = None,
) -> x509.Certificate:
    """Issue the holder's certificate. now: aware UTC; lifetime: its profile's unless given.

    Raises CertificateError when the key is not P-256 or the authority has expired.
    """
    issuer, profile = authority.certificate, holder.profile
    if now >= issuer.not_valid_after_utc:
        raise CertificateError("the authority has expired", "Make a new one and pin it in the next roster.")
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        x509.CertificateBuilder()
        .subject_name(holder.subject)
        .issuer_name(issuer.subject)
        .public_key(checked_key(public_key))
        .serial_number(x509.random_serial_number())
        # Never outside the authority's own validity: a verifier would refuse it there anyway, and less clearly.
        .not_valid_before(max(now - BACKDATE, issuer.not_valid_before_utc))
        .not_valid_after(min(now + (lifetime or profile.lifetime), issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(profiles.key_usage(profile), critical=True)
        .add_extension(x509.ExtendedKeyUsage(profile.usages), critical=False)
        .add_extension(holder.alternative_names, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(authority.key, hashes.SHA256())
    )


def request(key: ec.EllipticCurvePrivateKey, holder: Holder) -> bytes:
    """A request (PEM) for the holder's certificate, to carry to an authority kept offline."""
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(holder.subject)
        .add_extension(holder.alternative_names, critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def read_request(request_pem: bytes, holder: Holder) -> ec.EllipticCurvePublicKey:
    """Return the public key of a request that names exactly the holder, to be certified by `issue`.

    Raises CertificateError when the request is damaged, not signed by its own key, or names somebody else.
    """
    if len(request_pem) > MAX_REQUEST_BYTES:
        raise CertificateError("the request is too large", f"Send at most {MAX_REQUEST_BYTES} bytes.")
    try:
        read = x509.load_pem_x509_csr(request_pem)
        names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        valid, subject, key = read.is_signature_valid, read.subject, read.public_key()
    except (
        ValueError,
        x509.InvalidVersion,
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        UnsupportedAlgorithm,
    ) as error:
        raise CertificateError("the request cannot be read", "Make it anew.") from error
    if not valid:
        raise CertificateError("the request is not signed by its own key", "Make it anew.")
    if names != holder.alternative_names or subject != holder.subject:
        raise CertificateError("the request names somebody else", f"Make one for {holder.uri}.")
    return checked_key(key)


def checked_key(key: object) -> ec.EllipticCurvePublicKey:
    """Return a public key if it is ECDSA P-256. Raises CertificateError."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, CURVE):
        raise CertificateError("the key is not ECDSA P-256", "Make a P-256 key: gRPC refuses most others.")
    return key
