"""Every table of a node's database, as SQLAlchemy Core sees it. The migrations make them; a test compares the two.

`sealed` in a comment means: XChaCha20-Poly1305 under the node's storage key, bound to table, row and column
(node/crypto/sealing.py). What stands open is a number, a state, a public
statement, or random to whoever lacks the keys.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite makes only a column of the exact type INTEGER its row id.
Number = BigInteger().with_variant(Integer, "sqlite")


class Bytes(LargeBinary):
    """Bytes that the driver takes as they are: where rows come by thousands, wrapping each costs more than the SQL."""

    def bind_processor(self, dialect: Dialect) -> None:
        """Nothing is wrapped: both drivers take bytes."""


def _required(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, Number, primary_key=True, autoincrement=False)


# Numbers that are never given twice, also not after the rows that bore them are gone.
counter = Table("counter", metadata, Column("name", Text, primary_key=True), _required("value", Number))

# --- Records (records.py, staging.py, imports.py) ------------------------------------------------

# What becomes visible together: an import, or a single change. visible_no orders them; without one they are staged.
change_set = Table("change_set", metadata, _number("set_no"), Column("visible_no", Number, unique=True))

# One version of one record, or its withdrawal. version: numbered over all records, never given twice.
# row: keyed hash of the record id. body: sealed record id and content. line: where in its import it stood.
record_version = Table(
    "record_version",
    metadata,
    _number("version"),
    Column("set_no", Number, ForeignKey("change_set.set_no"), nullable=False),
    _required("row", LargeBinary),
    _required("kind", Text),
    Column("digest", LargeBinary),
    Column("body", LargeBinary),
    Column("line", Number),
    _required("ms", Number),
    Index(None, "row"),
    Index(None, "set_no", "version"),
)

# The VOPRF evaluations of one version's tokens in one epoch; body: sealed kinds and values.
evaluation = Table(
    "evaluation",
    metadata,
    Column("version", Number, ForeignKey("record_version.version", ondelete="CASCADE"), nullable=False),
    _required("epoch", Number),
    _required("body", LargeBinary),
    PrimaryKeyConstraint("version", "epoch"),
)

# file_digest: keyed hash of the file. lines_done: every line up to this one is staged, refused or unchanged.
record_import = Table(
    "record_import",
    metadata,
    _number("import_no"),
    Column("import_id", LargeBinary, nullable=False, unique=True),
    Column("set_no", Number, ForeignKey("change_set.set_no"), nullable=False, unique=True),
    _required("file_digest", LargeBinary),
    _required("state", Text),
    _required("lines_done", Number),
    _required("accepted", Number),
    _required("unchanged", Number),
    _required("refused", Number),
    _required("started_ms", Number),
    Column("finished_ms", Number),
)

# Why a line was not taken. message: no personal data.
import_report = Table(
    "import_report",
    metadata,
    Column("import_no", Number, ForeignKey("record_import.import_no", ondelete="CASCADE"), nullable=False),
    _required("line", Number),
    _required("code", Text),
    _required("message", Text),
    PrimaryKeyConstraint("import_no", "line"),
)

# --- Epochs (epochs.py) ------------------------------------------------------------------------------

# seed, secret_key: sealed, null once erased. statement, signature: the public bytes of protocol.md 2.
own_epoch = Table(
    "own_epoch",
    metadata,
    _number("epoch"),
    _required("state", Text),
    Column("seed", LargeBinary),
    Column("secret_key", LargeBinary),
    _required("statement", LargeBinary),
    _required("signature", LargeBinary),
    _required("hash", LargeBinary),
)

peer_epoch = Table(
    "peer_epoch",
    metadata,
    _required("owner", Text),
    _required("epoch", Number),
    _required("statement", LargeBinary),
    _required("signature", LargeBinary),
    _required("hash", LargeBinary),
    _required("received_ms", Number),
    PrimaryKeyConstraint("owner", "epoch"),
)

# --- Publishing (publishing.py, deltas.py, tags.py) ------------------------------------------------

# One chain of batches for an audience in an epoch. shared_secret: S, sealed. cursor_*: the last version published.
# head_ms: the time of the newest head signed without a batch.
chain = Table(
    "chain",
    metadata,
    _number("chain_no"),
    _required("audience", Text),
    _required("epoch", Number),
    _required("state", Text),
    Column("shared_secret", LargeBinary),
    Column("file_name", Text),
    Column("postings", Number),
    Column("snapshot_hash", LargeBinary),
    Column("snapshot_ms", Number),
    _required("seq", Number),
    Column("hash", LargeBinary),
    Column("ms", Number),
    Column("head_ms", Number),
    _required("cursor_visible", Number),
    _required("cursor_version", Number),
    Index(
        "uq_chain_current",
        "audience",
        "epoch",
        unique=True,
        sqlite_where=text("state IN ('building', 'open')"),
        postgresql_where=text("state IN ('building', 'open')"),
    ),
)

delta = Table(
    "delta",
    metadata,
    Column("chain_no", Number, ForeignKey("chain.chain_no"), nullable=False),
    _required("seq", Number),
    _required("ms", Number),
    _required("previous", LargeBinary),
    _required("hash", LargeBinary),
    _required("postings", LargeBinary),
    _required("revocations", LargeBinary),
    PrimaryKeyConstraint("chain_no", "seq"),
)

# The pseudonym of one version of a record in one chain. revoked_seq: the delta that revoked it. linked_seq: the batch
# that linked it to its record's tag in the next epoch.
tag = Table(
    "tag",
    metadata,
    Column("chain_no", Number, ForeignKey("chain.chain_no"), nullable=False),
    _required("tag", Bytes),
    _required("row", Bytes),
    _required("version", Number),
    Column("revoked_seq", Number),
    Column("linked_seq", Number),
    PrimaryKeyConstraint("chain_no", "tag"),
    UniqueConstraint("chain_no", "row", "version"),
    sqlite_with_rowid=False,
)

# --- Copies of other owners' indexes (copies.py) ------------------------------------------------

copy = Table(
    "copy",
    metadata,
    _required("owner", Text),
    _required("epoch", Number),
    _required("state", Text),
    Column("shared_secret", LargeBinary),  # S, sealed
    Column("seq", Number),
    Column("hash", LargeBinary),
    Column("ms", Number),
    Column("head_seq", Number),
    Column("head_ms", Number),
    Column("head_hash", LargeBinary),
    Column("head_signature", LargeBinary),
    PrimaryKeyConstraint("owner", "epoch"),
)

# Deltas applied but not yet merged into a run file.
copy_delta = Table(
    "copy_delta",
    metadata,
    _required("owner", Text),
    _required("epoch", Number),
    _required("seq", Number),
    _required("postings", LargeBinary),
    PrimaryKeyConstraint("owner", "epoch", "seq"),
)

copy_run = Table(
    "copy_run",
    metadata,
    _required("owner", Text),
    _required("epoch", Number),
    _required("file_name", Text),
    _required("first_seq", Number),
    _required("last_seq", Number),
    PrimaryKeyConstraint("owner", "epoch", "file_name"),
)

copy_revocation = Table(
    "copy_revocation",
    metadata,
    _required("owner", Text),
    _required("epoch", Number),
    _required("old_tag", LargeBinary),
    _required("new_tag", LargeBinary),
    _required("seq", Number),
    PrimaryKeyConstraint("owner", "epoch", "old_tag"),
)

# --- Asks received (asks.py) and budgets (node/policy/budgets.py) -----------------------------------

ask = Table(
    "ask",
    metadata,
    Column("ask_id", LargeBinary, primary_key=True),
    _required("requester", Text),
    _required("epoch", Number),
    _required("search_id", LargeBinary),
    _required("officer", Text),
    _required("purpose", Text),
    _required("case_handle", LargeBinary),
    _required("commit", LargeBinary),
    Column("elements", LargeBinary),  # null once the epoch's grace is over
    _required("signature", LargeBinary),
    _required("charged", Number),
    _required("ms", Number),
    UniqueConstraint("requester", "epoch", "search_id"),
    Index(None, "epoch"),
    Index(None, "ms", "requester"),
)

# officer: '' counts the member as a whole. window: 'bucket' (number = ms / 300,000) or 'epoch' (number = the epoch).
budget_use = Table(
    "budget_use",
    metadata,
    _required("requester", Text),
    _required("officer", Text),
    _required("window", Text),
    _required("number", Number),
    _required("used", Number),
    PrimaryKeyConstraint("requester", "officer", "window", "number"),
)

# --- Searches made here (searches.py, hits.py, cases.py) ----------------------------------------------

search = Table(
    "search",
    metadata,
    Column("search_id", LargeBinary, primary_key=True),
    _required("officer", Text),
    _required("purpose", Text),
    _required("prepared", LargeBinary),  # sealed: seed, tokens, salt, positions
    _required("subject", LargeBinary),  # sealed
    Column("marks", LargeBinary),  # sealed: what alarms count of it
    _required("ms", Number),
    _required("expires_ms", Number),
    Index(None, "expires_ms"),
    Index(None, "ms"),
)

hit = Table(
    "hit",
    metadata,
    Column("hit_id", LargeBinary, primary_key=True),
    Column("search_id", LargeBinary, ForeignKey("search.search_id", ondelete="CASCADE"), nullable=False),
    _required("owner", Text),
    _required("epoch", Number),
    _required("body", LargeBinary),  # sealed: tag, band, score, kinds, and what proves it
    _required("expires_ms", Number),
    Index(None, "search_id"),
    Index(None, "expires_ms"),
)

# A tag that a kept hit stands for, now or under a later tag of its record. mark: keyed hash of owner, epoch and tag.
known_tag = Table(
    "known_tag",
    metadata,
    Column("mark", LargeBinary, primary_key=True),
    _required("owner", Text),
    _required("epoch", Number),
    _required("hit_id", LargeBinary),  # the first one
    _required("first_ms", Number),
    _required("expires_ms", Number),
    Index(None, "owner", "epoch"),
    Index(None, "expires_ms"),
)

# A national case number and the random handle each owner knows it by. row: keyed hash of the number.
case_handle = Table(
    "case_handle",
    metadata,
    _required("owner", Text),
    _required("row", LargeBinary),
    _required("handle", LargeBinary),
    _required("number", LargeBinary),  # sealed
    PrimaryKeyConstraint("owner", "row"),
    UniqueConstraint("owner", "handle"),
)

# --- Rosters (rosters.py) and acts (node/audit/journal.py) ----------------------------------------

roster = Table(
    "roster",
    metadata,
    _number("version"),
    _required("document", LargeBinary),
    _required("hash", LargeBinary),
    _required("accepted_ms", Number),
)

# Verified rosters that peers brought, waiting for an administrator (pending_rosters.py).
pending_roster = Table(
    "pending_roster",
    metadata,
    _number("version"),
    _required("document", LargeBinary),
    _required("hash", LargeBinary),
    _required("peer", Text),
    _required("ms", Number),
)

# Members that this node's administrator has cut off (suspensions.py).
suspension = Table(
    "suspension",
    metadata,
    Column("node_id", Text, primary_key=True),
    _required("ms", Number),
    _required("officer", Text),
    _required("reason", Text),
)

# What a peer signed or sent that it should not have. body: sealed; act_id: the act that tells of it.
evidence = Table(
    "evidence",
    metadata,
    Column("act_id", LargeBinary, ForeignKey("act.act_id"), primary_key=True),
    _required("body", LargeBinary),
)

# Append-only: triggers made by the migration refuse UPDATE and DELETE.
act = Table(
    "act",
    metadata,
    _number("act_no"),
    Column("act_id", LargeBinary, nullable=False, unique=True),
    _required("ms", Number),
    _required("kind", Text),
    _required("actor", Text),
    _required("peer", Text),
    _required("detail", Text),
    Index(None, "kind", "ms"),
)

# What looks like probing (alarms.py). acknowledged_ms: 0 while it is open. officer: a pseudonym, or an own one's id.
alarm = Table(
    "alarm",
    metadata,
    _number("alarm_no"),
    _required("kind", Text),
    _required("peer", Text),
    _required("officer", Text),
    _required("number", Number),
    _required("threshold", Number),
    _required("first_ms", Number),
    _required("last_ms", Number),
    _required("acknowledged_ms", Number),
    _required("acknowledged_by", Text),
    _required("note", Text),
    Index(None, "acknowledged_ms"),
)
