"""Hand out the log as a file: whole, or some acts of it, each proven, with the fields opened that are asked for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.acts.witnessing.carry_round import carry_round
from node.audit import journal, kept_tree
from node.audit.export import ExportEnd, end_document, written
from node.audit.journal import Act, ActKind, Detail, record_act
from node.audit.leaf import field_salt, value_bytes
from node.errors import Code, LancangError
from node.model.checkpoint import SignedCheckpoint
from node.storage import checkpoints, log, rosters

PIECE_BYTES = 256 * 1024
LEAVES_AT_ONCE = 4_096
MOST_ACTS = 200
EVERY_FIELD = "*"


async def export_log(node: Node, officer: str) -> AsyncGenerator[bytes, None]:
    """The whole log up to its newest checkpoint, made now and vouched for by whoever can be reached."""
    signed = await _checkpoint(node, officer, {"acts": 0})
    said = signed.checkpoint
    header = {"format": 1, "alliance": said.alliance, "owner": said.owner, "size": said.size}
    end = await node.read(_end, node.node_id, said.size)
    pieces = _gathered(written(header, _leaves(node, said.size), end))
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


async def extract_acts(node: Node, act_ids: Sequence[bytes], opened: Sequence[str], officer: str) -> bytes:
    """Some acts as a JSON file that proves each of them.

    opened: the fields to be opened, "*" for all. Raises LancangError(INPUT_INVALID) for an act that is not in the log.
    """
    if len(act_ids) > MOST_ACTS:
        raise LancangError(Code.INPUT_INVALID, f"act: at most {MOST_ACTS} at once")
    await node.read(journal.with_ids, act_ids)
    detail: Detail = {"acts": len(act_ids), "opened": " ".join(sorted(opened))}
    signed = await _checkpoint(node, officer, detail)
    document = await node.read(_extract, signed, act_ids, frozenset(opened))
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


async def _checkpoint(node: Node, officer: str, detail: Detail) -> SignedCheckpoint:
    """Log that the log goes out, so that the file says so itself, and have that vouched for."""
    await node.write(record_act, ActKind.LOG_EXPORTED, officer, "", node.clock.now_ms(), detail)
    signed = await carry_round(node)
    if signed is None:
        raise LancangError(Code.INTERNAL, "a log with an act in it has no checkpoint")
    return signed


def _leaves(node: Node, size: int) -> Iterator[bytes]:
    """In short transactions: an export of a long log must not keep the database from tidying up."""
    for after in range(0, size, LEAVES_AT_ONCE):
        with node.database.reading() as connection:
            yield from list(log.leaves(connection, after, min(size, after + LEAVES_AT_ONCE)))


def _gathered(parts: Iterator[bytes]) -> Iterator[bytes]:
    """In messages of even size."""
    held = bytearray()
    for part in parts:
        held += part
        while len(held) >= PIECE_BYTES:
            yield bytes(held[:PIECE_BYTES])
            del held[:PIECE_BYTES]
    yield bytes(held)


def _end(connection: Connection, owner: str, size: int) -> ExportEnd:
    documents = [stored.document for stored in rosters.newest_first(connection)]
    return ExportEnd(tuple(checkpoints.every(connection, owner, size)), tuple(reversed(documents)))


def _extract(
    connection: Connection, signed: SignedCheckpoint, act_ids: Sequence[bytes], opened: frozenset[str]
) -> dict[str, Any]:
    size = signed.checkpoint.size
    found = journal.with_ids(connection, act_ids)
    salts = log.salts(connection, [act.act_no for act in found])
    end = _end(connection, signed.checkpoint.owner, size)
    acts = [
        {
            "number": act.act_no,
            "act_id": act.act_id.hex(),
            "kind": act.kind.value,
            "leaf": log.leaf(connection, act.act_no).hex(),
            "size": size,
            "path": [each.hex() for each in kept_tree.inclusion(connection, act.act_no, size)],
            "opened": _opened(act, salts.get(act.act_no), opened),
        }
        for act in found
    ]
    proving = ExportEnd((signed,), end.rosters)
    return {"lancang": "log-extract", "format": 1, "acts": acts, **end_document(proving)}


def _opened(act: Act, salt: bytes | None, fields: frozenset[str]) -> list[dict[str, str]]:
    """Without its salt an act is forgotten, and nothing of it can be opened."""
    if salt is None:
        return []
    return [
        {"field": field, "value": value_bytes(value).decode(), "salt": field_salt(salt, field).hex()}
        for field, value in sorted(act.detail.items())
        if value is not None and (field in fields or EVERY_FIELD in fields)
    ]
