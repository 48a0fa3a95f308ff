"""OperatorSubjectsService: what this node can tell of one person, for that person's access request."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from node.acts.correcting.report_record import report_record
from node.acts.correcting.report_subject import report_subject
from node.acts.runtime.node import Node
from node.model.subject_report import RecordReport, SubjectReport
from node.services.gate import Call, Method
from node.v1 import operator_subjects_pb2 as messages

MOST_LINE_BYTES = 68 * 1024


def subject_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of access requests."""

    async def of_record(request: messages.ReportRecordRequest, call: Call) -> messages.ReportRecordResponse:
        found = await report_record(node, request.record_id, request.reason, call.caller.name)
        return messages.ReportRecordResponse(report=_encode(found))

    async def of_subject(request: messages.ReportSubjectRequest, call: Call) -> messages.ReportSubjectResponse:
        found = await report_subject(node, request.subject, request.reason, call.caller.name)
        return messages.ReportSubjectResponse(report=_encode(found))

    service = "/node.v1.OperatorSubjectsService"
    return (
        Method(f"{service}/ReportRecord", messages.ReportRecordRequest, of_record, most_bytes=4 * 1024),
        Method(f"{service}/ReportSubject", messages.ReportSubjectRequest, of_subject, most_bytes=MOST_LINE_BYTES),
    )


def _encode(report: RecordReport | SubjectReport) -> bytes:
    return json.dumps(dataclasses.asdict(report), ensure_ascii=False).encode()
