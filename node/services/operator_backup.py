"""OperatorBackupService: a backup of this node, streamed as it is made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from node.acts.backup.back_up import back_up
from node.acts.runtime.node import Node
from node.services.gate import Call, Method, Shape
from node.v1 import operator_backup_pb2 as messages
from node.wire.reading import exact

# A large database on a slow medium.
MOST_SECONDS = 12 * 3600.0


def backup_methods(node: Node) -> tuple[Method[Any], ...]:
    """The method that backs up."""

    async def backup(request: messages.BackupRequest, call: Call) -> AsyncIterator[messages.BackupResponse]:
        first = True
        async for total, data in back_up(node, exact(request.public_key, "public_key", 32), call.caller.name):
            yield messages.BackupResponse(data=data, total_bytes=total if first else 0)
            first = False

    name = "/node.v1.OperatorBackupService/Backup"
    return (
        Method(name, messages.BackupRequest, backup, Shape.SERVER_STREAM, most_bytes=256, most_seconds=MOST_SECONDS),
    )
