"""Searches made here, and what they found (searches.py, known_tags.py, cases.py)."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from node.storage.schema import Number, metadata, required

search = Table(
    "search",
    metadata,
    Column("search_id", LargeBinary, primary_key=True),
    required("officer", Text),
    required("purpose", Text),
    required("prepared", LargeBinary),  # sealed: seed, tokens, salt, positions
    required("subject", LargeBinary),  # sealed
    Column("marks", LargeBinary),  # sealed: what alarms count of it
    required("ms", Number),
    required("expires_ms", Number),
    Index(None, "expires_ms"),
    Index(None, "ms"),
)

hit = Table(
    "hit",
    metadata,
    Column("hit_id", LargeBinary, primary_key=True),
    Column("search_id", LargeBinary, ForeignKey("search.search_id", ondelete="CASCADE"), nullable=False),
    required("owner", Text),
    required("epoch", Number),
    required("body", LargeBinary),  # sealed: tag, band, score, kinds, and what proves it
    required("expires_ms", Number),
    Index(None, "search_id"),
    Index(None, "expires_ms"),
)

# A tag that a kept hit stands for, now or under a later tag of its record. mark: keyed hash of owner, epoch and tag.
known_tag = Table(
    "known_tag",
    metadata,
    Column("mark", LargeBinary, primary_key=True),
    required("owner", Text),
    required("epoch", Number),
    required("hit_id", LargeBinary),  # the first one
    required("first_ms", Number),
    required("expires_ms", Number),
    Index(None, "owner", "epoch"),
    Index(None, "expires_ms"),
)

# A national case number and the random handle each owner knows it by. row: keyed hash of the number.
case_handle = Table(
    "case_handle",
    metadata,
    required("owner", Text),
    required("row", LargeBinary),
    required("handle", LargeBinary),
    required("number", LargeBinary),  # sealed
    PrimaryKeyConstraint("owner", "row"),
    UniqueConstraint("owner", "handle"),
)
