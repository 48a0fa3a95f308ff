"""Many rows at once, as tuples: where rows come by thousands, a dictionary for each costs more than the SQL."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Dialect, insert


def insert_rows(connection: Connection, columns: Sequence[Column[Any]], rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows into the table of these columns, which come in its own order; values as the driver takes them."""
    if rows:
        connection.exec_driver_sql(_statement(connection.dialect, tuple(columns)), list(rows))


@cache
def _statement(dialect: Dialect, columns: tuple[Column[Any], ...]) -> str:
    wanted = [column.key for column in columns]
    compiled = insert(columns[0].table).compile(dialect=dialect, column_keys=wanted)
    if compiled.positiontup != wanted:
        raise NotImplementedError("no positional parameters, or columns in another order than the table's")
    return str(compiled)
