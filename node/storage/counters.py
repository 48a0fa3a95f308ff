"""Numbers that are given once and never again, also after the rows that bore them are gone."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from node.storage.schema_records import counter


class Counter(StrEnum):
    """What is numbered."""

    VERSION = "version"
    CHANGE_SET = "change-set"
    VISIBLE = "visible"
    IMPORT = "import"
    CHAIN = "chain"


def take(connection: Connection, name: Counter, count: int = 1) -> int:
    """Take count numbers in a row and return the first; numbers begin at 1. Gone again if the transaction is undone."""
    value = connection.scalar(
        update(counter).where(counter.c.name == name).values(value=counter.c.value + count).returning(counter.c.value)
    )
    if value is None:
        connection.execute(insert(counter).values(name=name, value=count))
        value = count
    return int(value) - count + 1


def last(connection: Connection, name: Counter) -> int:
    """The number taken last, 0 before the first."""
    return connection.scalar(select(counter.c.value).where(counter.c.name == name)) or 0
