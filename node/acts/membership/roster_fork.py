"""Two rosters of one version, both signed by a quorum: somebody signed two. Both are kept as evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence

import structlog
from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.audit.journal import Act, ActKind, Detail, page, record_act
from node.errors import Code
from node.model.roster import SignedRoster
from node.observe import INCIDENTS
from node.roster.documents import encode_signed
from node.storage import evidence

_log = structlog.get_logger("roster")


async def report_fork(node: Node, ours: SignedRoster, other: SignedRoster, whence: str) -> None:
    """Keep two rosters of one version as evidence, once. whence: the peer or officer who brought the other one."""
    version, now = other.roster.version, node.clock.now_ms()
    body = json.dumps({"ours": encode_signed(ours).decode(), "other": encode_signed(other).decode()}).encode()
    detail: Detail = {
        "code": Code.ROSTER_FORK.value,
        "version": version,
        "hash": ours.hash.hex(),
        "other_hash": other.hash.hex(),
    }
    peer = whence if node.roster.roster.member(whence) is not None else ""

    def store(connection: Connection) -> bool:
        if any(act.detail.get("other_hash") == other.hash.hex() for act in _refusals(connection)):
            return False
        act_id = record_act(connection, ActKind.ROSTER_REFUSED, whence, peer, now, detail)
        evidence.add(connection, node.sealer, act_id, body)
        return True

    if await node.write(store):
        INCIDENTS.labels(peer or node.node_id, Code.ROSTER_FORK.value).inc()
        _log.error("two rosters of one version", version=version, hash=ours.hash.hex(), other=other.hash.hex())


async def standing_forks(node: Node) -> list[Act]:
    """The forks that no later roster in force has settled."""
    found = await node.read(_refusals)
    return [act for act in found if int(str(act.detail.get("version") or 0)) >= node.roster.roster.version]


def _refusals(connection: Connection) -> Sequence[Act]:
    return page(connection, 0, 1_000, ActKind.ROSTER_REFUSED)
