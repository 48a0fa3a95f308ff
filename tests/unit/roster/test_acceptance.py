"""Which roster follows which: each rule of acceptance.py, and the attack it stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.authority import create_authority
from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.model.officer import Role
from node.model.roster import Member, SignedRoster
from node.roster.acceptance import accept, accept_between, signers, verify_at
from node.roster.documents import roster_hash, unsigned
from node.roster.signing import sign_roster
from tests.unit.roster.builders import DAY_MS, NOW, NOW_MS, SIX, agency, roster_of, signed_by, successor

FOUR = ("cn", "kh", "la", "mm")
CURRENT = signed_by(roster_of(), SIX)


def refused(current: SignedRoster | None, new: SignedRoster, code: Code, now_ms: int = NOW_MS) -> str:
    with pytest.raises(LancangError) as caught:
        accept(current, new, now_ms)
    assert caught.value.code is code
    return caught.value.detail


# --- Quorums --------------------------------------------------------------------------------------


@given(st.sets(st.sampled_from(SIX)), st.integers(1, 8))
def test_a_first_roster_needs_its_quorum_and_a_quorum_needs_a_majority(signing: set[str], quorum: int) -> None:
    signed = signed_by(roster_of(quorum=quorum), signing)
    if not 3 < quorum <= 6:
        assert "majority" in refused(None, signed, Code.ROSTER_INVALID)
    elif len(signing) < quorum:
        refused(None, signed, Code.ROSTER_QUORUM)
    else:
        assert accept(None, signed, NOW_MS) == signed


@given(st.sets(st.sampled_from(SIX)), st.sets(st.sampled_from(("la", "mm", "th", "vn", "sg")), min_size=1))
def test_a_successor_needs_the_old_quorum_and_the_new(signing: set[str], staying: set[str]) -> None:
    members = tuple(agency(node_id).member for node_id in sorted(staying))
    new = successor(CURRENT, members=members, quorum=len(members) // 2 + 1)
    everyone = signing | staying
    enough = len(everyone & set(SIX)) >= CURRENT.roster.quorum
    if enough:
        assert accept(CURRENT, signed_by(new, everyone), NOW_MS).roster == new
    else:
        assert "the present members" in refused(CURRENT, signed_by(new, everyone), Code.ROSTER_QUORUM)
    if not signing & staying:
        assert "its own members" in refused(CURRENT, signed_by(new, signing), Code.ROSTER_QUORUM)


def test_the_same_member_counts_once() -> None:
    key = agency("cn").key
    thrice = sign_roster(sign_roster(sign_roster(unsigned(roster_of()), "cn", key), "kh", key), "la", key)
    assert signers(thrice.roster, thrice) == {"cn"}
    refused(None, thrice, Code.ROSTER_QUORUM)


def test_signatures_of_strangers_and_observers_do_not_count() -> None:
    observer = agency("unodc", Role.OBSERVER).member
    roster = replace(roster_of(), members=(*roster_of().members, observer))
    signed = signed_by(roster, ("cn", "kh", "la"))
    signed = sign_roster(signed, "unodc", agency("unodc", Role.OBSERVER).key)
    signed = sign_roster(signed, "nobody", agency("sg").key)
    refused(None, signed, Code.ROSTER_QUORUM)
    assert accept(None, sign_roster(signed, "th", agency("th").key), NOW_MS).roster == roster


def test_a_signature_of_another_roster_does_not_count() -> None:
    other = signed_by(replace(roster_of(), expires_ms=NOW_MS + DAY_MS), SIX)
    refused(None, replace(CURRENT, signatures=other.signatures), Code.ROSTER_QUORUM)


def test_all_members_may_change_their_keys_at_once_by_signing_with_both() -> None:
    fresh = {node_id: SigningKey(bytes([number]) * 32) for number, node_id in enumerate(SIX)}
    members = tuple(replace(each, signing_key=fresh[each.node_id].public) for each in CURRENT.roster.members)
    old_only = signed_by(successor(CURRENT, members=members), SIX)
    assert "its own members" in refused(CURRENT, old_only, Code.ROSTER_QUORUM)
    both = old_only
    for node_id, key in fresh.items():
        both = sign_roster(both, node_id, key)
    assert accept(CURRENT, both, NOW_MS) == both
    new_only = replace(both, signatures=tuple(set(both.signatures) - set(old_only.signatures)))
    assert "the present members" in refused(CURRENT, new_only, Code.ROSTER_QUORUM)


# --- Order ----------------------------------------------------------------------------------------


def test_the_roster_in_force_is_accepted_again_and_changes_nothing() -> None:
    fewer = signed_by(CURRENT.roster, FOUR)
    assert accept(CURRENT, fewer, NOW_MS) is CURRENT


def test_a_rollback_is_refused() -> None:
    newer = accept(CURRENT, signed_by(successor(CURRENT), SIX), NOW_MS)
    assert "older" in refused(newer, CURRENT, Code.ROSTER_STALE)


def test_a_fork_at_the_same_version_is_refused() -> None:
    other = signed_by(replace(CURRENT.roster, expires_ms=NOW_MS + DAY_MS), SIX)
    assert "another roster of version 1" in refused(CURRENT, other, Code.ROSTER_FORK)


def test_a_successor_of_a_fork_is_refused() -> None:
    other = signed_by(replace(CURRENT.roster, expires_ms=NOW_MS + DAY_MS), SIX)
    following = signed_by(successor(other), SIX)
    assert "follows another version 1" in refused(CURRENT, following, Code.ROSTER_FORK)


def test_a_gap_waits_for_the_versions_between() -> None:
    second = signed_by(successor(CURRENT), SIX)
    third = signed_by(successor(second), SIX)
    assert "does not follow" in refused(CURRENT, third, Code.ROSTER_INVALID)
    assert accept(accept(CURRENT, second, NOW_MS), third, NOW_MS) == third


def test_a_node_may_join_at_a_later_version() -> None:
    third = signed_by(replace(CURRENT.roster, version=3, previous=bytes([7]) * 32), SIX)
    assert accept(None, third, NOW_MS) == third


@pytest.mark.parametrize("changes", [{"alliance": "danube"}, {"demo": True}, {"issued_ms": NOW_MS - 2 * DAY_MS}])
def test_a_successor_keeps_alliance_and_kind_and_is_issued_later(changes: dict[str, object]) -> None:
    refused(CURRENT, signed_by(successor(CURRENT, **changes), SIX), Code.ROSTER_INVALID)


# --- Time -----------------------------------------------------------------------------------------


def test_an_expired_roster_is_refused_but_may_be_renewed() -> None:
    late = CURRENT.roster.expires_ms
    with pytest.raises(LancangError) as caught:
        verify_at(CURRENT, late)
    assert caught.value.code is Code.ROSTER_EXPIRED
    refused(None, CURRENT, Code.ROSTER_EXPIRED, late)
    renewed = signed_by(successor(CURRENT, issued_ms=late, expires_ms=late + DAY_MS), SIX)
    assert accept(CURRENT, renewed, late) == renewed
    verify_at(renewed, late + DAY_MS - 1)


def test_a_roster_from_the_future_is_refused() -> None:
    ahead = NOW_MS + DAY_MS
    new = signed_by(successor(CURRENT, issued_ms=ahead, expires_ms=ahead + DAY_MS), SIX)
    assert "future" in refused(CURRENT, new, Code.ROSTER_INVALID)


# --- Form -----------------------------------------------------------------------------------------


def with_member(position: int, **changes: object) -> SignedRoster:
    members = list(CURRENT.roster.members)
    members[position] = replace(members[position], **changes)  # type: ignore[arg-type]  # fields of a Member
    return signed_by(replace(CURRENT.roster, members=tuple(members)), SIX)


FIRST: Member = CURRENT.roster.members[0]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"node_id": FIRST.node_id}, "node id"),
        ({"endpoint": FIRST.endpoint.upper()}, "endpoint"),
        ({"signing_key": FIRST.signing_key}, "signing key"),
        ({"sealing_key": FIRST.sealing_key}, "sealing key"),
        ({"certificate_authority": FIRST.certificate_authority}, "certificate authority"),
    ],
)
def test_two_members_share_nothing(changes: dict[str, object], what: str) -> None:
    assert refused(None, with_member(1, **changes), Code.ROSTER_INVALID) == f"two members share one {what}"


def test_a_member_needs_a_ca_that_may_issue() -> None:
    young = create_authority("mekong", "kh", NOW + timedelta(days=2)).certificate_der
    assert "member kh: " in refused(None, with_member(1, certificate_authority=young), Code.ROSTER_INVALID)
    assert "member kh: " in refused(None, with_member(1, certificate_authority=b"none"), Code.ROSTER_INVALID)


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_ms": NOW_MS - 2 * DAY_MS},
        {"expires_ms": NOW_MS + 500 * DAY_MS},
        {"previous": bytes([1]) * 32},
        {"version": 2},
        {"policy": replace(CURRENT.roster.policy, head_seconds=90)},
    ],
)
def test_a_roster_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    broken = replace(CURRENT.roster, **changes)  # type: ignore[arg-type]  # the changes are fields of a Roster
    refused(None, signed_by(broken, SIX), Code.ROSTER_INVALID)


def test_a_hash_that_is_not_the_rosters_is_refused() -> None:
    assert roster_hash(CURRENT.roster) == CURRENT.hash
    assert "hash" in refused(None, replace(CURRENT, hash=bytes(32)), Code.ROSTER_INVALID)


def test_a_version_that_only_leads_to_a_later_one_may_have_expired_and_nothing_else() -> None:
    second = signed_by(successor(CURRENT, expires_ms=NOW_MS + DAY_MS), SIX)
    later = NOW_MS + 30 * DAY_MS
    refused(CURRENT, second, Code.ROSTER_EXPIRED, later)
    assert accept_between(CURRENT, second, later) == second
    third = signed_by(successor(second, expires_ms=NOW_MS + 60 * DAY_MS), SIX)
    assert accept(second, third, later) == third
    with pytest.raises(LancangError) as caught:
        accept_between(CURRENT, signed_by(second.roster, ("cn",)), later)
    assert caught.value.code is Code.ROSTER_QUORUM
