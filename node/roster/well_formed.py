"""What a roster must be in itself, before anybody's signature: nobody in it twice, a quorum that means something.

A quorum is more than half of the members that hold records, so that any two quorums share a member.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import UTC, datetime

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.profiles import CertificateError
from certs.reading import verify_authority
from node.errors import Code, LancangError
from node.model.roster import Member, Roster, SignedRoster
from node.roster.documents import unsigned

# A roster is renewed each year at the latest, with a month to spare.
MAX_LIFETIME_MS = 400 * 86_400_000

# One key or address for two members would let one of them speak, or count, for both.
_DISTINCT: tuple[tuple[str, Callable[[Member], Hashable]], ...] = (
    ("node id", lambda member: member.node_id),
    ("endpoint", lambda member: member.endpoint.lower()),
    ("signing key", lambda member: member.signing_key),
    ("sealing key", lambda member: member.sealing_key),
)


def check_well_formed(signed: SignedRoster) -> None:
    """Check what a roster says of itself, without its signatures. Raises ROSTER_INVALID."""
    roster = signed.roster
    if unsigned(roster).hash != signed.hash:
        raise _invalid("the hash is not that of the roster")
    for what, of in _DISTINCT:
        if len({of(member) for member in roster.members}) != len(roster.members):
            raise _invalid(f"two members share one {what}")
    _check_rules(roster)
    if len({_authority_key(member, roster.issued_ms) for member in roster.members}) != len(roster.members):
        raise _invalid("two members share one certificate authority")


def _authority_key(member: Member, issued_ms: int) -> bytes:
    """The public key of a member's CA, checked as of the roster's date.

    A CA that expired since must not stop the whole alliance: its leaves are refused one by one.
    """
    try:
        authority = verify_authority(member.certificate_authority, datetime.fromtimestamp(issued_ms / 1000, UTC))
    except CertificateError as error:
        raise _invalid(f"member {member.node_id}: {error.problem}") from error
    return authority.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _check_rules(roster: Roster) -> None:
    holders = len(roster.holders())
    if not holders // 2 < roster.quorum <= holders:
        raise _invalid(f"a quorum of {roster.quorum} of {holders} record holders is not a majority that can be reached")
    if roster.issued_ms >= roster.expires_ms:
        raise _invalid("it expires before it is issued")
    if roster.expires_ms - roster.issued_ms > MAX_LIFETIME_MS:
        raise _invalid("it lives for more than 400 days")
    if (roster.version == 1) != (roster.previous == bytes(32)):
        raise _invalid("version 1, and no other, follows nothing")
    if roster.policy.head_seconds >= roster.policy.stale_seconds:
        raise _invalid("heads come more rarely than an index becomes stale")


def _invalid(detail: str) -> LancangError:
    return LancangError(Code.ROSTER_INVALID, detail)
