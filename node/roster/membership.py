"""Who calls: a leaf certificate against the roster. A peer under its own member's CA alone, an officer under ours.

Time here is that of TLS, which knows no injected clock: callers pass the system's time, so that a demo whose clock was
moved still believes the certificates that TLS believes. Whether the roster has expired is for acceptance.verify_at.
"""

from __future__ import annotations

from datetime import UTC, datetime

from certs.profiles import CertificateError
from certs.reading import LeafIdentity, claimed_identity, verify_leaf
from node.errors import Code, LancangError
from node.model.officer import OFFICER_ROLES, Caller, Role
from node.model.roster import Member, SignedRoster


def identify_peer(signed: SignedRoster, leaf_der: bytes, now_ms: int) -> Caller:
    """The node that presents leaf_der, with its role in the roster.

    Raises PEER_UNKNOWN when the roster has no such node, PEER_CERTIFICATE when its own member's CA did not issue this
    leaf, or it is out of its time, revoked, or an officer's. The detail may be sent to the caller.
    """
    claimed = _claimed(leaf_der)
    member = signed.roster.member(claimed.node_id)
    if member is None or claimed.alliance != signed.roster.alliance:
        raise LancangError(
            Code.PEER_UNKNOWN, f"no node {claimed.node_id} in version {signed.roster.version} of the roster"
        )
    identity = _verified(member, leaf_der, now_ms)
    if identity.officer_id is not None:
        raise LancangError(
            Code.PEER_CERTIFICATE,
            "an officer's certificate was presented where a node's is needed",
            remedy="Officers call their own node, which calls the others.",
        )
    return Caller(member.node_id, member.role, identity.fingerprint)


def identify_officer(signed: SignedRoster, own_id: str, leaf_der: bytes, now_ms: int) -> Caller:
    """The officer of node own_id who presents leaf_der, with the role in the certificate.

    Raises OFFICER_UNKNOWN for a node's certificate or another member's officer, PEER_CERTIFICATE when our own CA did
    not issue the leaf, or it is out of its time or revoked, PEER_UNKNOWN when the roster has no node own_id.
    """
    member = signed.roster.member(own_id)
    if member is None:
        raise LancangError(Code.PEER_UNKNOWN, f"this node is not in version {signed.roster.version} of the roster")
    claimed = _claimed(leaf_der)
    if claimed.officer_id is None or (claimed.alliance, claimed.node_id) != (signed.roster.alliance, own_id):
        raise LancangError(Code.OFFICER_UNKNOWN, "the certificate is not that of an officer of this node")
    identity = _verified(member, leaf_der, now_ms)
    role = Role(identity.role or "")
    if role not in OFFICER_ROLES:
        raise LancangError(Code.OFFICER_UNKNOWN, "the certificate names no officer role")
    return Caller(claimed.officer_id, role, identity.fingerprint)


def _claimed(leaf_der: bytes) -> LeafIdentity:
    try:
        return claimed_identity(leaf_der)
    except CertificateError as error:
        raise _refused(error) from error


def _verified(member: Member, leaf_der: bytes, now_ms: int) -> LeafIdentity:
    """Verify the leaf against exactly this member's CA; the identity is read again from what was verified."""
    try:
        identity = verify_leaf(leaf_der, member.certificate_authority, datetime.fromtimestamp(now_ms / 1000, UTC))
    except CertificateError as error:
        raise _refused(error) from error
    if identity.fingerprint in member.revoked:
        raise LancangError(Code.PEER_CERTIFICATE, "the certificate was revoked by the roster")
    return identity


def _refused(error: CertificateError) -> LancangError:
    return LancangError(Code.PEER_CERTIFICATE, error.problem, remedy=error.remedy)
