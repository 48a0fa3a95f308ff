"""What an auditor may see in the clear because a second one agreed (reveals.py)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, LargeBinary, Table, Text

from node.storage.schema import Number, metadata, required

# search_id: whom that search was about is to be seen. agreed_by: '' until a second auditor agrees.
reveal = Table(
    "reveal",
    metadata,
    Column("reveal_id", LargeBinary, primary_key=True),
    required("search_id", LargeBinary),
    required("reason", Text),
    required("asked_by", Text),
    required("asked_ms", Number),
    required("agreed_by", Text),
    required("agreed_ms", Number),
    CheckConstraint("agreed_by <> asked_by", name="ck_reveal_two_auditors"),
)
