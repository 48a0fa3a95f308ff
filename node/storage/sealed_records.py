"""A record as it lies on disk: its row, the digest of its content, its sealed body, its sealed evaluations.

Sealing needs no transaction: an import seals in its own thread and hands the writer finished bytes. A body is bound to
its row and digest, evaluations to the epoch too, so that neither can be moved to another record, content or epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from node.crypto.sealing import Place, Sealer
from node.errors import Code, LancangError
from node.model.encoding import lp, u32
from node.storage.row_keys import RowKeys

EVALUATION_BYTES = 64


@dataclass(frozen=True, slots=True, repr=False)
class Evaluations:
    """The VOPRF outputs of one record's tokens. kinds: n x 1 byte; values: n x 64 bytes, in the same order."""

    kinds: bytes
    values: bytes

    def __post_init__(self) -> None:
        """Refuse lists of different length with ValueError."""
        if len(self.values) != EVALUATION_BYTES * len(self.kinds):
            raise ValueError("as many kinds as evaluations of 64 bytes")

    def each(self) -> list[bytes]:
        """The n evaluations, 64 bytes each."""
        return [self.values[start : start + EVALUATION_BYTES] for start in range(0, len(self.values), EVALUATION_BYTES)]


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A record ready to be stored. evaluations: sealed, by epoch."""

    row: bytes
    digest: bytes
    body: bytes
    evaluations: Mapping[int, bytes]


def seal_record(
    keys: RowKeys, sealer: Sealer, record_id: str, content: bytes, evaluations: Mapping[int, Evaluations]
) -> SealedRecord:
    """Seal a record. content: its canonical bytes (the same record gives the same bytes); evaluations: by epoch."""
    row = keys.record(record_id)
    digest = keys.content(row, content)
    return SealedRecord(
        row,
        digest,
        sealer.seal(lp(record_id) + content, _body_place(row, digest)),
        {epoch: seal_evaluations(sealer, row, digest, epoch, each) for epoch, each in evaluations.items()},
    )


def open_body(sealer: Sealer, row: bytes, digest: bytes, body: bytes) -> tuple[str, bytes]:
    """The record id and the content of a sealed body. Raises LancangError STORAGE_DAMAGED."""
    plain = sealer.open(body, _body_place(row, digest))
    end = 2 + int.from_bytes(plain[:2], "big")
    return plain[2:end].decode(), plain[end:]


def seal_evaluations(sealer: Sealer, row: bytes, digest: bytes, epoch: int, evaluations: Evaluations) -> bytes:
    """Seal the evaluations of one content of a record in one epoch."""
    return sealer.seal(evaluations.kinds + evaluations.values, _evaluations_place(row, digest, epoch))


def open_evaluations(sealer: Sealer, row: bytes, digest: bytes, epoch: int, body: bytes) -> Evaluations:
    """Open what seal_evaluations sealed. Raises LancangError STORAGE_DAMAGED."""
    plain = sealer.open(body, _evaluations_place(row, digest, epoch))
    count, rest = divmod(len(plain), EVALUATION_BYTES + 1)
    if rest:
        raise LancangError(Code.STORAGE_DAMAGED, "evaluations of a wrong length")
    return Evaluations(plain[:count], plain[count:])


def _body_place(row: bytes, digest: bytes) -> Place:
    return Place("record_version", row + digest, "body")


def _evaluations_place(row: bytes, digest: bytes, epoch: int) -> Place:
    return Place("evaluation", row + digest + u32(epoch), "body")
