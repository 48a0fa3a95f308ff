"""Rosters and members cut off (rosters.py, pending_rosters.py, suspensions.py)."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, Table, Text

from node.storage.schema import Number, metadata, number, required

roster = Table(
    "roster",
    metadata,
    number("version"),
    required("document", LargeBinary),
    required("hash", LargeBinary),
    required("accepted_ms", Number),
)

# Verified rosters that peers brought, waiting for an administrator (pending_rosters.py).
pending_roster = Table(
    "pending_roster",
    metadata,
    number("version"),
    required("document", LargeBinary),
    required("hash", LargeBinary),
    required("peer", Text),
    required("ms", Number),
)

# Members that this node's administrator has cut off (suspensions.py).
suspension = Table(
    "suspension",
    metadata,
    Column("node_id", Text, primary_key=True),
    required("ms", Number),
    required("officer", Text),
    required("reason", Text),
)
