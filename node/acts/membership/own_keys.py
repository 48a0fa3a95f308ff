"""The keys with which this node has signed: what peers hold of it may bear the signature of one that was replaced."""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.crypto.signing import verify
from node.errors import LancangError
from node.model.epoch import SignedEpoch
from node.roster.documents import parse_signed
from node.storage import rosters


def own_signing_keys(connection: Connection, node: Node) -> tuple[bytes, ...]:
    """The present signing key, then those that earlier rosters named, the newest first."""
    found = [node.signing.public]
    for stored in rosters.newest_first(connection):
        member = parse_signed(stored.document).roster.member(node.node_id)
        if member is not None and member.signing_key not in found:
            found.append(member.signing_key)
    return tuple(found)


def key_that_signed(signed: SignedEpoch, keys: tuple[bytes, ...]) -> bytes:
    """The one of the keys that signed a statement; the first one if none did, to be refused by."""
    for key in keys:
        try:
            verify(key, signed.statement.encode(), signed.signature)
        except LancangError:
            continue
        return key
    return keys[0]
