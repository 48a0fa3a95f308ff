"""Evidence: what a peer signed or sent and should not have, sealed, beside the act that tells of it."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from node.crypto.sealing import Place, Sealer
from node.storage.schema_acts import evidence


def add(connection: Connection, sealer: Sealer, act_id: bytes, body: bytes) -> None:
    """Keep body under the act of that id, in the act's own transaction."""
    connection.execute(insert(evidence).values(act_id=act_id, body=sealer.seal(body, _place(act_id))))


def get(connection: Connection, sealer: Sealer, act_id: bytes) -> bytes | None:
    """The evidence of an act; None if there is none. Raises LancangError STORAGE_DAMAGED."""
    sealed = connection.scalar(select(evidence.c.body).where(evidence.c.act_id == act_id))
    return None if sealed is None else sealer.open(sealed, _place(act_id))


def _place(act_id: bytes) -> Place:
    return Place("evidence", act_id, "body")
