"""A leaf is believed under exactly one CA, in exactly the form of its profile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from certs import profiles
from certs.issuing import generate_key
from certs.profiles import CertificateError, Holder
from certs.reading import LeafIdentity, claimed_identity, fingerprint, verify_authority, verify_leaf
from tests.unit.certs.builders import CN, NOW, TH, TH_ANALYST, authority_of, leaf_of

TH_CA = authority_of("th").certificate_der


def forged(holder: Holder, **changes: object) -> bytes:
    """A leaf that TH's CA signs although it breaks its profile: `names`, `usages`, `ca`, `key_usage`, `extra`."""
    key = generate_key()
    authority = authority_of("th")
    names = changes.get("names", holder.alternative_names)
    usages = changes.get("usages", holder.profile.usages)
    key_usage = changes.get("key_usage", profiles.key_usage(holder.profile))
    assert isinstance(names, x509.SubjectAlternativeName)
    assert isinstance(usages, tuple)
    assert isinstance(key_usage, x509.KeyUsage)
    builder = (
        x509.CertificateBuilder()
        .subject_name(holder.subject)
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=bool(changes.get("ca")), path_length=None), critical=True)
        .add_extension(key_usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(names, critical=False)
    )
    extra = changes.get("extra")
    if isinstance(extra, x509.ExtensionType):
        builder = builder.add_extension(extra, critical=True)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_a_nodes_leaf_says_whose_it_is() -> None:
    leaf = leaf_of(TH)
    identity = verify_leaf(leaf, TH_CA, NOW)
    assert (identity.alliance, identity.node_id, identity.officer_id, identity.role) == ("mekong", "th", None, None)
    assert identity.fingerprint == fingerprint(leaf)
    assert identity == claimed_identity(leaf)


def test_an_officers_leaf_says_his_role() -> None:
    identity = verify_leaf(leaf_of(TH_ANALYST), TH_CA, NOW)
    assert (identity.node_id, identity.officer_id, identity.role) == ("th", "analyst", "analyst")


def test_a_leaf_of_the_right_name_from_another_members_ca_is_refused() -> None:
    with pytest.raises(CertificateError, match="another CA"):
        verify_leaf(leaf_of(CN, issuer="th"), authority_of("cn").certificate_der, NOW)


def test_a_ca_of_the_same_name_but_another_key_is_refused() -> None:
    impostor = authority_of("th", constrained=False).certificate_der
    with pytest.raises(CertificateError, match="another CA"):
        verify_leaf(leaf_of(TH), impostor, NOW)


@pytest.mark.parametrize(("days", "problem"), [(31, "has expired"), (-1, "not valid yet")])
def test_a_leaf_out_of_its_time_is_refused(days: int, problem: str) -> None:
    leaf = leaf_of(TH, now=NOW + timedelta(days=10))
    with pytest.raises(CertificateError, match=problem):
        verify_leaf(leaf, TH_CA, NOW + timedelta(days=10 + days))


def test_the_authority_itself_is_no_leaf() -> None:
    with pytest.raises(CertificateError):
        verify_leaf(TH_CA, TH_CA, NOW)


def test_a_leaf_is_no_authority() -> None:
    with pytest.raises(CertificateError, match="not a CA"):
        verify_authority(leaf_of(TH), NOW)


DNS = x509.DNSName("th.node.mekong.lancang")
URI = x509.UniformResourceIdentifier(TH.uri)


