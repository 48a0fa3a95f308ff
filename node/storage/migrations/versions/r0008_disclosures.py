"""Disclosures: requests at both ends, and the two officers without whom the database lets none be given."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _required(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Make the tables and the trigger."""
    op.create_table(
        "request_in",
        _required("request_id", sa.LargeBinary),
        _required("requester", sa.Text),
        _required("ask_id", sa.LargeBinary),
        _required("tag", sa.LargeBinary),
        _required("digest", sa.LargeBinary),
        _required("urgency", sa.Text),
        _required("state", sa.Text),
        _required("received_ms", _NUMBER),
        _required("due_ms", _NUMBER),
        _required("expires_ms", _NUMBER),
        _required("ended_ms", _NUMBER),
        _required("holder", sa.Text),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("reply", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("request_id", name="pk_request_in"),
        sa.UniqueConstraint("ask_id", "tag", name="uq_request_in_ask_id_tag"),
    )
    op.create_index("ix_request_in_state_due_ms", "request_in", ["state", "due_ms"])
    op.create_table(
        "decision",
        _required("request_id", sa.LargeBinary),
        _required("officer", sa.Text),
        _required("role", sa.Text),
        _required("verdict", sa.Text),
        _required("ms", _NUMBER),
        _required("body", sa.LargeBinary),
        sa.PrimaryKeyConstraint("request_id", "officer", name="pk_decision"),
        sa.UniqueConstraint("request_id", "role", name="uq_decision_request_id_role"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request_in.request_id"], name="fk_decision_request_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("role IN ('analyst', 'approver')", name="ck_decision_role"),
    )
    op.create_table(
        "request_out",
        _required("request_id", sa.LargeBinary),
        _required("hit_id", sa.LargeBinary),
        _required("owner", sa.Text),
        _required("officer", sa.Text),
        _required("digest", sa.LargeBinary),
        _required("urgency", sa.Text),
        _required("state", sa.Text),
        _required("made_ms", _NUMBER),
        _required("due_ms", _NUMBER),
        _required("expires_ms", _NUMBER),
        _required("ended_ms", _NUMBER),
        _required("retain_until_ms", _NUMBER),
        _required("code", sa.Text),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("answer", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("request_id", name="pk_request_out"),
        sa.UniqueConstraint("hit_id", name="uq_request_out_hit_id"),
    )
    op.create_index("ix_request_out_state_made_ms", "request_out", ["state", "made_ms"])
    op.create_table(
        "request_event",
        _required("request_id", sa.LargeBinary),
        _required("side", sa.Text),
        _required("event", sa.Text),
        _required("at_ms", _NUMBER),
        _required("ms", _NUMBER),
        sa.PrimaryKeyConstraint("request_id", "side", "event", "at_ms", name="pk_request_event"),
    )
    _two_officers()


def _two_officers() -> None:
    """No row becomes `disclosed` before an analyst and an approver, two officers, have approved it."""
    for verb in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER request_in_two_officers_{verb.lower()} BEFORE {verb} ON request_in "  # noqa: S608 - no input
            "WHEN NEW.state = 'disclosed' AND (SELECT count(DISTINCT officer) * 10 + count(DISTINCT role) "
            "FROM decision WHERE request_id = NEW.request_id AND verdict = 'approve') <> 22 "
            "BEGIN SELECT RAISE(ABORT, 'a disclosure needs two officers'); END"
        )
