"""Telling a peer that does wrong from one whose keys this node, or the peer itself, does not know yet.

Between the moments at which two members take up a roster with new keys of one of them, signatures and certificates do
not verify. That is said as it is (LCG-303, who must update), and not kept as the peer's fault. Only rosters that a
quorum signed count for it: what the peer merely claims does not.
"""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.membership.standing import changed_for_calls
from node.acts.runtime.copies import PeerView
from node.acts.runtime.node import Node
from node.errors import Code, LancangError
from node.roster.documents import parse_signed
from node.storage import pending_rosters, rosters

_OF_KEYS = frozenset({Code.SIGNATURE_WRONG, Code.PEER_CERTIFICATE, Code.PEER_UNKNOWN})


async def check_keys_agree(node: Node, view: PeerView, problem: LancangError) -> None:
    """Raises LancangError(ROSTER_STALE) in place of a problem that another version of the roster explains."""
    if problem.code not in _OF_KEYS:
        return
    ours = node.roster.roster
    for document, older in await node.read(_others, node, view):
        other = parse_signed(document).roster
        for name in (view.node_id, node.node_id):
            there, here = other.member(name), ours.member(name)
            if here is not None and (there is None or changed_for_calls(there, here)):
                behind = view.node_id if older else node.node_id
                raise LancangError(
                    Code.ROSTER_STALE,
                    f"version {other.version} of the roster has other keys of {name} than version {ours.version}, "
                    f"in force here: {behind} must update",
                ) from problem


def _others(connection: Connection, node: Node, view: PeerView) -> list[tuple[bytes, bool]]:
    """Files of the versions that wait here, and of the older one that the peer named last; True for that one."""
    found = [(one.document, False) for one in pending_rosters.every(connection)]
    if 0 < view.roster_version < node.roster.roster.version:
        known = rosters.get(connection, view.roster_version)
        found += [(known.document, True)] if known is not None else []
    return found
