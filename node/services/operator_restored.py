"""OperatorRestoredService: what an administrator looks at after a restore, and his word that lets the node go."""

from __future__ import annotations

from typing import Any

from node.acts.backup.let_go import let_go, look_after_restore
from node.acts.runtime.node import Node
from node.services.gate import Call, Method
from node.v1 import operator_restored_pb2 as messages


def restored_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of a node that was restored."""

    async def get(_request: messages.GetRestoredRequest, _call: Call) -> messages.GetRestoredResponse:
        found = look_after_restore(node)
        if found is None:
            return messages.GetRestoredResponse(held=False)
        return messages.GetRestoredResponse(
            held=True,
            backup_ms=found.backup_ms,
            acts=found.acts,
            not_heard=found.not_heard,
            roster_version=node.roster.roster.version,
            roster_expires_ms=node.roster.roster.expires_ms,
            suspended=sorted(node.suspended),
            officers=found.officers,
        )

    async def confirm(_request: messages.ConfirmRestoredRequest, call: Call) -> messages.ConfirmRestoredResponse:
        await let_go(node, call.caller.name)
        return messages.ConfirmRestoredResponse()

    service = "/node.v1.OperatorRestoredService"
    return (
        Method(f"{service}/GetRestored", messages.GetRestoredRequest, get, most_bytes=256),
        Method(f"{service}/ConfirmRestored", messages.ConfirmRestoredRequest, confirm, most_bytes=256),
    )
