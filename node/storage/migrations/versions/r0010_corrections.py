"""Corrections: what was given in which version, what was told of it since, what came here. Exclusions, passing on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _required(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Make the tables."""
    _corrections()
    _exclusions()
    _onward()


def _corrections() -> None:
    op.create_table(
        "given",
        _required("request_id", sa.LargeBinary),
        _required("requester", sa.Text),
        _required("row", sa.LargeBinary),
        _required("version", _NUMBER),
        _required("number", _NUMBER),
        _required("given_ms", _NUMBER),
        _required("until_ms", _NUMBER),
        _required("ended_ms", _NUMBER),
        _required("body", sa.LargeBinary),
        sa.PrimaryKeyConstraint("request_id", name="pk_given"),
    )
    op.create_index("ix_given_row", "given", ["row"])
    op.create_table(
        "correction_out",
        _required("request_id", sa.LargeBinary),
        _required("number", _NUMBER),
        _required("kind", sa.Text),
        _required("made_ms", _NUMBER),
        sa.Column("message_id", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("request_id", "number", name="pk_correction_out"),
        sa.UniqueConstraint("message_id", name="uq_correction_out_message_id"),
    )
    op.create_table(
        "correction_in",
        _required("request_id", sa.LargeBinary),
        _required("number", _NUMBER),
        _required("kind", sa.Text),
        _required("made_ms", _NUMBER),
        _required("received_ms", _NUMBER),
        _required("seen_ms", _NUMBER),
        sa.PrimaryKeyConstraint("request_id", "made_ms", "number", name="pk_correction_in"),
    )


def _exclusions() -> None:
    op.create_table(
        "exclusion",
        _required("exclusion_id", sa.LargeBinary),
        _required("side", sa.Text),
        _required("peer", sa.Text),
        _required("officer", sa.Text),
        _required("ground", sa.Text),
        _required("made_ms", _NUMBER),
        _required("removed_ms", _NUMBER),
        sa.Column("row", sa.LargeBinary()),
        _required("body", sa.LargeBinary),
        sa.PrimaryKeyConstraint("exclusion_id", name="pk_exclusion"),
    )
    op.create_index("ix_exclusion_row", "exclusion", ["row"])
    op.create_table(
        "exclusion_subject",
        _required("mark", sa.LargeBinary),
        _required("exclusion_id", sa.LargeBinary),
        sa.PrimaryKeyConstraint("mark", "exclusion_id", name="pk_exclusion_subject"),
        _of_exclusion("exclusion_subject"),
    )
    op.create_table(
        "exclusion_tag",
        _required("mark", sa.LargeBinary),
        _required("exclusion_id", sa.LargeBinary),
        _required("owner", sa.Text),
        _required("epoch", _NUMBER),
        sa.PrimaryKeyConstraint("mark", "exclusion_id", name="pk_exclusion_tag"),
        _of_exclusion("exclusion_tag"),
    )
    op.create_index("ix_exclusion_tag_owner_epoch", "exclusion_tag", ["owner", "epoch"])


def _of_exclusion(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["exclusion_id"], ["exclusion.exclusion_id"], name=f"fk_{table}_exclusion_id", ondelete="CASCADE"
    )


def _onward() -> None:
    op.create_table(
        "onward_in",
        _required("onward_id", sa.LargeBinary),
        _required("request_id", sa.LargeBinary),
        _required("requester", sa.Text),
        _required("recipient", sa.Text),
        _required("digest", sa.LargeBinary),
        _required("state", sa.Text),
        _required("received_ms", _NUMBER),
        _required("ended_ms", _NUMBER),
        _required("body", sa.LargeBinary),
        sa.PrimaryKeyConstraint("onward_id", name="pk_onward_in"),
    )
    op.create_index("ix_onward_in_state_received_ms", "onward_in", ["state", "received_ms"])
    op.create_table(
        "onward_decision",
        _required("onward_id", sa.LargeBinary),
        _required("officer", sa.Text),
        _required("role", sa.Text),
        _required("verdict", sa.Text),
        _required("ms", _NUMBER),
        _required("body", sa.LargeBinary),
        sa.PrimaryKeyConstraint("onward_id", "role", name="pk_onward_decision"),
        sa.ForeignKeyConstraint(
            ["onward_id"], ["onward_in.onward_id"], name="fk_onward_decision_onward_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("role IN ('analyst', 'approver')", name="ck_onward_decision_role"),
    )
    op.create_table(
        "onward_out",
        _required("onward_id", sa.LargeBinary),
        _required("request_id", sa.LargeBinary),
        _required("owner", sa.Text),
        _required("recipient", sa.Text),
        _required("officer", sa.Text),
        _required("digest", sa.LargeBinary),
        _required("state", sa.Text),
        _required("made_ms", _NUMBER),
        _required("ended_ms", _NUMBER),
        _required("code", sa.Text),
        _required("body", sa.LargeBinary),
        sa.Column("answer", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("onward_id", name="pk_onward_out"),
    )
    op.create_index("ix_onward_out_request_id", "onward_out", ["request_id"])
    _two_officers()


def _two_officers() -> None:
    """No row becomes `granted` before an analyst and an approver, two officers, have approved it."""
    for verb in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER onward_in_two_officers_{verb.lower()} BEFORE {verb} ON onward_in "  # noqa: S608 - no input
            "WHEN NEW.state = 'granted' AND (SELECT count(DISTINCT officer) * 10 + count(DISTINCT role) "
            "FROM onward_decision WHERE onward_id = NEW.onward_id AND verdict = 'approve') <> 22 "
            "BEGIN SELECT RAISE(ABORT, 'passing on needs two officers'); END"
        )
