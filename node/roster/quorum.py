"""Whose signatures under a roster count, and why the others do not: each reason has a word of its own.

A member counts once, with the key that the roster in question names for it, and only while its CA is valid: a key ends
with the CA beside which it was pinned. That is judged at the date of the roster signed, so that all nodes judge alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from certs.profiles import CertificateError
from certs.reading import verify_authority
from node.crypto.signing import verify
from node.errors import Code, LancangError
from node.model.officer import Role
from node.model.roster import Member, Roster, SignedRoster
from node.roster.documents import canonical_bytes
from node.roster.signing import DOMAIN


@dataclass(frozen=True, slots=True)
class Count:
    """Who counts, and of those who signed and do not: why, by node id."""

    counted: frozenset[str]
    discounted: tuple[tuple[str, str], ...]


def count(roster: Roster, signed: SignedRoster, *, other: Roster | None = None) -> Count:
    """Count the signatures under `signed` as members of `roster`. other: the roster on the other side of the step,
    whose members may have signed as such.
    """
    message = DOMAIN + canonical_bytes(signed.roster)
    given: dict[str, list[bytes]] = {}
    for node_id, signature in signed.signatures:
        given.setdefault(node_id, []).append(signature)
    counted, discounted = set[str](), list[tuple[str, str]]()
    for node_id, signatures in sorted(given.items()):
        there = other.member(node_id) if other is not None else None
        reason = _reason(roster.member(node_id), there, message, signatures, signed.roster.issued_ms)
        if reason is None:
            counted.add(node_id)
        elif reason:
            discounted.append((node_id, reason))
    return Count(frozenset(counted), tuple(discounted))


def check_quorum(roster: Roster, signed: SignedRoster, whose: str, *, other: Roster | None = None) -> None:
    """Raises LancangError(ROSTER_QUORUM) saying how many signatures count, and why others do not."""
    found = count(roster, signed, other=other)
    if len(found.counted) >= roster.quorum:
        return
    detail = f"{len(found.counted)} of {whose} members signed version {signed.roster.version}, not {roster.quorum}"
    said = list(_words(found))
    raise LancangError(Code.ROSTER_QUORUM, "; ".join([detail, *said]))


def _words(found: Count) -> Iterator[str]:
    for node_id, reason in found.discounted:
        yield f"{node_id} does not count: {reason}"


def _reason(
    member: Member | None, there: Member | None, message: bytes, signatures: list[bytes], issued_ms: int
) -> str | None:
    """Why a member's signatures do not count; None if they do, '' if they are meant for the other roster alone."""
    if member is None or member.role is not Role.MEMBER:
        if there is not None and _signed_by(there, message, signatures):
            return ""
        return "it is no member" if member is None else "it holds no records"
    if _signed_by(member, message, signatures):
        return _expiry(member, issued_ms)
    if there is not None and _signed_by(there, message, signatures):
        return "it signed with another key only than the one named there"
    return "its signature does not verify"


def _signed_by(member: Member, message: bytes, signatures: list[bytes]) -> bool:
    return any(_verifies(member.signing_key, message, signature) for signature in signatures)


def _verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        verify(key, message, signature)
    except LancangError:
        return False
    return True


def _expiry(member: Member, issued_ms: int) -> str | None:
    try:
        verify_authority(member.certificate_authority, datetime.fromtimestamp(issued_ms / 1000, UTC))
    except CertificateError as error:
        return f"its key has expired ({error.problem})"
    return None
