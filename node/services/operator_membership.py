"""OperatorMembershipService: an administrator takes up a roster while the node runs, suspends and resumes a peer."""

from __future__ import annotations

from typing import Any

from node.acts.membership.adopt_roster import adopt_roster
from node.acts.membership.over_fork import adopt_over_fork
from node.acts.membership.suspend import resume, suspend
from node.acts.runtime.node import Node
from node.services.gate import Call, Method
from node.storage import pending_rosters
from node.v1 import operator_membership_pb2 as membership_pb2
from node.wire.operator import named_node

# A roster file has at most 1 MiB (node/roster/documents.py); the message a few bytes more.
MOST_BYTES = (1 << 20) + 64


def membership_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods that change who belongs."""

    async def accept(request: membership_pb2.AcceptRosterRequest, call: Call) -> membership_pb2.AcceptRosterResponse:
        if request.over_fork:
            await adopt_over_fork(node, request.signed_roster, call.caller.name)
            changed = True
        else:
            changed = await adopt_roster(node, request.signed_roster, call.caller.name)
        return membership_pb2.AcceptRosterResponse(
            version=node.roster.roster.version, hash=node.roster.hash, changed=changed
        )

    async def list_rosters(
        _request: membership_pb2.ListRostersRequest, _call: Call
    ) -> membership_pb2.ListRostersResponse:
        waiting = [
            membership_pb2.WaitingRoster(signed_roster=one.document, peer=one.peer, ms=one.ms)
            for one in await node.read(pending_rosters.every)
        ]
        return membership_pb2.ListRostersResponse(in_force=node.roster_file, waiting=waiting)

    async def cut_off(request: membership_pb2.SuspendPeerRequest, call: Call) -> membership_pb2.SuspendPeerResponse:
        peer = named_node(request.node_id, "node_id")
        changed = await suspend(node, peer, request.reason, call.caller.name)
        return membership_pb2.SuspendPeerResponse(changed=changed)

    async def take_back(request: membership_pb2.ResumePeerRequest, call: Call) -> membership_pb2.ResumePeerResponse:
        peer = named_node(request.node_id, "node_id")
        changed = await resume(node, peer, request.reason, call.caller.name)
        return membership_pb2.ResumePeerResponse(changed=changed)

    service = "/node.v1.OperatorMembershipService"
    return (
        Method(f"{service}/AcceptRoster", membership_pb2.AcceptRosterRequest, accept, most_bytes=MOST_BYTES),
        Method(f"{service}/ListRosters", membership_pb2.ListRostersRequest, list_rosters, most_bytes=256),
        Method(f"{service}/SuspendPeer", membership_pb2.SuspendPeerRequest, cut_off, most_bytes=2_048),
        Method(f"{service}/ResumePeer", membership_pb2.ResumePeerRequest, take_back, most_bytes=2_048),
    )
