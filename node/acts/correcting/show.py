"""Show corrections: what was written here and is outstanding, what came here, and what officers have not seen yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.storage import corrections, requests_out
from node.storage.corrections import CameCorrection, SentCorrection
from node.storage.requests_out import RequestOut

MOST_LISTED: Final = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """Corrections at this node. came: each with the owner it is from."""

    sent: tuple[SentCorrection, ...]
    came: tuple[tuple[CameCorrection, str], ...]


async def list_corrections(node: Node, *, every: bool) -> Listed:
    """Those written here, outstanding ones or every one; and those that came."""

    def read(connection: Connection) -> Listed:
        came = corrections.came(connection, MOST_LISTED)
        owners = requests_out.owners(connection, [each.request_id for each in came])
        return Listed(
            tuple(corrections.sent(connection, MOST_LISTED, every=every)),
            tuple((each, owners.get(each.request_id, "")) for each in came),
        )

    return await node.read(read)


async def newest_corrections(node: Node, requests: Sequence[RequestOut]) -> Mapping[bytes, CameCorrection]:
    """The newest correction of each of these requests that has one."""
    return await node.read(corrections.newest_came, [each.request_id for each in requests])


async def look_at(node: Node, request: RequestOut) -> CameCorrection | None:
    """The newest correction of a request that an officer looks at now: from then on it is seen."""
    found = (await newest_corrections(node, [request])).get(request.request_id)
    if found is not None and not found.seen_ms:
        await node.write(corrections.see, request.request_id, node.clock.now_ms())
    return found
