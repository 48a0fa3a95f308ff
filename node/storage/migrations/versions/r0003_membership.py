"""Suspensions of peers, and rosters that wait for an administrator."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _required(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "suspension",
        _required("node_id", sa.Text),
        _required("ms", NUMBER),
        _required("officer", sa.Text),
        _required("reason", sa.Text),
        sa.PrimaryKeyConstraint("node_id", name="pk_suspension"),
    )
    op.create_table(
        "pending_roster",
        sa.Column("version", NUMBER, autoincrement=False, nullable=False),
        _required("document", sa.LargeBinary),
        _required("hash", sa.LargeBinary),
        _required("peer", sa.Text),
        _required("ms", NUMBER),
        sa.PrimaryKeyConstraint("version", name="pk_pending_roster"),
    )
