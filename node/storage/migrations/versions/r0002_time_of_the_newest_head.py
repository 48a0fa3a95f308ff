"""The time of the newest head signed for a chain, so that a restart cannot sign an earlier one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; a chain from before has signed none that is known."""
    op.add_column("chain", sa.Column("head_ms", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
