"""OperatorMembershipService: an administrator takes up a roster while the node runs."""

from __future__ import annotations

from typing import Any

from node.acts.adopt_roster import adopt_roster
from node.acts.node import Node
from node.services.gate import Call, Method
from node.v1 import operator_membership_pb2 as membership_pb2

# A roster file has at most 1 MiB (node/roster/documents.py); the message a few bytes more.
MOST_BYTES = (1 << 20) + 64


def membership_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods that change who belongs."""

    async def accept(request: membership_pb2.AcceptRosterRequest, call: Call) -> membership_pb2.AcceptRosterResponse:
        changed = await adopt_roster(node, request.signed_roster, call.caller.name)
        return membership_pb2.AcceptRosterResponse(
            version=node.roster.roster.version, hash=node.roster.hash, changed=changed
        )

    service = "/node.v1.OperatorMembershipService"
    return (Method(f"{service}/AcceptRoster", membership_pb2.AcceptRosterRequest, accept, most_bytes=MOST_BYTES),)
