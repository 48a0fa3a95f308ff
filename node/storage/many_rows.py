"""Many rows at once, as tuples: where rows come by thousands, a dictionary for each costs more than the SQL."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Dialect, insert


def insert_rows(connection: Connection, columns: Sequence[Column[Any]], rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows into the table of these columns; values in the order of the columns, as the driver takes them."""
    if rows:
        connection.exec_driver_sql(_statement(connection.dialect, tuple(columns)), list(rows))


@cache
def _statement(dialect: Dialect, columns: tuple[Column[Any], ...]) -> str:
    table = columns[0].table

    compiled = insert(table).compile(dialect=dialect, column_keys=[column.key for column in columns])
    if compiled.positiontup != [column.key for column in columns]:
        raise NotImplementedError("a driver without positional parameters in the order of the columns")
    return str(compiled)
