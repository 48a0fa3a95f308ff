"""An authority's key is kept encrypted; a request gives its key and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certs.authority import load_authority
from certs.issuing import generate_key, issue, read_request, request
from certs.profiles import CertificateError, Holder
from certs.reading import verify_leaf
from tests.unit.certs.builders import CN, NOW, TH, TH_ANALYST, authority_of

PASSWORD = b"sixteen bytes or"


def test_an_authority_survives_its_encrypted_files() -> None:
    authority = authority_of("th")
    loaded = load_authority(authority.certificate_pem, authority.key_pem(PASSWORD), PASSWORD)
    leaf = issue(loaded, TH, generate_key().public_key(), NOW).public_bytes(Encoding.DER)
    assert verify_leaf(leaf, authority.certificate_der, NOW).node_id == "th"
    assert b"ENCRYPTED" in authority.key_pem(PASSWORD)


def test_an_authority_opens_with_its_password_alone() -> None:
    authority = authority_of("th")
    with pytest.raises(CertificateError, match="does not open"):
        load_authority(authority.certificate_pem, authority.key_pem(PASSWORD), b"another password")
    with pytest.raises(CertificateError, match="too short"):
        authority.key_pem(b"short")


def test_an_authority_of_two_halves_is_refused() -> None:
    with pytest.raises(CertificateError, match="belong together"):
        load_authority(authority_of("cn").certificate_pem, authority_of("th").key_pem(PASSWORD), PASSWORD)


def test_an_authority_shows_no_key() -> None:
    assert "key" not in repr(authority_of("th")).lower().replace("certificate", "")


@pytest.mark.parametrize("holder", [TH, TH_ANALYST], ids=["node", "officer"])
def test_a_request_is_issued_as_its_holder(holder: Holder) -> None:
    key = generate_key()
    public_key = read_request(request(key, holder), holder)
    leaf = issue(authority_of("th"), holder, public_key, NOW)
    assert leaf.public_key() == key.public_key()
    identity = verify_leaf(leaf.public_bytes(Encoding.DER), authority_of("th").certificate_der, NOW)
    assert (identity.officer_id, identity.role) == (holder.officer_id, holder.role)


def test_a_request_of_somebody_else_is_refused() -> None:
    with pytest.raises(CertificateError, match="somebody else"):
        read_request(request(generate_key(), CN), TH)
    administrator = Holder("mekong", "th", "analyst", "administrator")
    with pytest.raises(CertificateError, match="somebody else"):
        read_request(request(generate_key(), administrator), TH_ANALYST)


def test_a_damaged_or_oversized_request_is_refused() -> None:
    with pytest.raises(CertificateError, match="cannot be read"):
        read_request(b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", TH)
    with pytest.raises(CertificateError, match="too large"):
        read_request(b"x" * 20_000, TH)
    der = bytearray(x509.load_pem_x509_csr(request(generate_key(), TH)).public_bytes(Encoding.DER))
    der[-1] ^= 1
    unsigned = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM)
    with pytest.raises(CertificateError, match="own key"):
        read_request(unsigned, TH)


def test_another_curve_is_refused() -> None:
    with pytest.raises(CertificateError, match="P-256"):
        issue(authority_of("th"), TH, ec.generate_private_key(ec.SECP384R1()).public_key(), NOW)


def test_a_leaf_never_outlives_its_authority() -> None:
    authority = authority_of("th")
    late = authority.certificate.not_valid_after_utc - timedelta(days=1)
    leaf = issue(authority, TH, generate_key().public_key(), late)
    assert leaf.not_valid_after_utc == authority.certificate.not_valid_after_utc
    with pytest.raises(CertificateError, match="authority has expired"):
        issue(authority, TH, generate_key().public_key(), late + timedelta(days=2))
