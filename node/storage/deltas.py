"""Batches after the snapshot as they are served: pages of a chain after a position, and the h that recognises one.

A batch of links is stored as a delta without postings, which a delta never lacks.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from node.errors import Code, LancangError
from node.model.batch import Delta, Links
from node.model.scope import Scope
from node.storage import publishing
from node.storage.publishing import StoredDelta
from node.storage.schema_publishing import chain, delta


@dataclass(frozen=True, slots=True)
class ServedBatch:
    """A delta or a batch of links as it travels, and its h."""

    batch: Delta | Links
    hash: bytes


def after(connection: Connection, chain_no: int, scope: Scope, seq: int, limit: int) -> list[ServedBatch]:
    """The batches of a chain after seq in order, at most limit. scope: the chain's own."""
    return [
        ServedBatch(_batch(scope, stored), stored.hash)
        for stored in publishing.deltas(connection, chain_no, seq, limit)
    ]


def _batch(scope: Scope, stored: StoredDelta) -> Delta | Links:
    if not stored.postings:
        return Links(scope, stored.seq, stored.ms, stored.previous, stored.revocations)
    return Delta(scope, stored.seq, stored.ms, stored.previous, stored.postings, stored.revocations)


def hash_at(connection: Connection, chain_no: int, seq: int) -> bytes:
    """h of batch seq of a chain (0: its snapshot). Raises LancangError INDEX_MISSING if it has no such batch."""
    query = select(delta.c.hash).where(delta.c.chain_no == chain_no, delta.c.seq == seq)
    if seq == 0:
        query = select(chain.c.snapshot_hash).where(chain.c.chain_no == chain_no)
    found = connection.scalar(query)
    if found is None:
        raise LancangError(Code.INDEX_MISSING, f"chain {chain_no} has no batch {seq}")
    return bytes(found)
