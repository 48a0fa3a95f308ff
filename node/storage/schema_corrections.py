"""Corrections: what was given and in which version (given.py), and what was told of it since (corrections.py)."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, PrimaryKeyConstraint, Table, Text

from node.storage.schema import Number, metadata, required

# At the owner: one disclosure. row: the record's. version: the newest of which it is known whether the recipient must
# be told. number: of the newest correction. ended_ms: 0 until the record is erased. body: sealed: fields, salt, hashes.
given = Table(
    "given",
    metadata,
    Column("request_id", LargeBinary, primary_key=True),
    required("requester", Text),
    required("row", LargeBinary),
    required("version", Number),
    required("number", Number),
    required("given_ms", Number),
    required("until_ms", Number),
    required("ended_ms", Number),
    required("body", LargeBinary),
    Index(None, "row"),
)

# At the owner: a correction that was written. message_id: its letter's; null if its recipient had left the alliance.
correction_out = Table(
    "correction_out",
    metadata,
    required("request_id", LargeBinary),
    required("number", Number),
    required("kind", Text),
    required("made_ms", Number),
    Column("message_id", LargeBinary, unique=True),
    PrimaryKeyConstraint("request_id", "number"),
)

# At the requester: a correction that came. seen_ms: 0 until an officer has looked at the request since.
correction_in = Table(
    "correction_in",
    metadata,
    required("request_id", LargeBinary),
    required("number", Number),
    required("kind", Text),
    required("made_ms", Number),
    required("received_ms", Number),
    required("seen_ms", Number),
    PrimaryKeyConstraint("request_id", "made_ms", "number"),
)
