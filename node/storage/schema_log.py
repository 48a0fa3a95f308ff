"""The log's tree (log.py), beside `act` in schema_acts.py; checkpoints of logs and who vouched for them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text

from node.storage.schema import Bytes, Number, metadata, number, required

# The bytes of each act's leaf. Append-only, as acts are: triggers refuse UPDATE and DELETE.
log_leaf = Table(
    "log_leaf",
    metadata,
    Column("act_no", Number, ForeignKey("act.act_no"), primary_key=True, autoincrement=False),
    required("leaf", Bytes),
)

# What opens the commitments of an act. Erased when its content is forgotten.
act_salt = Table(
    "act_salt",
    metadata,
    Column("act_no", Number, ForeignKey("act.act_no"), primary_key=True, autoincrement=False),
    required("salt", Bytes),
)

# Hashes of whole subtrees above the leaves: written once, when they become whole.
log_node = Table(
    "log_node",
    metadata,
    required("level", Integer),
    required("position", Number),
    required("hash", Bytes),
    PrimaryKeyConstraint("level", "position"),
    sqlite_with_rowid=False,
)

# One row. frontier: the hashes of the whole subtrees of the tree as it is, the largest first.
log_state = Table(
    "log_state",
    metadata,
    number("log_no"),
    required("generation", Number),
    required("size", Number),
    required("frontier", Bytes),
)

# Signed roots: own ones, and the newest of every other log that this node has vouched for or heard of.
# checkpoint: the public bytes of protocol.md 11.
checkpoint = Table(
    "checkpoint",
    metadata,
    required("owner", Text),
    required("generation", Number),
    required("size", Number),
    required("checkpoint", LargeBinary),
    required("signature", LargeBinary),
    PrimaryKeyConstraint("owner", "generation", "size"),
)

# Who vouched for a checkpoint, and when by its clock.
cosignature = Table(
    "cosignature",
    metadata,
    required("owner", Text),
    required("generation", Number),
    required("size", Number),
    required("witness", Text),
    required("ms", Number),
    required("signature", LargeBinary),
    PrimaryKeyConstraint("owner", "generation", "size", "witness"),
)
