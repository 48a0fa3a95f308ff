"""The first tables. Frozen: later revisions change them, never this file."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = sa.LargeBinary()
CURRENT = sa.text("state IN ('building', 'open')")


def _required(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Make the tables, and the triggers that keep the acts."""
    op.create_table(
        "act",
        sa.Column("act_no", NUMBER, autoincrement=False, nullable=False),
        _required("act_id", BYTES),
        _required("ms", NUMBER),
        _required("kind", sa.Text),
        _required("actor", sa.Text),
        _required("peer", sa.Text),
        _required("detail", sa.Text),
        sa.PrimaryKeyConstraint("act_no", name="pk_act"),
        sa.UniqueConstraint("act_id", name="uq_act_act_id"),
    )
    op.create_table(
        "evidence",
        _required("act_id", BYTES),
        _required("body", BYTES),
        sa.PrimaryKeyConstraint("act_id", name="pk_evidence"),
        sa.ForeignKeyConstraint(["act_id"], ["act.act_id"], name="fk_evidence_act_id"),
    )
    op.create_table(
        "ask",
        _required("ask_id", BYTES),
        _required("requester", sa.Text),
        _required("epoch", NUMBER),
        _required("search_id", BYTES),
        _required("officer", sa.Text),
        _required("purpose", sa.Text),
        _required("case_handle", BYTES),
        _required("commit", BYTES),
        sa.Column("elements", BYTES),
        _required("signature", BYTES),
        _required("charged", NUMBER),
        _required("ms", NUMBER),
        sa.PrimaryKeyConstraint("ask_id", name="pk_ask"),
        sa.UniqueConstraint("requester", "epoch", "search_id", name="uq_ask_requester_epoch_search_id"),
    )
    op.create_index("ix_ask_epoch", "ask", ["epoch"])
    op.create_table(
        "budget_use",
        _required("requester", sa.Text),
        _required("officer", sa.Text),
        _required("window", sa.Text),
        _required("number", NUMBER),
        _required("used", NUMBER),
        sa.PrimaryKeyConstraint("requester", "officer", "window", "number", name="pk_budget_use"),
    )
    op.create_table(
        "case_handle",
        _required("owner", sa.Text),
        _required("row", BYTES),
        _required("handle", BYTES),
        _required("number", BYTES),
        sa.PrimaryKeyConstraint("owner", "row", name="pk_case_handle"),
        sa.UniqueConstraint("owner", "handle", name="uq_case_handle_owner_handle"),
    )
    op.create_table(
        "chain",
        sa.Column("chain_no", NUMBER, autoincrement=False, nullable=False),
        _required("audience", sa.Text),
        _required("epoch", NUMBER),
        _required("state", sa.Text),
        sa.Column("shared_secret", BYTES),
        sa.Column("file_name", sa.Text),
        sa.Column("postings", NUMBER),
        sa.Column("snapshot_hash", BYTES),
        sa.Column("snapshot_ms", NUMBER),
        _required("seq", NUMBER),
        sa.Column("hash", BYTES),
        sa.Column("ms", NUMBER),
        _required("cursor_visible", NUMBER),
        _required("cursor_version", NUMBER),
        sa.PrimaryKeyConstraint("chain_no", name="pk_chain"),
    )
    op.create_index(
        "uq_chain_current",
        "chain",
        ["audience", "epoch"],
        unique=True,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )
    op.create_table(
        "change_set",
        sa.Column("set_no", NUMBER, autoincrement=False, nullable=False),
        sa.Column("visible_no", NUMBER),
        sa.PrimaryKeyConstraint("set_no", name="pk_change_set"),
        sa.UniqueConstraint("visible_no", name="uq_change_set_visible_no"),
    )
    op.create_table(
        "copy",
        _required("owner", sa.Text),
        _required("epoch", NUMBER),
        _required("state", sa.Text),
        sa.Column("shared_secret", BYTES),
        sa.Column("seq", NUMBER),
        sa.Column("hash", BYTES),
        sa.Column("ms", NUMBER),
        sa.Column("head_seq", NUMBER),
        sa.Column("head_ms", NUMBER),
        sa.Column("head_hash", BYTES),
        sa.Column("head_signature", BYTES),
        sa.PrimaryKeyConstraint("owner", "epoch", name="pk_copy"),
    )
    op.create_table(
        "copy_delta",
        _required("owner", sa.Text),
        _required("epoch", NUMBER),
        _required("seq", NUMBER),
        _required("postings", BYTES),
        sa.PrimaryKeyConstraint("owner", "epoch", "seq", name="pk_copy_delta"),
    )
    op.create_table(
        "copy_revocation",
        _required("owner", sa.Text),
        _required("epoch", NUMBER),
        _required("old_tag", BYTES),
        _required("new_tag", BYTES),
        _required("seq", NUMBER),
        sa.PrimaryKeyConstraint("owner", "epoch", "old_tag", name="pk_copy_revocation"),
    )
    op.create_table(
        "copy_run",
        _required("owner", sa.Text),
        _required("epoch", NUMBER),
        _required("file_name", sa.Text),
        _required("first_seq", NUMBER),
        _required("last_seq", NUMBER),
        sa.PrimaryKeyConstraint("owner", "epoch", "file_name", name="pk_copy_run"),
    )
    op.create_table(
        "counter",
        _required("name", sa.Text),
        _required("value", NUMBER),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.create_table(
        "own_epoch",
        sa.Column("epoch", NUMBER, autoincrement=False, nullable=False),
        _required("state", sa.Text),
        sa.Column("seed", BYTES),
        sa.Column("secret_key", BYTES),
        _required("statement", BYTES),
        _required("signature", BYTES),
        _required("hash", BYTES),
        sa.PrimaryKeyConstraint("epoch", name="pk_own_epoch"),
    )
    op.create_table(
        "peer_epoch",
        _required("owner", sa.Text),
        _required("epoch", NUMBER),
        _required("statement", BYTES),
        _required("signature", BYTES),
        _required("hash", BYTES),
        _required("received_ms", NUMBER),
        sa.PrimaryKeyConstraint("owner", "epoch", name="pk_peer_epoch"),
    )
    op.create_table(
        "roster",
        sa.Column("version", NUMBER, autoincrement=False, nullable=False),
        _required("document", BYTES),
        _required("hash", BYTES),
        _required("accepted_ms", NUMBER),
        sa.PrimaryKeyConstraint("version", name="pk_roster"),
    )
    op.create_table(
        "search",
        _required("search_id", BYTES),
        _required("officer", sa.Text),
        _required("purpose", sa.Text),
        _required("prepared", BYTES),
        _required("subject", BYTES),
        _required("ms", NUMBER),
        _required("expires_ms", NUMBER),
        sa.PrimaryKeyConstraint("search_id", name="pk_search"),
    )
    op.create_index("ix_search_expires_ms", "search", ["expires_ms"])
    op.create_table(
        "delta",
        _required("chain_no", NUMBER),
        _required("seq", NUMBER),
        _required("ms", NUMBER),
        _required("previous", BYTES),
        _required("hash", BYTES),
        _required("postings", BYTES),
        _required("revocations", BYTES),
        sa.ForeignKeyConstraint(["chain_no"], ["chain.chain_no"], name="fk_delta_chain_no"),
        sa.PrimaryKeyConstraint("chain_no", "seq", name="pk_delta"),
    )
    op.create_table(
        "hit",
        _required("hit_id", BYTES),
        _required("search_id", BYTES),
        _required("owner", sa.Text),
        _required("epoch", NUMBER),
        _required("body", BYTES),
        _required("expires_ms", NUMBER),
        sa.ForeignKeyConstraint(
            ["search_id"],
            ["search.search_id"],
            name="fk_hit_search_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("hit_id", name="pk_hit"),
    )
    op.create_index("ix_hit_expires_ms", "hit", ["expires_ms"])
    op.create_index("ix_hit_search_id", "hit", ["search_id"])
    op.create_table(
        "record_import",
        sa.Column("import_no", NUMBER, autoincrement=False, nullable=False),
        _required("import_id", BYTES),
        _required("set_no", NUMBER),
        _required("file_digest", BYTES),
        _required("state", sa.Text),
        _required("lines_done", NUMBER),
        _required("accepted", NUMBER),
        _required("unchanged", NUMBER),
        _required("refused", NUMBER),
        _required("started_ms", NUMBER),
        sa.Column("finished_ms", NUMBER),
        sa.ForeignKeyConstraint(["set_no"], ["change_set.set_no"], name="fk_record_import_set_no"),
        sa.PrimaryKeyConstraint("import_no", name="pk_record_import"),
        sa.UniqueConstraint("import_id", name="uq_record_import_import_id"),
        sa.UniqueConstraint("set_no", name="uq_record_import_set_no"),
    )
    op.create_table(
        "record_version",
        sa.Column("version", NUMBER, autoincrement=False, nullable=False),
        _required("set_no", NUMBER),
        _required("row", BYTES),
        _required("kind", sa.Text),
        sa.Column("digest", BYTES),
        sa.Column("body", BYTES),
        sa.Column("line", NUMBER),
        _required("ms", NUMBER),
        sa.ForeignKeyConstraint(["set_no"], ["change_set.set_no"], name="fk_record_version_set_no"),
        sa.PrimaryKeyConstraint("version", name="pk_record_version"),
    )
    op.create_index("ix_record_version_row", "record_version", ["row"])
    op.create_index("ix_record_version_set_no_version", "record_version", ["set_no", "version"])
    op.create_table(
        "tag",
        _required("chain_no", NUMBER),
        _required("tag", BYTES),
        _required("row", BYTES),
        _required("version", NUMBER),
        sa.Column("revoked_seq", NUMBER),
        sa.ForeignKeyConstraint(["chain_no"], ["chain.chain_no"], name="fk_tag_chain_no"),
        sa.PrimaryKeyConstraint("chain_no", "tag", name="pk_tag"),
        sa.UniqueConstraint("chain_no", "row", "version", name="uq_tag_chain_no_row_version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "evaluation",
        _required("version", NUMBER),
        _required("epoch", NUMBER),
        _required("body", BYTES),
        sa.ForeignKeyConstraint(
            ["version"],
            ["record_version.version"],
            name="fk_evaluation_version",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version", "epoch", name="pk_evaluation"),
    )
    op.create_table(
        "import_report",
        _required("import_no", NUMBER),
        _required("line", NUMBER),
        _required("code", sa.Text),
        _required("message", sa.Text),
        sa.ForeignKeyConstraint(
            ["import_no"],
            ["record_import.import_no"],
            name="fk_import_report_import_no",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_no", "line", name="pk_import_report"),
    )

    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER act_no_{verb.lower()} BEFORE {verb} ON act "
            "BEGIN SELECT RAISE(ABORT, 'acts are append-only'); END"
        )
