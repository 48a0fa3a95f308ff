"""Passing on: requests that came to this owner with its officers' decisions, and those made here (onward.py)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, Table, Text

from node.storage.schema import Number, metadata, required

# At the owner. request_id: of the disclosure. body: sealed: what was asked, signed. A trigger refuses the state
# `granted` without approvals of two different officers, one of each role.
onward_in = Table(
    "onward_in",
    metadata,
    Column("onward_id", LargeBinary, primary_key=True),
    required("request_id", LargeBinary),
    required("requester", Text),
    required("recipient", Text),
    required("digest", LargeBinary),
    required("state", Text),
    required("received_ms", Number),
    required("ended_ms", Number),
    required("body", LargeBinary),
    Index(None, "state", "received_ms"),
)

onward_decision = Table(
    "onward_decision",
    metadata,
    Column("onward_id", LargeBinary, ForeignKey("onward_in.onward_id", ondelete="CASCADE"), nullable=False),
    required("officer", Text),
    required("role", Text),
    required("verdict", Text),
    required("ms", Number),
    required("body", LargeBinary),  # sealed: the decision with the officer's signature
    PrimaryKeyConstraint("onward_id", "role"),
    CheckConstraint("role IN ('analyst', 'approver')", name="ck_onward_decision_role"),
)

# At the requester. code: the ground of a refusal, or why the owner's node did not take it.
onward_out = Table(
    "onward_out",
    metadata,
    Column("onward_id", LargeBinary, primary_key=True),
    required("request_id", LargeBinary),
    required("owner", Text),
    required("recipient", Text),
    required("officer", Text),
    required("digest", LargeBinary),
    required("state", Text),
    required("made_ms", Number),
    required("ended_ms", Number),
    required("code", Text),
    required("body", LargeBinary),  # sealed: what was asked, signed
    Column("answer", LargeBinary),  # sealed: the owner's answer
    Index(None, "request_id"),
)
