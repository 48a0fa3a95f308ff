"""What every table of a node's database is made of. The tables stand in schema_*.py; schema_all.py knows them all.

The migrations make them; a test compares the two.

`sealed` in a comment means: XChaCha20-Poly1305 under the node's storage key, bound to table, row and column
(node/crypto/sealing.py). What stands open is a number, a state, a public statement, or random to whoever lacks the
keys.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, Integer, LargeBinary, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite makes only a column of the exact type INTEGER its row id.
Number = BigInteger().with_variant(Integer, "sqlite")


class Bytes(LargeBinary):
    """Bytes that the driver takes as they are: where rows come by thousands, wrapping each costs more than the SQL."""

    def bind_processor(self, dialect: Dialect) -> None:
        """Nothing is wrapped: both drivers take bytes."""


def required(name: str, kind: Any) -> Column[Any]:
    """A column that is never empty."""
    return Column(name, kind, nullable=False)


def number(name: str) -> Column[int]:
    """The number that a table's rows are known by; whoever writes a row gives it."""
    return Column(name, Number, primary_key=True, autoincrement=False)
