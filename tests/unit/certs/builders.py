"""Authorities and leaves for tests: one moment, two members, everything made on demand."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding

from certs.authority import Authority, create_authority
from certs.issuing import generate_key, issue
from certs.profiles import Holder

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALLIANCE = "mekong"
TH = Holder(ALLIANCE, "th")
CN = Holder(ALLIANCE, "cn")
TH_ANALYST = Holder(ALLIANCE, "th", "analyst", "analyst")


@cache
def authority_of(node_id: str, *, constrained: bool = True) -> Authority:
    """The CA of a member, made once."""
    return create_authority(ALLIANCE, node_id, NOW, constrained=constrained)


def leaf_of(holder: Holder, *, issuer: str | None = None, now: datetime = NOW) -> bytes:
    """A new leaf (DER) of the holder, issued by its own member's CA or by another's."""
    authority = authority_of(issuer or holder.node_id)
    return issue(authority, holder, generate_key().public_key(), now).public_bytes(Encoding.DER)
