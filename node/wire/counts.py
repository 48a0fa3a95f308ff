"""Messages of counts <-> model."""

from __future__ import annotations

from node.errors import Code, LancangError
from node.model.counts import Cell, Counted, MonthCounts
from node.v1 import counts_pb2
from node.wire.reading import short_text

MOST_CELLS = 64 * 65 * 8
_MOST_NUMBER = 10**12


def cells_to_messages(counts: MonthCounts) -> list[counts_pb2.CountCell]:
    """Encode."""
    return [
        counts_pb2.CountCell(
            counted=cell.counted.value,
            requester=cell.requester,
            purpose=cell.purpose,
            number=cell.number or 0,
            hidden=cell.number is None,
        )
        for cell in counts.cells
    ]


def counts_from_message(message: counts_pb2.GetCountsResponse, owner: str, month: str) -> MonthCounts:
    """Decode. Raises LancangError MESSAGE_MALFORMED, INPUT_TOO_LARGE."""
    if len(message.cells) > MOST_CELLS:
        raise LancangError(Code.INPUT_TOO_LARGE, f"cells: at most {MOST_CELLS}")
    return MonthCounts(owner, month, tuple(_cell(owner, cell) for cell in message.cells))


def _cell(owner: str, cell: counts_pb2.CountCell) -> Cell:
    try:
        counted = Counted(cell.counted)
    except ValueError:
        raise LancangError(Code.MESSAGE_MALFORMED, "counted: not known") from None
    if cell.number > _MOST_NUMBER:
        raise LancangError(Code.MESSAGE_MALFORMED, "number: too large")
    requester, purpose = short_text(cell.requester, "requester", 64), short_text(cell.purpose, "purpose", 64)
    return Cell(owner, counted, requester, purpose, None if cell.hidden else cell.number)
