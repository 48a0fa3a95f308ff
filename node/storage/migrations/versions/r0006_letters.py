"""Letters: the outbox, the numbers given in it, and what was received."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _required(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "outbox_line",
        _required("recipient", sa.Text),
        _required("conversation", sa.LargeBinary),
        _required("last", _NUMBER),
        sa.PrimaryKeyConstraint("recipient", "conversation", name="pk_outbox_line"),
    )
    op.create_table(
        "outbox",
        _required("message_id", sa.LargeBinary),
        _required("recipient", sa.Text),
        _required("conversation", sa.LargeBinary),
        _required("number", _NUMBER),
        _required("kind", sa.Text),
        sa.Column("body", sa.LargeBinary()),
        _required("body_hash", sa.LargeBinary),
        _required("ms", _NUMBER),
        sa.Column("until_ms", _NUMBER),
        _required("state", sa.Text),
        _required("owed", _NUMBER),
        sa.Column("next_ms", _NUMBER),
        _required("attempts", _NUMBER),
        sa.Column("sent_ms", _NUMBER),
        _required("error", sa.Text),
        _required("reason", sa.Text),
        sa.Column("settled_ms", _NUMBER),
        sa.Column("receipt", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("message_id", name="pk_outbox"),
        sa.UniqueConstraint("recipient", "conversation", "number", name="uq_outbox_recipient_conversation_number"),
    )
    op.create_index("ix_outbox_recipient_next_ms", "outbox", ["recipient", "next_ms"])
    op.create_index("ix_outbox_state_recipient_ms", "outbox", ["state", "recipient", "ms"])
    op.create_index("ix_outbox_state_until_ms", "outbox", ["state", "until_ms"])
    op.create_table(
        "courier_in",
        _required("sender", sa.Text),
        _required("message_id", sa.LargeBinary),
        _required("conversation", sa.LargeBinary),
        _required("number", _NUMBER),
        _required("written", sa.LargeBinary),
        _required("signature", sa.LargeBinary),
        _required("letter_hash", sa.LargeBinary),
        _required("code", sa.Text),
        _required("reason", sa.Text),
        _required("ms", _NUMBER),
        _required("receipt", sa.LargeBinary),
        sa.PrimaryKeyConstraint("sender", "message_id", name="pk_courier_in"),
        sa.UniqueConstraint("sender", "conversation", "number", name="uq_courier_in_sender_conversation_number"),
    )
    op.create_index("ix_courier_in_ms", "courier_in", ["ms"])
