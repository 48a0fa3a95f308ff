"""Who calls is who its own member's CA says it is, while the roster lists it and has not revoked it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from certs.issuing import generate_key, issue
from certs.profiles import Holder
from certs.reading import fingerprint
from node.errors import Code, LancangError
from node.model.officer import Caller, Role
from node.model.roster import SignedRoster
from node.roster.membership import identify_officer, identify_peer
from tests.unit.roster.builders import DAY_MS, NOW, NOW_MS, SIX, agency, roster_of, signed_by

SIGNED = signed_by(replace(roster_of(), members=(*roster_of().members, agency("unodc", Role.OBSERVER).member)), SIX)
TH = Holder("mekong", "th")
ANALYST = Holder("mekong", "th", "somchai", "analyst")


def leaf(holder: Holder, issuer: str | None = None, now: datetime = NOW) -> bytes:
    role = Role.OBSERVER if holder.node_id == "unodc" else Role.MEMBER
    authority = agency(issuer or holder.node_id, role).authority
    return issue(authority, holder, generate_key().public_key(), now).public_bytes(Encoding.DER)


def peer_refused(leaf_der: bytes, code: Code, signed: SignedRoster = SIGNED) -> str:
    with pytest.raises(LancangError) as caught:
        identify_peer(signed, leaf_der, NOW_MS)
    assert caught.value.code is code
    return caught.value.detail


def officer_refused(leaf_der: bytes, code: Code, own_id: str = "th") -> None:
    with pytest.raises(LancangError) as caught:
        identify_officer(SIGNED, own_id, leaf_der, NOW_MS)
    assert caught.value.code is code


@pytest.mark.parametrize(("node_id", "role"), [("th", Role.MEMBER), ("unodc", Role.OBSERVER)])
def test_a_peer_has_the_role_the_roster_gives_it(node_id: str, role: Role) -> None:
    presented = leaf(Holder("mekong", node_id))
    assert identify_peer(SIGNED, presented, NOW_MS) == Caller(node_id, role, fingerprint(presented))


def test_another_members_ca_cannot_name_a_peer() -> None:
    assert "another CA" in peer_refused(leaf(Holder("mekong", "cn"), issuer="th"), Code.PEER_CERTIFICATE)


def test_a_node_outside_the_roster_is_unknown() -> None:
    assert "no node sg" in peer_refused(leaf(Holder("mekong", "sg")), Code.PEER_UNKNOWN)
    peer_refused(leaf(Holder("danube", "th")), Code.PEER_UNKNOWN)


def test_an_expired_and_a_future_leaf_are_refused() -> None:
    assert "expired" in peer_refused(leaf(TH, now=NOW - timedelta(days=31)), Code.PEER_CERTIFICATE)
    assert "not valid yet" in peer_refused(leaf(TH, now=NOW + timedelta(days=1)), Code.PEER_CERTIFICATE)


def test_a_revoked_leaf_is_refused_and_its_successor_is_not() -> None:
    lost, renewed = leaf(TH), leaf(TH)
    members = tuple(
        replace(each, revoked=(fingerprint(lost),)) if each.node_id == "th" else each for each in SIGNED.roster.members
    )
    revoking = signed_by(replace(SIGNED.roster, members=members), SIX)
    assert identify_peer(SIGNED, lost, NOW_MS).name == "th"
    assert "revoked" in peer_refused(lost, Code.PEER_CERTIFICATE, revoking)
    assert identify_peer(revoking, renewed, NOW_MS).name == "th"


def test_an_officer_is_no_peer() -> None:
    assert "officer" in peer_refused(leaf(ANALYST), Code.PEER_CERTIFICATE)


def test_an_officer_has_the_role_in_the_certificate() -> None:
    presented = leaf(ANALYST)
    assert identify_officer(SIGNED, "th", presented, NOW_MS) == Caller("somchai", Role.ANALYST, fingerprint(presented))


def test_a_node_is_no_officer() -> None:
    officer_refused(leaf(TH), Code.OFFICER_UNKNOWN)


def test_another_members_officer_is_unknown_here() -> None:
    officer_refused(leaf(ANALYST), Code.OFFICER_UNKNOWN, own_id="cn")
    officer_refused(leaf(ANALYST, issuer="cn"), Code.PEER_CERTIFICATE)
    officer_refused(leaf(Holder("danube", "th", "somchai", "analyst")), Code.OFFICER_UNKNOWN)
    officer_refused(leaf(ANALYST), Code.PEER_UNKNOWN, own_id="sg")


def test_an_officers_certificate_expires() -> None:
    presented = leaf(ANALYST)
    with pytest.raises(LancangError, match="expired"):
        identify_officer(SIGNED, "th", presented, NOW_MS + 31 * DAY_MS)


@given(st.binary(max_size=64))
def test_anything_else_is_refused_with_a_code(data: bytes) -> None:
    peer_refused(data, Code.PEER_CERTIFICATE)
    officer_refused(data, Code.PEER_CERTIFICATE)
