"""Rows inserted by thousands stand as single ones would, and never under another column's name."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from node.storage.engine import Database
from node.storage.many_rows import insert_rows
from node.storage.schema_records import change_set, record_version

VERSION = record_version.c
COLUMNS = (VERSION.version, VERSION.set_no, VERSION.row, VERSION.kind, VERSION.ms)


def test_rows_stand_as_they_were_given_and_what_was_not_given_is_null(database: Database) -> None:
    rows = [(number, 1, bytes([number]), "put", 7) for number in (1, 2, 3)]
    with database.writing.connect() as connection, connection.begin():
        insert_rows(connection, tuple(change_set.c), [(1, None)])
        insert_rows(connection, COLUMNS, [])
        insert_rows(connection, COLUMNS, rows)
        found = connection.execute(select(*COLUMNS, VERSION.body).order_by(VERSION.version))
        assert [tuple(row) for row in found] == [(*row, None) for row in rows]


def test_columns_in_another_order_than_the_tables_are_refused(database: Database) -> None:
    with database.writing.connect() as connection, pytest.raises(NotImplementedError):
        insert_rows(connection, (VERSION.set_no, VERSION.version), [(1, 2)])
