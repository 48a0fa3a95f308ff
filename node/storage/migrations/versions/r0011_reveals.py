"""What an auditor may see in the clear because a second one agreed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _required(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "reveal",
        _required("reveal_id", sa.LargeBinary),
        _required("search_id", sa.LargeBinary),
        _required("reason", sa.Text),
        _required("asked_by", sa.Text),
        _required("asked_ms", _NUMBER),
        _required("agreed_by", sa.Text),
        _required("agreed_ms", _NUMBER),
        sa.PrimaryKeyConstraint("reveal_id", name="pk_reveal"),
        sa.CheckConstraint("agreed_by <> asked_by", name="ck_reveal_two_auditors"),
    )
