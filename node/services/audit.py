"""AuditService: this node as a witness of others' logs, and its own log as they may see it."""

from __future__ import annotations

from typing import Any

from node.acts.runtime.node import Node
from node.acts.witnessing.prove import prove_consistency, shared_acts
from node.acts.witnessing.vouch import known_checkpoints, vouch
from node.services.gate import Call, Method
from node.v1 import audit_pb2 as messages
from node.wire import audit as wire
from node.wire.reading import node_id


def audit_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of the log's contract."""

    async def cosign(request: messages.CosignRequest, call: Call) -> messages.CosignResponse:
        told = wire.checkpoint_from_message(request.checkpoint)
        proof = wire.proof_from_bytes(request.proof, "proof")
        beginning = wire.beginning_from_message(request)
        given = await vouch(node, call.caller, told, request.from_size, proof, beginning)
        return messages.CosignResponse(cosignature=wire.cosignature_to_message(given))

    async def checkpoints(request: messages.GetCheckpointsRequest, _call: Call) -> messages.GetCheckpointsResponse:
        owner = node_id(request.owner, "owner") if request.owner else ""
        found = await known_checkpoints(node, owner)
        return messages.GetCheckpointsResponse(checkpoints=map(wire.checkpoint_to_message, found[: wire.MOST_LOGS]))

    async def consistency(request: messages.GetConsistencyRequest, _call: Call) -> messages.GetConsistencyResponse:
        proof = await prove_consistency(node, request.first, request.size)
        return messages.GetConsistencyResponse(proof=b"".join(proof))

    async def shared(request: messages.ListSharedRequest, call: Call) -> messages.ListSharedResponse:
        limit = min(request.limit or wire.MOST_SHARED, wire.MOST_SHARED)
        page = await shared_acts(node, call.caller, request.after, limit, request.size)
        return wire.shared_to_message(page)

    service = "/node.v1.AuditService"
    return (
        Method(f"{service}/Cosign", messages.CosignRequest, cosign, most_bytes=32 * 1024),
        Method(f"{service}/GetCheckpoints", messages.GetCheckpointsRequest, checkpoints, most_bytes=256),
        Method(f"{service}/GetConsistency", messages.GetConsistencyRequest, consistency, most_bytes=256),
        Method(f"{service}/ListShared", messages.ListSharedRequest, shared, most_bytes=256),
    )
