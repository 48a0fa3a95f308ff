"""OperatorService, the node itself: status, doctor, peers, roster and the log of acts."""

from __future__ import annotations

import json
from typing import Any

from node.acts.oversight.check import CheckState
from node.acts.oversight.examine import examine
from node.acts.oversight.oversee import list_acts, list_peers, status
from node.acts.runtime.node import Node
from node.services.gate import Call, Method
from node.v1 import operator_pb2

_STATES = {
    CheckState.OK: operator_pb2.CHECK_STATE_OK,
    CheckState.WARNING: operator_pb2.CHECK_STATE_WARNING,
    CheckState.FAILED: operator_pb2.CHECK_STATE_FAILED,
}
MOST_ACTS = 1_000


def node_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods that watch a node."""

    async def get_status(_request: operator_pb2.GetStatusRequest, _call: Call) -> operator_pb2.GetStatusResponse:
        now = await status(node)
        return operator_pb2.GetStatusResponse(
            node_id=now.node_id,
            alliance=now.alliance,
            software_version=now.software_version,
            roster_version=now.roster_version,
            epoch=now.epoch,
            live_records=now.live_records,
            started_ms=now.started_ms,
            now_ms=now.now_ms,
            unpublished_changes=now.unpublished_changes,
            endpoint=now.endpoint,
            draining=now.draining,
        )

    async def run_doctor(_request: operator_pb2.RunDoctorRequest, _call: Call) -> operator_pb2.RunDoctorResponse:
        checks = [
            operator_pb2.Check(name=check.name, state=_STATES[check.state], finding=check.finding, remedy=check.remedy)
            for check in await examine(node)
        ]
        return operator_pb2.RunDoctorResponse(checks=checks)

    async def peers(_request: operator_pb2.ListPeersRequest, _call: Call) -> operator_pb2.ListPeersResponse:
        return operator_pb2.ListPeersResponse(
            peers=[
                operator_pb2.Peer(
                    node_id=peer.node_id,
                    name=peer.name,
                    role=peer.role,
                    endpoint=peer.endpoint,
                    state=peer.state,
                    code=peer.code,
                    reason=peer.reason,
                    epoch=peer.epoch,
                    seq=peer.seq,
                    as_of_ms=peer.as_of_ms,
                    postings=peer.postings,
                    budget_left_day=peer.budget_left_day,
                    budget_left_here_day=peer.budget_left_here_day,
                    roster_version=peer.roster_version,
                )
                for peer in await list_peers(node)
            ]
        )

    async def get_roster(_request: operator_pb2.GetRosterRequest, _call: Call) -> operator_pb2.GetRosterResponse:
        return operator_pb2.GetRosterResponse(signed_roster=node.roster_file, hash=node.roster.hash)

    async def acts(request: operator_pb2.ListActsRequest, _call: Call) -> operator_pb2.ListActsResponse:
        page = await list_acts(node, request.after, min(request.limit or 100, MOST_ACTS))
        return operator_pb2.ListActsResponse(
            acts=[
                operator_pb2.Act(
                    number=act.act_no,
                    act_id=act.act_id,
                    ms=act.ms,
                    kind=act.kind,
                    actor=act.actor,
                    peer=act.peer,
                    detail=json.dumps(dict(act.detail), sort_keys=True),
                )
                for act in page
            ]
        )

    service = "/node.v1.OperatorService"
    return (
        Method(f"{service}/GetStatus", operator_pb2.GetStatusRequest, get_status, most_bytes=256),
        Method(f"{service}/RunDoctor", operator_pb2.RunDoctorRequest, run_doctor, most_bytes=256),
        Method(f"{service}/ListPeers", operator_pb2.ListPeersRequest, peers, most_bytes=256),
        Method(f"{service}/GetRoster", operator_pb2.GetRosterRequest, get_roster, most_bytes=256),
        Method(f"{service}/ListActs", operator_pb2.ListActsRequest, acts, most_bytes=256),
    )
