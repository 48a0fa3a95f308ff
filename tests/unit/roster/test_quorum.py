"""Whose signature under a roster counts, and the reason that is given where one does not."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from certs.authority import create_authority
from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.model.officer import Role
from node.model.roster import Member, SignedRoster
from node.roster.acceptance import accept
from node.roster.documents import unsigned
from node.roster.quorum import count
from node.roster.signing import sign_roster
from tests.unit.roster.builders import NOW, NOW_MS, SIX, agency, roster_of, signed_by, successor

CURRENT = signed_by(roster_of(), SIX)
NEW_KEY = SigningKey(hashlib.sha256(b"another key of th").digest())


def refusal(current: SignedRoster, new: SignedRoster) -> str:
    with pytest.raises(LancangError) as caught:
        accept(current, new, NOW_MS)
    assert caught.value.code is Code.ROSTER_QUORUM
    return caught.value.detail


def with_member(member: Member) -> tuple[Member, ...]:
    return tuple(member if each.node_id == member.node_id else each for each in CURRENT.roster.members)


def with_new_key() -> SignedRoster:
    """A successor in which th has a new key, signed by three others."""
    changed = replace(agency("th").member, signing_key=NEW_KEY.public)
    return signed_by(successor(CURRENT, members=with_member(changed)), ("cn", "kh", "la"))


def test_a_key_that_the_new_version_replaces_does_not_count_for_it() -> None:
    old_alone = sign_roster(with_new_key(), "th", agency("th").key)
    assert "3 of its own members" in (said := refusal(CURRENT, old_alone))
    assert "th does not count: it signed with another key only" in said


def test_a_key_that_the_present_version_does_not_name_does_not_count_for_it() -> None:
    new_alone = sign_roster(with_new_key(), "th", NEW_KEY)
    assert "3 of the present members" in (said := refusal(CURRENT, new_alone))
    assert "th does not count: it signed with another key only" in said


def test_a_member_that_changes_its_key_signs_with_both() -> None:
    both = sign_roster(sign_roster(with_new_key(), "th", agency("th").key), "th", NEW_KEY)
    assert accept(CURRENT, both, NOW_MS) == both


def test_a_dropped_key_does_not_count_in_the_versions_after() -> None:
    both = sign_roster(sign_roster(with_new_key(), "th", agency("th").key), "th", NEW_KEY)
    second = accept(CURRENT, both, NOW_MS)
    third = signed_by(successor(second), ("cn", "kh", "la"))
    assert "th does not count" in refusal(second, sign_roster(third, "th", agency("th").key))
    assert accept(second, sign_roster(third, "th", NEW_KEY), NOW_MS)


def test_a_quorum_of_expired_keys_is_refused_and_named() -> None:
    """The CAs of four members end before the next roster is issued; it names new ones, which vouch for it alone."""
    late = {
        node_id: replace(
            agency(node_id).member,
            certificate_authority=create_authority(
                "mekong", node_id, NOW - timedelta(days=5 * 365 - 1)
            ).certificate_der,
        )
        for node_id in ("cn", "kh", "la", "mm")
    }
    members = tuple(late.get(each.node_id, each) for each in roster_of().members)
    current = signed_by(replace(roster_of(), members=members), SIX)
    renewed = successor(current, members=roster_of().members, issued_ms=NOW_MS + 2 * 86_400_000)
    with pytest.raises(LancangError) as caught:
        accept(current, signed_by(renewed, SIX), NOW_MS + 2 * 86_400_000)
    assert caught.value.code is Code.ROSTER_QUORUM
    assert "2 of the present members" in caught.value.detail
    assert "la does not count: its key has expired" in caught.value.detail
    # Issued while they were still valid it holds.
    in_time = successor(current, members=roster_of().members)
    assert accept(current, signed_by(in_time, SIX), NOW_MS + 2 * 86_400_000)


def test_a_roster_that_drops_one_of_its_signers_needs_both_quorums() -> None:
    """vn signs its own leaving: it counts among the present members, and not among those to come."""
    staying = tuple(each for each in CURRENT.roster.members if each.node_id != "vn")
    leaving = successor(CURRENT, members=staying, quorum=3)
    assert "2 of its own members" in refusal(CURRENT, signed_by(leaving, ("vn", "cn", "kh")))
    three = signed_by(leaving, ("vn", "cn", "kh", "la"))
    assert accept(CURRENT, three, NOW_MS) == three
    assert count(three.roster, three, other=CURRENT.roster).discounted == ()


def test_strangers_and_observers_are_named_as_such() -> None:
    observer = agency("unodc", Role.OBSERVER)
    roster = replace(roster_of(), members=(*roster_of().members, observer.member))
    signed = sign_roster(sign_roster(unsigned(roster), "unodc", observer.key), "sg", agency("sg").key)
    assert count(roster, signed).discounted == (("sg", "it is no member"), ("unodc", "it holds no records"))


def test_a_signature_of_something_else_is_named_as_such() -> None:
    other = signed_by(replace(CURRENT.roster, expires_ms=NOW_MS + 86_400_000), ["cn"])
    forged = replace(CURRENT, signatures=other.signatures)
    assert count(forged.roster, forged).discounted == (("cn", "its signature does not verify"),)
