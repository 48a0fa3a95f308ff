"""Encode for an epoch every live record that has no evaluations in it yet. Interrupted, it goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from node.acts.node import Node
from node.acts.serving import ServingEpoch
from node.acts.workers import encode_records
from node.storage import evaluations, records
from node.storage.sealed_records import Evaluations, seal_evaluations

CHUNK = 64


async def encode_missing(node: Node, epoch: ServingEpoch) -> int:
    """Evaluate and store, in short transactions; returns how many records it encoded."""
    number = epoch.statement.epoch
    missing = await node.read(_missing, node, number)
    for at in range(0, len(missing), CHUNK):
        part = missing[at : at + CHUNK]
        sealed = await node.compute(_encode, node, epoch, part)
        await node.write_bulk(evaluations.add, number, sealed)
    return len(missing)


def _missing(connection: Connection, node: Node, epoch: int) -> list[int]:
    return [version for _, version, known in evaluations.live(connection, node.sealer, epoch) if known is None]


def _encode(node: Node, epoch: ServingEpoch, versions: Sequence[int]) -> list[tuple[int, bytes]]:
    with node.database.reading() as connection:
        found = [
            (version, record, digest)
            for version in versions
            if (record := records.get_version(connection, node.sealer, version)) is not None
            and (digest := evaluations.digest_of(connection, version)) is not None
        ]
    encoded = encode_records(epoch.key.secret, [record.content for _, record, _ in found])
    number = epoch.statement.epoch
    return [
        (version, seal_evaluations(node.sealer, record.row, digest, number, Evaluations(each.kinds, each.evaluations)))
        for (version, record, digest), each in zip(found, encoded, strict=True)
    ]
