"""The tables of letters: what is to be sent, what was sent, what was received (courier.py, courier_in.py)."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from node.storage.schema import Number, metadata, required

# The last number given in each conversation with a recipient.
outbox_line = Table(
    "outbox_line",
    metadata,
    required("recipient", Text),
    required("conversation", LargeBinary),
    required("last", Number),
    PrimaryKeyConstraint("recipient", "conversation"),
)

# body: sealed; null once it is not needed any more. body_hash: of its plaintext, as it is signed. state: for people.
# owed: 1 until the recipient has signed for the number. next_ms: when it is tried next; only of the lowest owed number
# of a conversation, null for all others. sent_ms: since when it may have arrived; only of those with until_ms. error,
# reason: why it was not taken the last time, or was refused. receipt: what the recipient signed.
outbox = Table(
    "outbox",
    metadata,
    Column("message_id", LargeBinary, primary_key=True),
    required("recipient", Text),
    required("conversation", LargeBinary),
    required("number", Number),
    required("kind", Text),
    Column("body", LargeBinary),
    required("body_hash", LargeBinary),
    required("ms", Number),
    Column("until_ms", Number),
    required("state", Text),
    required("owed", Number),
    Column("next_ms", Number),
    required("attempts", Number),
    Column("sent_ms", Number),
    required("error", Text),
    required("reason", Text),
    Column("settled_ms", Number),
    Column("receipt", LargeBinary),
    UniqueConstraint("recipient", "conversation", "number"),
    Index(None, "recipient", "next_ms"),
    Index(None, "state", "recipient", "ms"),
    Index(None, "state", "until_ms"),
)

# A letter received, with what was answered. written: what its sender signed; code: with which it was refused, or ''.
courier_in = Table(
    "courier_in",
    metadata,
    required("sender", Text),
    required("message_id", LargeBinary),
    required("conversation", LargeBinary),
    required("number", Number),
    required("written", LargeBinary),
    required("signature", LargeBinary),
    required("letter_hash", LargeBinary),
    required("code", Text),
    required("reason", Text),
    required("ms", Number),
    required("receipt", LargeBinary),
    PrimaryKeyConstraint("sender", "message_id"),
    UniqueConstraint("sender", "conversation", "number"),
    Index(None, "ms"),
)