@pytest.mark.parametrize(
    ("holder", "changes", "problem"),
    [
        (TH, {"usages": (ExtendedKeyUsageOID.CLIENT_AUTH,)}, "extended key usage"),
        (TH_ANALYST, {"usages": TH.profile.usages}, "extended key usage"),
        (TH, {"names": x509.SubjectAlternativeName([URI])}, "agree"),
        (TH, {"names": x509.SubjectAlternativeName([DNS])}, "exactly one URI"),
        (TH, {"names": x509.SubjectAlternativeName([x509.DNSName("cn.node.mekong.lancang"), URI])}, "agree"),
        (TH, {"names": x509.SubjectAlternativeName([DNS, x509.DNSName("cn.node.mekong.lancang"), URI])}, "agree"),
        (TH, {"names": x509.SubjectAlternativeName([DNS, URI, x509.RFC822Name("a@b.example")])}, "agree"),
        (TH_ANALYST, {"names": x509.SubjectAlternativeName([DNS, TH_ANALYST.alternative_names[0]])}, "agree"),
        (TH, {"ca": True}, "authority's"),
        (TH, {"key_usage": profiles.key_usage(profiles.AUTHORITY)}, "key usage"),
        (
            TH,
            {"extra": x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")},
            "critical",
        ),
    ],
)
def test_a_leaf_that_breaks_its_profile_is_refused_even_from_the_right_ca(
    holder: Holder, changes: dict[str, object], problem: str
) -> None:
    verify_leaf(forged(holder), TH_CA, NOW)  # unchanged it would pass
    with pytest.raises(CertificateError, match=problem):
        verify_leaf(forged(holder, **changes), TH_CA, NOW)


LEAF = leaf_of(TH)


# cryptography warns of a negative serial number; it is refused here.
@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
def test_one_bit_changed_in_the_signed_part_is_refused_and_elsewhere_makes_nobody_else() -> None:
    """Outside the signed part the library forgives a bit: the count of unused bits after the signature."""
    identity = verify_leaf(LEAF, TH_CA, NOW)
    signed = x509.load_der_x509_certificate(LEAF).tbs_certificate_bytes
    start = LEAF.index(signed)
    forgiven = 0
    for bit in range(len(LEAF) * 8):
        changed = bytearray(LEAF)
        changed[bit // 8] ^= 1 << bit % 8
        if start <= bit // 8 < start + len(signed):
            with pytest.raises(CertificateError):
                verify_leaf(bytes(changed), TH_CA, NOW)
        elif (found := identity_or_none(bytes(changed))) is not None:
            forgiven += 1
            assert found == identity
    assert forgiven <= 3


def identity_or_none(leaf: bytes) -> LeafIdentity | None:
    try:
        return verify_leaf(leaf, TH_CA, NOW)
    except CertificateError:  # anything else fails the test
        return None


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
def test_a_negative_serial_number_is_refused() -> None:
    serial = LEAF.index(b"\xa0\x03\x02\x01\x02\x02") + 7  # after the version, tag and length
    with pytest.raises(CertificateError, match="serial number"):
        claimed_identity(LEAF[:serial] + bytes([LEAF[serial] | 0x80]) + LEAF[serial + 1 :])


def test_a_turned_signature_does_not_change_the_fingerprint() -> None:
    """(r, n - s) verifies as well as (r, s): a revocation must reach both."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    leaf = x509.load_der_x509_certificate(LEAF)
    r, s = decode_dss_signature(leaf.signature)
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")  # ecdsa-with-SHA256
    signature = der(0x03, b"\x00" + encode_dss_signature(r, order - s))
    turned = der(0x30, leaf.tbs_certificate_bytes + algorithm + signature)
    assert turned != LEAF
    assert verify_leaf(turned, TH_CA, NOW).fingerprint == verify_leaf(LEAF, TH_CA, NOW).fingerprint


def der(tag: int, value: bytes) -> bytes:
    """One DER element of up to 65,535 bytes."""
    size = len(value)
    length = (
        bytes([size]) if size < 128 else b"\x81" + bytes([size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")
    )
    return bytes([tag]) + length + value


@given(st.binary(max_size=200))
def test_bytes_that_are_no_certificate_are_refused(data: bytes) -> None:
    with pytest.raises(CertificateError):
        claimed_identity(data)


def test_an_oversized_certificate_is_refused_unread() -> None:
    with pytest.raises(CertificateError, match="too large"):
        claimed_identity(b"\x30" * 20_000)
