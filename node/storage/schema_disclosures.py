"""Disclosures: requests that came, with officers' decisions (requests_in.py); requests sent (requests_out.py)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from node.storage.schema import Number, metadata, required

# At the owner. body: sealed: the signed request, the record it is about, what its proof showed. reply: sealed, as sent.
# A trigger refuses the state `disclosed` without approvals of two different officers, one of each role.
request_in = Table(
    "request_in",
    metadata,
    Column("request_id", LargeBinary, primary_key=True),
    required("requester", Text),
    required("ask_id", LargeBinary),
    required("tag", LargeBinary),
    required("digest", LargeBinary),
    required("urgency", Text),
    required("state", Text),
    required("received_ms", Number),
    required("due_ms", Number),
    required("expires_ms", Number),
    required("ended_ms", Number),  # 0 while it is open
    required("holder", Text),  # the officer who has taken it on, or ''
    Column("body", LargeBinary),
    Column("reply", LargeBinary),
    Unique("ask_id", "tag"),
    Index(None, "state", "due_ms"),
)

# body: sealed: the decision with the officer's signature. One of each role counts; a later one of a role replaces it.
decision = Table(
    "decision",
    metadata,
    Column("request_id", LargeBinary, ForeignKey("request_in.request_id", ondelete="CASCADE"), nullable=False),
    required("officer", Text),
    required("role", Text),
    required("verdict", Text),
    required("ms", Number),
    required("body", LargeBinary),
    PrimaryKeyConstraint("request_id", "officer"),
    Unique("request_id", "role"),
    CheckConstraint("role IN ('analyst', 'approver')", name="ck_decision_role"),
)

# At the requester. body: sealed: the signed request. answer: sealed: the reply or refusal, null once erased.
request_out = Table(
    "request_out",
    metadata,
    Column("request_id", LargeBinary, primary_key=True),
    Column("hit_id", LargeBinary, nullable=False, unique=True),
    required("owner", Text),
    required("officer", Text),
    required("digest", LargeBinary),
    required("urgency", Text),
    required("state", Text),
    required("made_ms", Number),
    required("due_ms", Number),  # 0 until the owner has taken it in
    required("expires_ms", Number),
    required("ended_ms", Number),  # 0 while it is open
    required("retain_until_ms", Number),  # 0 until something is disclosed
    required("code", Text),  # why it was rejected or refused, or ''
    Column("body", LargeBinary),
    Column("answer", LargeBinary),
    Index(None, "state", "made_ms"),
)

# What time, or somebody who called, made happen to a request: once each. side: 'in' or 'out'. at_ms: when it was due.
request_event = Table(
    "request_event",
    metadata,
    required("request_id", LargeBinary),
    required("side", Text),
    required("event", Text),
    required("at_ms", Number),
    required("ms", Number),
    PrimaryKeyConstraint("request_id", "side", "event", "at_ms"),
)
