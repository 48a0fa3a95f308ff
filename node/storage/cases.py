"""Case handles: the random name under which each owner knows a national case, so that owners cannot compare cases."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

from node.crypto.sealing import Place, Sealer
from node.model.encoding import lp
from node.storage.row_keys import RowKeys
from node.storage.schema_searches import case_handle


def handles_for(
    connection: Connection, sealer: Sealer, keys: RowKeys, number: str, fresh: Mapping[str, bytes]
) -> dict[str, bytes]:
    """The handles of a national case number by owner; `fresh` (16 random bytes each) become them at the first use."""
    rows = {owner: keys.case(owner, number) for owner in fresh}
    query = select(case_handle.c.owner, case_handle.c.handle).where(
        case_handle.c.owner.in_(list(rows)), case_handle.c.row.in_(list(rows.values()))
    )
    known = dict(connection.execute(query).all())
    new = [
        {
            "owner": owner,
            "row": rows[owner],
            "handle": handle,
            "number": sealer.seal(number.encode(), _place(owner, handle)),
        }
        for owner, handle in fresh.items()
        if owner not in known
    ]
    if new:
        connection.execute(insert(case_handle), new)
    return {owner: bytes(known.get(owner, handle)) for owner, handle in fresh.items()}


def number_of(connection: Connection, sealer: Sealer, owner: str, handle: bytes) -> str | None:
    """The national case number behind a handle, None if it is none of ours. Raises LancangError STORAGE_DAMAGED."""
    query = select(case_handle.c.number).where(case_handle.c.owner == owner, case_handle.c.handle == handle)
    sealed = connection.scalar(query)
    return None if sealed is None else sealer.open(sealed, _place(owner, handle)).decode()


def _place(owner: str, handle: bytes) -> Place:
    return Place("case_handle", lp(owner) + handle, "number")
