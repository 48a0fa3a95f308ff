"""A member's authority on disk: authority/ in its home, or wherever it is kept offline; the key under the secret."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import InvalidVersion, load_pem_x509_certificate

from certs.authority import Authority, load_authority
from certs.profiles import CertificateError
from certs.reading import read_certificate
from node.config import Home
from node.crypto.sealing import SALT_BYTES, derive_key, stretch_secret
from node.errors import Code, LancangError
from node.storage.durable_files import write_durably

_CERTIFICATE, _KEY = "ca.pem", "key.pem"


def write_authority(home: Home, authority: Authority, secret: bytes) -> None:
    """Write the authority's certificate and its key, encrypted under a key that the secret gives."""
    write_durably(home.authority / _CERTIFICATE, authority.certificate_pem)
    write_durably(home.authority / _KEY, authority.key_pem(_password(authority.certificate_der, secret)))


def open_authority(home: Home, secret: bytes) -> Authority:
    """Load the authority. Takes about 0.1 s.

    Raises FILE_UNREADABLE when its directory is away, as it should be between renewals; SECRET_WRONG when the secret
    does not open its key; STORAGE_DAMAGED when its certificate is damaged.
    """
    try:
        certificate_pem = (home.authority / _CERTIFICATE).read_bytes()
        key_pem = (home.authority / _KEY).read_bytes()
    except OSError as error:
        raise LancangError(
            Code.FILE_UNREADABLE,
            "the member's authority is not in the node's home",
            remedy="Bring the directory authority/ back for as long as certificates are issued.",
        ) from error
    try:
        certificate_der = pem_to_der(certificate_pem)
        return load_authority(certificate_pem, key_pem, _password(certificate_der, secret))
    except CertificateError as error:
        raise LancangError(Code.SECRET_WRONG, error.problem, remedy=error.remedy) from error


def pem_to_der(certificate_pem: bytes) -> bytes:
    """The DER of the one certificate in a PEM file of ours. Raises STORAGE_DAMAGED."""
    try:
        return load_pem_x509_certificate(certificate_pem).public_bytes(Encoding.DER)
    except (ValueError, InvalidVersion) as error:
        raise LancangError(Code.STORAGE_DAMAGED, "a certificate in the node's home") from error


def _password(certificate_der: bytes, secret: bytes) -> bytes:
    """The password of the authority's key. The salt is its public key: unique, and never lost apart from it."""
    public_key = read_certificate(certificate_der).public_key()
    salt = hashlib.sha256(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return derive_key(stretch_secret(secret, salt[:SALT_BYTES]), "authority").hex().encode()
