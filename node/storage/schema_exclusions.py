"""Exclusions: whom people keep apart from which record (exclusions.py)."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, Table, Text

from node.storage.schema import Number, metadata, required

# side: requester (this node has the subject) or owner (it has the record). officer: who made it here, or ''.
# row: at the owner, the record's. removed_ms: 0 while it stands. body: sealed: the request's hash and the reason.
exclusion = Table(
    "exclusion",
    metadata,
    Column("exclusion_id", LargeBinary, primary_key=True),
    required("side", Text),
    required("peer", Text),
    required("officer", Text),
    required("ground", Text),
    required("made_ms", Number),
    required("removed_ms", Number),
    Column("row", LargeBinary),
    required("body", LargeBinary),
    Index(None, "row"),
)

# Whom it is about, by keyed hashes: the subject's, or at the owner the case's and of what was told of the subject.
exclusion_subject = Table(
    "exclusion_subject",
    metadata,
    required("mark", LargeBinary),
    Column("exclusion_id", LargeBinary, ForeignKey("exclusion.exclusion_id", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("mark", "exclusion_id"),
)

# At the requester: the marks of the record's tags, in this epoch and carried to the next ones (known_hits.py).
exclusion_tag = Table(
    "exclusion_tag",
    metadata,
    required("mark", LargeBinary),
    Column("exclusion_id", LargeBinary, ForeignKey("exclusion.exclusion_id", ondelete="CASCADE"), nullable=False),
    required("owner", Text),
    required("epoch", Number),
    PrimaryKeyConstraint("mark", "exclusion_id"),
    Index(None, "owner", "epoch"),
)
