"""Asks received (asks.py) and the budgets they draw on (node/policy/budgets.py)."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from node.storage.schema import Number, metadata, required

ask = Table(
    "ask",
    metadata,
    Column("ask_id", LargeBinary, primary_key=True),
    required("requester", Text),
    required("epoch", Number),
    required("search_id", LargeBinary),
    required("officer", Text),
    required("purpose", Text),
    required("case_handle", LargeBinary),
    required("commit", LargeBinary),
    Column("elements", LargeBinary),  # null once the epoch's grace is over
    required("signature", LargeBinary),
    required("charged", Number),
    required("ms", Number),
    UniqueConstraint("requester", "epoch", "search_id"),
    Index(None, "epoch"),
    Index(None, "ms", "requester"),
)

# officer: '' counts the member as a whole. window: 'bucket' (number = ms / 300,000) or 'epoch' (number = the epoch).
budget_use = Table(
    "budget_use",
    metadata,
    required("requester", Text),
    required("officer", Text),
    required("window", Text),
    required("number", Number),
    required("used", Number),
    PrimaryKeyConstraint("requester", "officer", "window", "number"),
)
