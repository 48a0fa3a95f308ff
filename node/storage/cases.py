"""Case handles: the random name under which each owner knows a national case, so that owners cannot compare cases."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from node.crypto.sealing import Place, Sealer
from node.model.encoding import lp
from node.storage.row_keys import RowKeys
from node.storage.schema import case_handle


def handle_for(
    connection: Connection, sealer: Sealer, keys: RowKeys, owner: str, number: str, *, fresh: bytes
) -> bytes:
    """The handle of a national case number for one owner; `fresh` (16 random bytes) becomes it at the first use."""
    row = keys.case(owner, number)
    known = select(case_handle.c.handle).where(case_handle.c.owner == owner, case_handle.c.row == row)
    handle = connection.scalar(known)
    if handle is not None:
        return bytes(handle)
    connection.execute(
        insert(case_handle).values(
            owner=owner, row=row, handle=fresh, number=sealer.seal(number.encode(), _place(owner, fresh))
        )
    )
    return fresh


def number_of(connection: Connection, sealer: Sealer, owner: str, handle: bytes) -> str | None:
    """The national case number behind a handle, None if it is none of ours. Raises LancangError STORAGE_DAMAGED."""
    query = select(case_handle.c.number).where(case_handle.c.owner == owner, case_handle.c.handle == handle)
    sealed = connection.scalar(query)
    return None if sealed is None else sealer.open(sealed, _place(owner, handle)).decode()


def _place(owner: str, handle: bytes) -> Place:
    return Place("case_handle", lp(owner) + handle, "number")
