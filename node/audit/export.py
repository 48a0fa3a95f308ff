"""The log as a file (docs/audit.md): all leaves in order, with the checkpoints that vouch for them and the rosters.

"LCLOG" || u8 1 || u32 n || header (JSON), then blocks of 4,096 leaves, the last one smaller: u32 leaves || u32 bytes ||
u16 length of each || the leaves, each after the zero byte with which it is hashed; then u32 0 || u32 n || end (JSON).
"""

from __future__ import annotations

import itertools
import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from node.errors import Code, LancangError
from node.model.checkpoint import Checkpoint, Cosignature, SignedCheckpoint
from node.model.encoding import u32

MAGIC: Final = b"LCLOG\x01"
BLOCK_LEAVES: Final = 4_096
MOST_JSON: Final = 64 << 20
MOST_BLOCK: Final = BLOCK_LEAVES * 16_384


@dataclass(frozen=True, slots=True)
class ExportEnd:
    """What stands after the leaves: checkpoints, the oldest first, and each roster the owner accepted, as signed."""

    checkpoints: tuple[SignedCheckpoint, ...]
    rosters: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Where leaves stand in a file: their number; the place and size of their bytes, with the lengths before them."""

    leaves: int
    offset: int
    size: int


def written(header: dict[str, Any], leaves: Iterable[bytes], end: ExportEnd) -> Iterator[bytes]:
    """The file in pieces."""
    yield MAGIC + _json(header)
    each = iter(leaves)
    while block := list(itertools.islice(each, BLOCK_LEAVES)):
        lengths = struct.pack(f">{len(block)}H", *(len(leaf) + 1 for leaf in block))
        body = lengths + b"".join(b"\x00" + leaf for leaf in block)
        yield u32(len(block)) + u32(len(body)) + body
    yield u32(0) + _json(end_document(end))


def read_layout(file: BinaryIO) -> tuple[dict[str, Any], list[Block], ExportEnd]:
    """The header, where the leaves stand, and the end of a full export; the leaves are not read.

    Raises LancangError(INPUT_INVALID) for a file that is none, or is cut off.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise broken("not a full export of a log")
    header, blocks = _read_json(file), list[Block]()
    while count := _number(file):
        size = _number(file)
        if count > BLOCK_LEAVES or not 2 * count < size <= MOST_BLOCK or (blocks and blocks[-1].leaves < BLOCK_LEAVES):
            raise broken("a block of leaves that no export has")
        blocks.append(Block(count, file.tell(), size))
        file.seek(size, 1)
    end = end_from(_read_json(file))
    if file.read(1):
        raise broken("something follows its end")
    return header, blocks, end


def end_document(end: ExportEnd) -> dict[str, Any]:
    """As JSON."""
    return {
        "checkpoints": [checkpoint_document(signed) for signed in end.checkpoints],
        "rosters": [document.decode() for document in end.rosters],
    }


def end_from(document: Any) -> ExportEnd:
    """Raises LancangError(INPUT_INVALID)."""
    try:
        return ExportEnd(
            tuple(checkpoint_from(each) for each in document["checkpoints"]),
            tuple(str(each).encode() for each in document["rosters"]),
        )
    except (KeyError, TypeError, ValueError):
        raise broken("its checkpoints or rosters can't be read") from None


def checkpoint_document(signed: SignedCheckpoint) -> dict[str, Any]:
    """As JSON: the exact bytes that were signed, and in words for people."""
    said = signed.checkpoint
    return {
        "checkpoint": said.encode().hex(),
        "signature": signed.signature.hex(),
        "size": said.size,
        "generation": said.generation,
        "ms": said.ms,
        "cosignatures": [
            {"witness": given.witness, "ms": given.ms, "signature": given.signature.hex()}
            for given in signed.cosignatures
        ],
    }


def checkpoint_from(document: Any) -> SignedCheckpoint:
    """Only what was signed counts. Raises ValueError, KeyError, TypeError."""
    return SignedCheckpoint(
        Checkpoint.decode(bytes.fromhex(document["checkpoint"])),
        bytes.fromhex(document["signature"]),
        tuple(
            Cosignature(str(each["witness"]), int(each["ms"]), bytes.fromhex(each["signature"]))
            for each in document["cosignatures"]
        ),
    )


def _json(document: Any) -> bytes:
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return u32(len(data)) + data


def _read_json(file: BinaryIO) -> dict[str, Any]:
    size = _number(file)
    data = file.read(size) if size <= MOST_JSON else b""
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise broken("its beginning or end can't be read")
    return found


def _number(file: BinaryIO) -> int:
    data = file.read(4)
    if len(data) != 4:
        raise broken("it is cut off")
    return int.from_bytes(data, "big")


def broken(what: str) -> LancangError:
    """What is said of a file that is no export, or a damaged one."""
    return LancangError(Code.INPUT_INVALID, f"export: {what}", remedy="Ask the log's owner for another export.")
