"""Epochs: this node's own, and the statements of other owners (epochs.py)."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, PrimaryKeyConstraint, Table, Text

from node.storage.schema import Number, metadata, number, required

# seed, secret_key: sealed, null once erased. statement, signature: the public bytes of protocol.md 2.
own_epoch = Table(
    "own_epoch",
    metadata,
    number("epoch"),
    required("state", Text),
    Column("seed", LargeBinary),
    Column("secret_key", LargeBinary),
    required("statement", LargeBinary),
    required("signature", LargeBinary),
    required("hash", LargeBinary),
)

peer_epoch = Table(
    "peer_epoch",
    metadata,
    required("owner", Text),
    required("epoch", Number),
    required("statement", LargeBinary),
    required("signature", LargeBinary),
    required("hash", LargeBinary),
    required("received_ms", Number),
    PrimaryKeyConstraint("owner", "epoch"),
)
