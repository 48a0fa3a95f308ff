"""The keys under which a node's signatures count: the one that the roster in force names, and those it had before."""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.crypto.signing import verify
from node.errors import Code, LancangError
from node.roster.documents import parse_signed
from node.storage import rosters


def signing_keys(connection: Connection, node: Node, member: str) -> tuple[bytes, ...]:
    """The newest first; none for a node that no roster known here names."""
    found: list[bytes] = []
    documents = [stored.document for stored in rosters.newest_first(connection)]
    for roster in (node.roster.roster, *(parse_signed(document).roster for document in documents)):
        named = roster.member(member)
        if named is not None and named.signing_key not in found:
            found.append(named.signing_key)
    return tuple(found)


def verify_by_any(keys: tuple[bytes, ...], message: bytes, signature: bytes) -> None:
    """Check a signature that may have been given under an earlier key. Raises LancangError SIGNATURE_WRONG."""
    for key in keys:
        try:
            verify(key, message, signature)
        except LancangError:
            continue
        return
    raise LancangError(Code.SIGNATURE_WRONG, "no key that a roster names for it verifies it")
