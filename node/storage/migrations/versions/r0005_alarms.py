"""Alarms; of a search what they are counted from; and the two orders in which asks and acts are counted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _required(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Make them. Searches made before have no marks, and are not counted."""
    op.create_table(
        "alarm",
        sa.Column("alarm_no", _NUMBER, autoincrement=False, nullable=False),
        _required("kind", sa.Text),
        _required("peer", sa.Text),
        _required("officer", sa.Text),
        _required("number", _NUMBER),
        _required("threshold", _NUMBER),
        _required("first_ms", _NUMBER),
        _required("last_ms", _NUMBER),
        _required("acknowledged_ms", _NUMBER),
        _required("acknowledged_by", sa.Text),
        _required("note", sa.Text),
        sa.PrimaryKeyConstraint("alarm_no", name="pk_alarm"),
    )
    op.create_index("ix_alarm_acknowledged_ms", "alarm", ["acknowledged_ms"])
    op.add_column("search", sa.Column("marks", sa.LargeBinary(), nullable=True))
    op.create_index("ix_search_ms", "search", ["ms"])
    op.create_index("ix_ask_ms_requester", "ask", ["ms", "requester"])
    op.create_index("ix_act_kind_ms", "act", ["kind", "ms"])
