"""OperatorAuditService: the log for this node's auditor: search, export, checkpoints, reconciling, checking."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from node.acts.runtime.node import Node
from node.acts.witnessing.carry_round import carry_round
from node.acts.witnessing.check_log import check_log
from node.acts.witnessing.export_log import export_log, extract_acts
from node.acts.witnessing.forget_acts import forget_acts
from node.acts.witnessing.log_state import log_standing
from node.acts.witnessing.reconcile import Difference, reconcile
from node.acts.witnessing.search_acts import Wanted, search_acts
from node.audit.journal import Act
from node.services.gate import Call, Method, Shape
from node.v1 import operator_audit_pb2 as messages
from node.v1 import operator_pb2
from node.wire.audit import checkpoint_to_message
from node.wire.operator import named_node
from node.wire.reading import exact, moment, short_text

MOST_ACTS = 1_000
EXPORT_SECONDS = 15 * 60.0


def operator_audit_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of the log."""

    async def state(_request: messages.GetLogStateRequest, _call: Call) -> messages.GetLogStateResponse:
        return await _state(node)

    async def checkpoint(_request: messages.MakeCheckpointRequest, _call: Call) -> messages.MakeCheckpointResponse:
        await carry_round(node)
        return messages.MakeCheckpointResponse(state=await _state(node))

    async def search(request: messages.SearchActsRequest, _call: Call) -> messages.SearchActsResponse:
        wanted = Wanted(
            kinds=tuple(short_text(kind, "kind", 64) for kind in request.kinds[:64]),
            peer=named_node(request.peer, "peer") if request.peer else "",
            from_ms=moment(request.from_ms, "from"),
            until_ms=moment(request.until_ms, "until"),
            case_handle=short_text(request.case_handle, "case", 64),
            act_id=exact(request.act_id, "act", 16) if request.act_id else b"",
        )
        found = await search_acts(node, wanted, request.after, min(request.limit or 100, MOST_ACTS))
        return messages.SearchActsResponse(acts=map(act_to_message, found))

    async def export(request: messages.ExportLogRequest, call: Call) -> AsyncIterator[messages.ExportLogResponse]:
        if not request.act_ids:
            async for piece in export_log(node, call.caller.name):
                yield messages.ExportLogResponse(piece=piece)
            return
        ids = [exact(act_id, "act", 16) for act_id in request.act_ids]
        opened = [short_text(field, "open", 64) for field in request.opened[:64]]
        yield messages.ExportLogResponse(piece=await extract_acts(node, ids, opened, call.caller.name))

    async def reconciled(request: messages.ReconcileLogRequest, call: Call) -> messages.ReconcileLogResponse:
        peer, since = named_node(request.peer, "peer"), moment(request.from_ms, "from")
        found = await reconcile(node, peer, since, call.caller.name)
        return messages.ReconcileLogResponse(
            agreed=found.agreed,
            settling=found.settling,
            peer_size=found.peer_size,
            differences=map(_difference, found.differences[:MOST_ACTS]),
            more=max(0, len(found.differences) - MOST_ACTS),
        )

    async def checked(_request: messages.CheckLogRequest, _call: Call) -> messages.CheckLogResponse:
        count, findings = await check_log(node)
        return messages.CheckLogResponse(checked=count, findings=findings)

    async def forgotten(request: messages.ForgetActsRequest, call: Call) -> messages.ForgetActsResponse:
        ids = [exact(act_id, "act", 16) for act_id in request.act_ids]
        number = await forget_acts(node, ids, request.reason, call.caller.name)
        return messages.ForgetActsResponse(forgotten=number)

    service = "/node.v1.OperatorAuditService"
    return (
        Method(f"{service}/GetLogState", messages.GetLogStateRequest, state, most_bytes=256),
        Method(f"{service}/MakeCheckpoint", messages.MakeCheckpointRequest, checkpoint, most_bytes=256),
        Method(f"{service}/SearchActs", messages.SearchActsRequest, search, most_bytes=8_192),
        Method(
            f"{service}/ExportLog",
            messages.ExportLogRequest,
            export,
            Shape.SERVER_STREAM,
            most_bytes=16_384,
            most_seconds=EXPORT_SECONDS,
        ),
        Method(
            f"{service}/ReconcileLog",
            messages.ReconcileLogRequest,
            reconciled,
            most_bytes=256,
            most_seconds=EXPORT_SECONDS,
        ),
        Method(f"{service}/CheckLog", messages.CheckLogRequest, checked, most_bytes=256, most_seconds=EXPORT_SECONDS),
        Method(f"{service}/ForgetActs", messages.ForgetActsRequest, forgotten, most_bytes=16_384),
    )


async def _state(node: Node) -> messages.GetLogStateResponse:
    now = await log_standing(node)
    return messages.GetLogStateResponse(
        generation=now.generation,
        size=now.size,
        newest=checkpoint_to_message(now.newest) if now.newest else None,
        witnesses=[
            messages.WitnessState(
                witness=each.witness, size=each.size, ms=each.ms, code=each.code, reason=each.reason
            )
            for each in now.witnesses
        ],
    )  # fmt: skip


def _difference(each: Difference) -> messages.Difference:
    kind = each.found.kind
    return messages.Difference(
        what=each.what.value,
        act_id=each.found.leaf.act_id,
        kind=kind.value if kind else "",
        ms=each.found.leaf.ms,
        number=each.found.act_no,
    )


def act_to_message(act: Act) -> operator_pb2.Act:
    """Encode."""
    return operator_pb2.Act(
        number=act.act_no,
        act_id=act.act_id,
        ms=act.ms,
        kind=act.kind,
        actor=act.actor,
        peer=act.peer,
        detail="" if act.forgotten else json.dumps(dict(act.detail), sort_keys=True),
    )
