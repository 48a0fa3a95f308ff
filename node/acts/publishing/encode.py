"""Encode for an epoch the live records that have no evaluations in it yet. Interrupted, it goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from node.acts.runtime.long_work import encode_records
from node.acts.runtime.node import Node
from node.acts.runtime.serving import ServingEpoch
from node.crypto.sealing import Sealer
from node.storage import evaluations, records
from node.storage.sealed_records import Evaluations, seal_evaluations

CHUNK = 16
"""Records that one thread works on before it may answer an ask: some 20 ms."""


async def encode_missing(node: Node, epoch: ServingEpoch) -> None:
    """Evaluate and store all that is missing, in short transactions: before a node serves."""
    after = 0
    while missing := await node.read(evaluations.missing, epoch.statement.epoch, after, CHUNK):
        await encode_versions(node, epoch, missing)
        after = missing[-1]


async def encode_versions(node: Node, epoch: ServingEpoch, versions: Sequence[int]) -> None:
    """Evaluate these versions in a thread, and store what is still missing of them."""
    number = epoch.statement.epoch

    def encode(part: Sequence[int]) -> list[tuple[int, bytes]]:
        with node.database.reading() as connection:
            return seal_encoded(connection, node.sealer, number, epoch.key.secret, part)

    for at in range(0, len(versions), CHUNK):
        sealed = await node.compute(encode, versions[at : at + CHUNK])
        await node.write_bulk(evaluations.add, number, sealed)


def seal_encoded(
    connection: Connection, sealer: Sealer, epoch: int, secret_key: bytes, versions: Sequence[int]
) -> list[tuple[int, bytes]]:
    """(version, sealed evaluations) under an epoch's key, of each of these versions that is still there."""
    found = records.contents(connection, sealer, versions)
    encoded = encode_records(secret_key, [record.content for record in found])
    return [
        (
            record.version,
            seal_evaluations(sealer, record.row, record.digest, epoch, Evaluations(each.kinds, each.evaluations)),
        )
        for record, each in zip(found, encoded, strict=True)
    ]
