"""Reading a leaf certificate: whose it is, and whether exactly one given CA vouches for it now (RFC 5280 6, one step).

TLS has already proved possession of the key. What TLS does not ask is *which* member's CA issued the leaf: with all
members' CAs as roots, any of them could issue any name. verify_leaf asks that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from certs.profiles import CURVE, CertificateError, Holder, parse_uri

MAX_CERTIFICATE_BYTES = 16_384

ExtensionT = TypeVar("ExtensionT", bound=x509.ExtensionType)

_REISSUE = "Issue the certificate anew with the member's own CA."
_PIN = "Pin a proper CA in the next roster."
_UNDERSTOOD = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName)


@dataclass(frozen=True, slots=True)
class LeafIdentity:
    """Whose certificate it is. officer_id and role: None for a node. fingerprint: as below, in hex."""

    alliance: str
    node_id: str
    officer_id: str | None
    role: str | None
    fingerprint: str
    not_before: datetime
    not_after: datetime


def fingerprint(certificate_der: bytes) -> str:
    """SHA-256 of a certificate's signed part (its tbsCertificate), in hex: how the roster names a revoked one.

    Not of the whole: anyone can turn an ECDSA signature (r, s) into the equally valid (r, n - s), or change the count
    of unused bits after it, and a revoked certificate would pass again under a new hash. Raises CertificateError.
    """
    return _fingerprint(read_certificate(certificate_der))


def read_certificate(der: bytes) -> x509.Certificate:
    """Parse a DER certificate. Raises CertificateError."""
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise CertificateError("the certificate is too large", _REISSUE)
    try:
        certificate = x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateError("the certificate cannot be parsed", _REISSUE) from error
    if certificate.serial_number <= 0:  # RFC 5280 4.1.2.2; the library only warns of it
        raise CertificateError("the certificate's serial number is not positive", _REISSUE)
    return certificate


def claimed_identity(leaf_der: bytes) -> LeafIdentity:
    """Whose certificate leaf_der claims to be, in the form its profile demands. Nothing here is verified yet.

    Raises CertificateError when it is neither a node's nor an officer's certificate.
    """
    return _identity(read_certificate(leaf_der))


def verify_authority(ca_der: bytes, now: datetime) -> x509.Certificate:
    """Return the CA if it may issue leaves now: P-256, a CA of path length 0, within its validity.

    Raises CertificateError.
    """
    authority = read_certificate(ca_der)
    constraints = _extension(authority, x509.BasicConstraints)
    usage = _extension(authority, x509.KeyUsage)
    try:
        key = authority.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError("the member's CA has an unknown kind of key", _PIN) from error
    if not constraints.ca or constraints.path_length != 0 or not usage.key_cert_sign:
        raise CertificateError("the member's CA is not a CA of path length 0", _PIN)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, CURVE):
        raise CertificateError("the member's CA is not ECDSA P-256", _PIN)
    _check_validity(authority, now, "the member's CA")
    return authority


def verify_leaf(leaf_der: bytes, ca_der: bytes, now: datetime) -> LeafIdentity:
    """Return whose certificate leaf_der is if exactly the CA ca_der issued it, directly, and it is valid now.

    now: aware UTC. Checked: signature, validity, basic constraints, key usage, extended key usage, the form of the
    SAN, and that no critical extension is left unread. Raises CertificateError.
    """
    authority = verify_authority(ca_der, now)
    leaf = read_certificate(leaf_der)
    try:
        leaf.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise CertificateError("another CA than the member's own issued the certificate", _REISSUE) from error
    if not isinstance(leaf.signature_hash_algorithm, hashes.SHA256):
        raise CertificateError("the certificate is not signed with SHA-256", _REISSUE)
    _check_validity(leaf, now, "the certificate")
    if _extension(leaf, x509.BasicConstraints).ca:
        raise CertificateError("the certificate is an authority's", "Present a node's or an officer's certificate.")
    usage = _extension(leaf, x509.KeyUsage)
    if not usage.digital_signature or usage.key_cert_sign:
        raise CertificateError("the certificate's key usage is wrong", _REISSUE)
    if any(found.critical and not isinstance(found.value, _UNDERSTOOD) for found in leaf.extensions):
        raise CertificateError("the certificate has a critical extension that is not understood", _REISSUE)
    return _identity(leaf)


def _identity(leaf: x509.Certificate) -> LeafIdentity:
    names = _extension(leaf, x509.SubjectAlternativeName)
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    if len(uris) != 1:
        raise CertificateError("the certificate does not carry exactly one URI", _REISSUE)
    alliance, node_id, officer_id = parse_uri(uris[0])
    holder = Holder(alliance, node_id, officer_id, None if officer_id is None else _role(leaf))
    if names != holder.alternative_names:
        raise CertificateError("the certificate's names do not agree with each other", _REISSUE)
    profile = holder.profile
    if set(_extension(leaf, x509.ExtendedKeyUsage)) != set(profile.usages):
        raise CertificateError(f"the certificate's extended key usage is not that of a {profile.name}", _REISSUE)
    return LeafIdentity(
        alliance,
        node_id,
        officer_id,
        holder.role,
        _fingerprint(leaf),
        leaf.not_valid_before_utc,
        leaf.not_valid_after_utc,
    )


def _fingerprint(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.tbs_certificate_bytes).hexdigest()


def _role(leaf: x509.Certificate) -> str:
    try:
        units = [str(unit.value) for unit in leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]
    except ValueError as error:
        raise CertificateError("the certificate's subject cannot be parsed", _REISSUE) from error
    if len(units) != 1:
        raise CertificateError("the certificate does not name exactly one officer role", _REISSUE)
    return units[0]


def _check_validity(certificate: x509.Certificate, now: datetime, what: str) -> None:
    if now < certificate.not_valid_before_utc:
        raise CertificateError(f"{what} is not valid yet", "Check the clocks of both nodes.")
    if now > certificate.not_valid_after_utc:
        raise CertificateError(f"{what} has expired", "Renew it with the member's own CA.")


def _extension(certificate: x509.Certificate, kind: type[ExtensionT]) -> ExtensionT:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise CertificateError("the certificate lacks an extension its profile demands", _REISSUE) from error
