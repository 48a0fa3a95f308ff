"""Alliances for tests: members with real keys and CAs, rosters signed by whom a test says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from certs.authority import Authority, create_authority
from node.crypto.signing import SigningKey
from node.model.officer import Role
from node.model.roster import Member, Roster, SignedRoster
from node.roster.documents import unsigned
from node.roster.policy_defaults import default_policy
from node.roster.signing import sign_roster

NOW_MS = 1_800_000_000_000
NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)
DAY_MS = 86_400_000
SIX = ("cn", "kh", "la", "mm", "th", "vn")


@dataclass(frozen=True)
class Agency:
    """A member with what only it holds."""

    member: Member
    key: SigningKey
    authority: Authority


def agency(node_id: str, role: Role = Role.MEMBER) -> Agency:
    """An agency, made once a name and role; its CA ten days old."""
    return _agency(node_id, role)


@cache
def _agency(node_id: str, role: Role) -> Agency:
    key = SigningKey(hashlib.sha256(f"signing {node_id}".encode()).digest())
    authority = create_authority("mekong", node_id, NOW - timedelta(days=10))
    member = Member(
        node_id=node_id,
        name=f"Police of {node_id.upper()}",
        role=role,
        endpoint=f"{node_id}.example:7443",
        certificate_authority=authority.certificate_der,
        signing_key=key.public,
        sealing_key=hashlib.sha256(f"sealing {node_id}".encode()).digest(),
    )
    return Agency(member, key, authority)


def roster_of(*node_ids: str, quorum: int | None = None) -> Roster:
    """A first version, not demo, valid for a year."""
    ids = node_ids or SIX
    return Roster(
        alliance="mekong",
        version=1,
        issued_ms=NOW_MS - DAY_MS,
        expires_ms=NOW_MS + 364 * DAY_MS,
        quorum=quorum or len(ids) // 2 + 1,
        members=tuple(agency(node_id).member for node_id in ids),
        policy=default_policy(),
        previous=bytes(32),
    )


def signed_by(roster: Roster, node_ids: Iterable[str]) -> SignedRoster:
    """The roster with the signatures of those agencies."""
    signed = unsigned(roster)
    for node_id in node_ids:
        signed = sign_roster(signed, node_id, agency(node_id).key)
    return signed


def successor(current: SignedRoster, **changes: object) -> Roster:
    """The next version, with changes."""
    following = replace(current.roster, version=current.roster.version + 1, previous=current.hash)
    return replace(following, **changes)  # type: ignore[arg-type]  # the changes are fields of a Roster
