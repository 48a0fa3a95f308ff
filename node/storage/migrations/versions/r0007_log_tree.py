"""The log's tree, its checkpoints and who vouched for them. Acts made before enter the tree at the next start."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _required(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Make the tables. Of an act only its detail may go from now on, and nothing else may change."""
    for name, body in (("log_leaf", "leaf"), ("act_salt", "salt")):
        op.create_table(
            name,
            sa.Column("act_no", _NUMBER, autoincrement=False, nullable=False),
            _required(body, sa.LargeBinary),
            sa.ForeignKeyConstraint(["act_no"], ["act.act_no"], name=f"fk_{name}_act_no"),
            sa.PrimaryKeyConstraint("act_no", name=f"pk_{name}"),
        )
    op.create_table(
        "log_node",
        _required("level", sa.Integer),
        _required("position", _NUMBER),
        _required("hash", sa.LargeBinary),
        sa.PrimaryKeyConstraint("level", "position", name="pk_log_node"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_state",
        sa.Column("log_no", _NUMBER, autoincrement=False, nullable=False),
        _required("generation", _NUMBER),
        _required("size", _NUMBER),
        _required("frontier", sa.LargeBinary),
        sa.PrimaryKeyConstraint("log_no", name="pk_log_state"),
    )
    _checkpoints()
    op.execute("INSERT INTO log_state (log_no, generation, size, frontier) VALUES (1, 1, 0, x'')")
    op.execute("DROP TRIGGER act_no_update")
    kept = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in ("act_no", "act_id", "ms", "kind", "actor", "peer"))
    op.execute(
        f"CREATE TRIGGER act_no_update BEFORE UPDATE ON act WHEN NOT (NEW.detail = '' AND {kept}) "
        "BEGIN SELECT RAISE(ABORT, 'acts are append-only'); END"
    )
    for table in ("log_leaf", "log_node"):
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
            )


def _checkpoints() -> None:
    op.create_table(
        "checkpoint",
        _required("owner", sa.Text),
        _required("generation", _NUMBER),
        _required("size", _NUMBER),
        _required("checkpoint", sa.LargeBinary),
        _required("signature", sa.LargeBinary),
        sa.PrimaryKeyConstraint("owner", "generation", "size", name="pk_checkpoint"),
    )
    op.create_table(
        "cosignature",
        _required("owner", sa.Text),
        _required("generation", _NUMBER),
        _required("size", _NUMBER),
        _required("witness", sa.Text),
        _required("ms", _NUMBER),
        _required("signature", sa.LargeBinary),
        sa.PrimaryKeyConstraint("owner", "generation", "size", "witness", name="pk_cosignature"),
    )
