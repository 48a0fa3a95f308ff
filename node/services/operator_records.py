"""OperatorService, records: import, show and withdraw what this node holds."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator
from typing import Any

from node.acts.records.import_records import AbandonedError, ImportOrder, Progress, import_records
from node.acts.records.records import show_by_id, show_by_tag, withdraw_record
from node.acts.runtime.node import Node
from node.errors import Code, LancangError
from node.model.records import RefusedLine
from node.services.gate import STREAM_SECONDS, Call, Method, Shape
from node.v1 import operator_pb2
from node.wire.operator import named_node, refusal_to_message, shown_to_message, summary_to_message
from node.wire.reading import exact

MOST_LINES_A_MESSAGE = 2_000


def record_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods that touch this node's own records."""

    async def take(
        requests: AsyncIterator[operator_pb2.ImportRecordsRequest], call: Call
    ) -> AsyncIterator[operator_pb2.ImportRecordsResponse]:
        first = await anext(requests, None)
        if first is None or first.WhichOneof("message") != "header":
            raise LancangError(Code.INPUT_INVALID, "the first message is the header")
        digest = exact(first.header.digest, "digest", 32)
        order = ImportOrder(digest, first.header.total_lines, first.header.dry_run, call.caller.name)
        async for item in import_records(node, order, _lines(requests)):
            if isinstance(item, Progress):
                progress = operator_pb2.ImportProgress(
                    lines_done=item.lines_done, resume_from_line=item.resume_from_line
                )
                yield operator_pb2.ImportRecordsResponse(progress=progress)
            elif isinstance(item, RefusedLine):
                yield operator_pb2.ImportRecordsResponse(refusal=refusal_to_message(item))
            else:
                yield operator_pb2.ImportRecordsResponse(summary=summary_to_message(item))

    async def show(request: operator_pb2.ShowRecordRequest, call: Call) -> operator_pb2.ShowRecordResponse:
        by = request.WhichOneof("by")
        if by == "tag":
            tag = exact(request.tag.tag, "tag", 7)
            audience = named_node(request.tag.audience, "audience")
            return shown_to_message(await show_by_tag(node, tag, audience, request.tag.epoch, call.caller.name))
        if by == "record_id":
            record_id = _record_id(request.record_id)
            return shown_to_message(await show_by_id(node, record_id, call.caller.name))
        raise LancangError(Code.INPUT_INVALID, "name a record by its id or by a tag")

    async def withdraw(request: operator_pb2.WithdrawRecordRequest, call: Call) -> operator_pb2.WithdrawRecordResponse:
        version = await withdraw_record(node, _record_id(request.record_id), call.caller.name)
        return operator_pb2.WithdrawRecordResponse(version=version)

    service = "/node.v1.OperatorService"
    return (
        Method(
            f"{service}/ImportRecords",
            operator_pb2.ImportRecordsRequest,
            take,
            Shape.BOTH_STREAM,
            most_bytes=4 * 1024 * 1024,
            most_seconds=STREAM_SECONDS * 96,
        ),
        Method(f"{service}/ShowRecord", operator_pb2.ShowRecordRequest, show, most_bytes=1_024),
        Method(f"{service}/WithdrawRecord", operator_pb2.WithdrawRecordRequest, withdraw, most_bytes=1_024),
    )


async def _lines(requests: AsyncIterator[operator_pb2.ImportRecordsRequest]) -> AsyncIterator[tuple[int, list[bytes]]]:
    async for request in requests:
        if request.WhichOneof("message") == "abandon":
            raise AbandonedError
        if request.WhichOneof("message") != "lines":
            raise LancangError(Code.INPUT_INVALID, "after the header come lines")
        if len(request.lines.lines) > MOST_LINES_A_MESSAGE:
            raise LancangError(Code.INPUT_TOO_LARGE, f"at most {MOST_LINES_A_MESSAGE} lines a message")
        yield request.lines.first_line, list(request.lines.lines)


def _record_id(value: str) -> str:
    """A record id as an import takes it: in any script. Raises LancangError(INPUT_INVALID)."""
    if not 1 <= len(value) <= 128 or not value.isprintable():
        raise LancangError(Code.INPUT_INVALID, "record_id: 1 to 128 printable characters")
    return unicodedata.normalize("NFC", value)
