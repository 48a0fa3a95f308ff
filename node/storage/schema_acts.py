"""Acts (node/audit/journal.py), evidence (evidence.py) and alarms (alarms.py)."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text

from node.storage.schema import Number, metadata, number, required

# Append-only: triggers made by the migration refuse UPDATE and DELETE.
act = Table(
    "act",
    metadata,
    number("act_no"),
    Column("act_id", LargeBinary, nullable=False, unique=True),
    required("ms", Number),
    required("kind", Text),
    required("actor", Text),
    required("peer", Text),
    required("detail", Text),
    Index(None, "kind", "ms"),
)

# What a peer signed or sent that it should not have. body: sealed; act_id: the act that tells of it.
evidence = Table(
    "evidence",
    metadata,
    Column("act_id", LargeBinary, ForeignKey("act.act_id"), primary_key=True),
    required("body", LargeBinary),
)

# What looks like probing (alarms.py). acknowledged_ms: 0 while it is open. officer: a pseudonym, or an own one's id.
alarm = Table(
    "alarm",
    metadata,
    number("alarm_no"),
    required("kind", Text),
    required("peer", Text),
    required("officer", Text),
    required("number", Number),
    required("threshold", Number),
    required("first_ms", Number),
    required("last_ms", Number),
    required("acknowledged_ms", Number),
    required("acknowledged_by", Text),
    required("note", Text),
    Index(None, "acknowledged_ms"),
)
