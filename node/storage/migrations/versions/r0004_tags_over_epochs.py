"""Tags that outlive an epoch: at the owner which are linked to the next one, at the requester which ones it knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column and the table; hits kept before are known from their next search on."""
    op.add_column("tag", sa.Column("linked_seq", _NUMBER, nullable=True))
    op.create_table(
        "known_tag",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("epoch", _NUMBER, nullable=False),
        sa.Column("hit_id", sa.LargeBinary(), nullable=False),
        sa.Column("first_ms", _NUMBER, nullable=False),
        sa.Column("expires_ms", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_known_tag"),
    )
    op.create_index("ix_known_tag_owner_epoch", "known_tag", ["owner", "epoch"])
    op.create_index("ix_known_tag_expires_ms", "known_tag", ["expires_ms"])
