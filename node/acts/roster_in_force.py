"""Take up the roster that lies in the home: accepted once, logged, never an older one or a second of its version."""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.roster.acceptance import accept
from node.roster.documents import parse_signed
from node.storage import rosters


def check_in_force(node: Node) -> None:
    """Raise LancangError(ROSTER_EXPIRED) once the roster is past its time: it vouches for nobody any more."""
    if node.clock.now_ms() >= node.roster.roster.expires_ms:
        raise LancangError(Code.ROSTER_EXPIRED, f"version {node.roster.roster.version}")


async def take_up_roster(node: Node) -> None:
    """Accept the roster in force. Raises LancangError(ROSTER_*) if it doesn't follow the one accepted before."""
    known = await node.read(rosters.newest)
    current = parse_signed(known.document) if known is not None else None
    now = node.clock.now_ms()
    accept(current, node.roster, now)
    version = node.roster.roster.version

    def store(connection: Connection) -> None:
        if rosters.accept(connection, version, node.roster_file, node.roster.hash, ms=now):
            detail: Detail = {"version": version, "hash": node.roster.hash.hex()}
            record_act(connection, ActKind.ROSTER_ACCEPTED, node.node_id, "", now, detail)

    await node.write(store)
