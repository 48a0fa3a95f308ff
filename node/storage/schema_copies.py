"""Copies of other owners' indexes (copies.py)."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, PrimaryKeyConstraint, Table, Text

from node.storage.schema import Number, metadata, required

copy = Table(
    "copy",
    metadata,
    required("owner", Text),
    required("epoch", Number),
    required("state", Text),
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
    required("owner", Text),
    required("epoch", Number),
    required("seq", Number),
    required("postings", LargeBinary),
    PrimaryKeyConstraint("owner", "epoch", "seq"),
)

copy_run = Table(
    "copy_run",
    metadata,
    required("owner", Text),
    required("epoch", Number),
    required("file_name", Text),
    required("first_seq", Number),
    required("last_seq", Number),
    PrimaryKeyConstraint("owner", "epoch", "file_name"),
)

copy_revocation = Table(
    "copy_revocation",
    metadata,
    required("owner", Text),
    required("epoch", Number),
    required("old_tag", LargeBinary),
    required("new_tag", LargeBinary),
    required("seq", Number),
    PrimaryKeyConstraint("owner", "epoch", "old_tag"),
)
