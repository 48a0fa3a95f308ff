"""What each kind of certificate carries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from certs import profiles
from certs.profiles import CertificateError, Holder, dns_name, parse_uri
from node.model.officer import OFFICER_ROLES
from tests.unit.certs.builders import NOW, TH, TH_ANALYST, authority_of, leaf_of

LABELS = st.from_regex(r"\A[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z")


def test_an_authority_issues_leaves_only_for_five_years() -> None:
    certificate = authority_of("th").certificate
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature
    assert certificate.not_valid_after_utc - NOW == timedelta(days=5 * 365)
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA256)


@pytest.mark.parametrize(
    ("holder", "usages"),
    [
        (TH, {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}),
        (TH_ANALYST, {ExtendedKeyUsageOID.CLIENT_AUTH}),
    ],
    ids=["node", "officer"],
)
def test_a_leaf_lives_thirty_days_and_may_do_what_its_kind_does(
    holder: Holder, usages: set[x509.ObjectIdentifier]
) -> None:
    leaf = x509.load_der_x509_certificate(leaf_of(holder))
    found = leaf.extensions
    assert found.get_extension_for_class(x509.BasicConstraints).critical
    assert not found.get_extension_for_class(x509.BasicConstraints).value.ca
    assert found.get_extension_for_class(x509.KeyUsage).critical
    assert found.get_extension_for_class(x509.KeyUsage).value.digital_signature
    assert set(found.get_extension_for_class(x509.ExtendedKeyUsage).value) == usages
    own = authority_of("th").certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert found.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == own.digest
    assert leaf.not_valid_after_utc - NOW == timedelta(days=30)
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)


def test_the_names_are_those_the_operator_is_told() -> None:
    assert dns_name("mekong", "th") == "th.node.mekong.lancang"
    assert TH.uri == "lancang://mekong/node/th"
    assert TH_ANALYST.uri == "lancang://mekong/node/th/officer/analyst"


def test_officer_roles_are_those_of_the_node() -> None:
    assert set(profiles.OFFICER_ROLES) == {role.value for role in OFFICER_ROLES}


@given(LABELS, LABELS, st.none() | LABELS)
def test_a_uri_is_read_as_it_was_written(alliance: str, node_id: str, officer_id: str | None) -> None:
    holder = Holder(alliance, node_id, officer_id, None if officer_id is None else "auditor")
    assert parse_uri(holder.uri) == (alliance, node_id, officer_id)


@pytest.mark.parametrize(
    "uri",
    [
        "lancang://mekong/node/TH",
        "lancang://mekong/node/th/",
        "lancang://mekong/node/th\n",
        "lancang://mekong/node/th/officer/",
        "lancang://mekong/node/th/officer/a/b",
        "https://mekong/node/th",
        "lancang://mekong/node/ไทย",
    ],
)
def test_another_form_of_uri_is_refused(uri: str) -> None:
    with pytest.raises(CertificateError, match="URI"):
        parse_uri(uri)


@pytest.mark.parametrize("node_id", ["", "TH", "-th", "th-", "t.h", "x" * 33, "th\n"])
def test_a_misnamed_holder_is_refused(node_id: str) -> None:
    with pytest.raises(CertificateError, match="node id"):
        Holder("mekong", node_id)


def test_a_role_belongs_to_officers_and_only_to_them() -> None:
    with pytest.raises(CertificateError, match="role"):
        Holder("mekong", "th", "somchai", "superuser")
    with pytest.raises(CertificateError, match="role"):
        Holder("mekong", "th", None, "analyst")
