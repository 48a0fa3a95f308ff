"""Whether a peer may still be dealt with: asked at the start of everything, and again while a stream is open.

A call's certificate is checked at its door. What is open when a roster changes was let in under the one before.
"""

from __future__ import annotations

from node.acts.runtime.node import Node
from node.errors import Code, LancangError
from node.model.officer import Caller
from node.model.roster import Member


def member_of(node: Node, node_id: str) -> Member:
    """The member of that id in the roster in force. Raises LancangError(PEER_UNKNOWN)."""
    member = node.roster.roster.member(node_id)
    if member is None:
        raise LancangError(
            Code.PEER_UNKNOWN, f"no node {node_id} in version {node.roster.roster.version} of the roster"
        )
    return member


def check_welcome(node: Node, node_id: str) -> None:
    """Raise LancangError(PEER_SUSPENDED) to a caller that is suspended here. What it is told says not why."""
    if node_id in node.suspended:
        raise LancangError(Code.PEER_SUSPENDED, f"{node.node_id} has suspended {node_id}")


def check_target(node: Node, node_id: str) -> Member:
    """The member to be asked. Raises LancangError: PEER_UNKNOWN, or PEER_SUSPENDED if it is suspended here."""
    found = node.suspended.get(node_id)
    if found is not None:
        raise LancangError(
            Code.PEER_SUSPENDED,
            f"{node_id} is suspended at this node by {found.officer}",
            remedy=f"An administrator of this node ends it: `lancang peer resume {node_id.upper()} --reason ...`.",
        )
    return member_of(node, node_id)


def check_still(node: Node, caller: Caller, since: Member) -> None:
    """Check a caller again who was let in as `since`.

    Raises LancangError: PEER_SUSPENDED; PEER_UNKNOWN if it left the roster, ROLE_FORBIDDEN for another role,
    PEER_CERTIFICATE if its certificate was revoked, or its member's CA replaced.
    """
    check_welcome(node, caller.name)
    now = member_of(node, caller.name)
    if now is since:
        return
    if now.role is not since.role:
        raise LancangError(
            Code.ROLE_FORBIDDEN,
            f"{caller.name} has another role since version {node.roster.roster.version} of the roster",
        )
    if now.certificate_authority != since.certificate_authority:
        raise LancangError(Code.PEER_CERTIFICATE, f"the roster names another CA for {caller.name} now")
    if caller.fingerprint in now.revoked:
        raise LancangError(Code.PEER_CERTIFICATE, "the certificate was revoked by the roster")


def changed_for_calls(before: Member, now: Member) -> bool:
    """Whether whoever calls this member, or reads what it signs, must begin anew."""
    return (before.endpoint, before.certificate_authority, before.signing_key, before.role) != (
        now.endpoint,
        now.certificate_authority,
        now.signing_key,
        now.role,
    )
