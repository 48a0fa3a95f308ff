"""The roster in force: the newest that the database holds, or a later one that lies in the home, installed offline."""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_shared
from node.audit.shared import About, Line
from node.config import Home
from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.exchange.epoch import sign_statement
from node.model.roster import SignedRoster
from node.roster.acceptance import accept, accept_between
from node.roster.documents import encode_signed, parse_signed
from node.roster.installed import installed_roster, numbered_roster
from node.storage import epochs, pending_rosters, rosters
from node.storage.durable_files import write_durably
from node.storage.engine import Database


def check_in_force(node: Node) -> None:
    """Raise LancangError(ROSTER_EXPIRED) once the roster is past its time: it vouches for nobody any more."""
    if node.clock.now_ms() >= node.roster.roster.expires_ms:
        raise LancangError(Code.ROSTER_EXPIRED, f"version {node.roster.roster.version}")


async def roster_of_version(node: Node, version: int) -> bytes:
    """The signed file of a roster that was accepted here. Raises LancangError(ROSTER_STALE) if there is none."""
    found = await node.read(rosters.get, version) if version <= node.roster.roster.version else None
    if found is None:
        raise LancangError(
            Code.ROSTER_STALE, f"{node.node_id} holds version {node.roster.roster.version}, and not that one"
        )
    return found.document


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
    """Accept the roster in force, and those between it and the one accepted before, as far as they lie in the home.

    Raises LancangError(ROSTER_*) if it doesn't follow.
    """
    known = await node.read(rosters.newest)
    current = parse_signed(known.document) if known is not None else None
    now = node.clock.now_ms()
    steps: list[SignedRoster] = []
    for version in range(current.roster.version + 1 if current else 0, node.roster.roster.version if current else 0):
        between = numbered_roster(node.home, version)
        if between is not None:
            current = accept_between(current, between, now)
            steps.append(current)
    accept(current, node.roster, now)
    steps.append(node.roster)

    def store(connection: Connection) -> None:
        # A roster with new keys of this node may have been installed offline, or its taking up was cut short.
        sign_epochs_anew(connection, node.signing)
        for signed in steps:
            version, document = signed.roster.version, encode_signed(signed)
            if rosters.accept(connection, version, document, signed.hash, ms=now):
                pending_rosters.settle(connection, version, signed.hash)
                detail: Detail = {"version": version, "hash": signed.hash.hex()}
                shared = Line(node.alliance, "").of_statement(About.ROSTER, signed.hash)
                record_shared(connection, ActKind.ROSTER_ACCEPTED, node.node_id, "", now, detail, shared)

    await node.write(store)


def sign_epochs_anew(connection: Connection, key: SigningKey) -> None:
    """Sign this node's epoch statements with the key that the roster names now. What they say stays."""
    for own in epochs.own(connection):
        signed = sign_statement(own.signed.statement, key)
        if signed.signature != own.signed.signature:
            epochs.sign_anew(connection, own.epoch, signed.signature)
