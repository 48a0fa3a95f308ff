"""The roster in force: the newest that the database holds, or a later one that lies in the home, installed offline."""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.config import Home
from node.errors import Code, LancangError
from node.model.roster import SignedRoster
from node.roster.acceptance import accept
from node.roster.documents import encode_signed, parse_signed
from node.roster.installed import installed_roster
from node.storage import rosters
from node.storage.durable_files import write_durably
from node.storage.engine import Database


def check_in_force(node: Node) -> None:
    """Raise LancangError(ROSTER_EXPIRED) once the roster is past its time: it vouches for nobody any more."""
    if node.clock.now_ms() >= node.roster.roster.expires_ms:
        raise LancangError(Code.ROSTER_EXPIRED, f"version {node.roster.roster.version}")


def newest_roster(home: Home, database: Database) -> tuple[SignedRoster, bytes]:
    """The roster a node starts with, and its file. A file older than the database is one that a kill left behind.

    Raises LancangError: ROSTER_INVALID for a damaged file or none at all, FILE_UNREADABLE.
    """
    installed = installed_roster(home)
    with database.reading() as connection:
        known = rosters.newest(connection)
    if known is not None and (installed is None or installed.roster.version < known.version):
        write_durably(home.roster, known.document)
        return parse_signed(known.document), known.document
    if installed is None:
        raise LancangError(Code.ROSTER_INVALID, "roster/current.json is missing")
    return installed, encode_signed(installed)


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
