"""What this node publishes: chains, deltas and tags (chains.py, publishing.py, deltas.py, tags.py)."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, Table, Text, UniqueConstraint, text

from node.storage.schema import Bytes, Number, metadata, number, required

# One chain of batches for an audience in an epoch. shared_secret: S, sealed. cursor_*: the last version published.
# head_ms: the time of the newest head signed without a batch.
chain = Table(
    "chain",
    metadata,
    number("chain_no"),
    required("audience", Text),
    required("epoch", Number),
    required("state", Text),
    Column("shared_secret", LargeBinary),
    Column("file_name", Text),
    Column("postings", Number),
    Column("snapshot_hash", LargeBinary),
    Column("snapshot_ms", Number),
    required("seq", Number),
    Column("hash", LargeBinary),
    Column("ms", Number),
    Column("head_ms", Number),
    required("cursor_visible", Number),
    required("cursor_version", Number),
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
    required("seq", Number),
    required("ms", Number),
    required("previous", LargeBinary),
    required("hash", LargeBinary),
    required("postings", LargeBinary),
    required("revocations", LargeBinary),
    PrimaryKeyConstraint("chain_no", "seq"),
)

# The pseudonym of one version of a record in one chain. revoked_seq: the delta that revoked it. linked_seq: the batch
# that linked it to its record's tag in the next epoch.
tag = Table(
    "tag",
    metadata,
    Column("chain_no", Number, ForeignKey("chain.chain_no"), nullable=False),
    required("tag", Bytes),
    required("row", Bytes),
    required("version", Number),
    Column("revoked_seq", Number),
    Column("linked_seq", Number),
    PrimaryKeyConstraint("chain_no", "tag"),
    UniqueConstraint("chain_no", "row", "version"),
    sqlite_with_rowid=False,
)
