"""A data subject's access request at the owner of a record: what is held, who was told of it, under which basis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.disclosure import read_request
from node.exchange.documents import read_document
from node.model.exclusion import Exclusion
from node.model.subject_report import (
    AskedOf,
    CorrectionTold,
    HeldVersion,
    KeptApart,
    OfficerDecided,
    PublishedTo,
    RecordReport,
)
from node.storage import corrections, exclusions, given, records, requests_in, tags
from node.storage.requests_in import RequestIn

LONGEST_REASON: Final = 200
_MOST: Final = 100_000
UNTOLD: Final = (
    "An ask does not show whom it was about: a member named under 'published' may have searched this person and "
    "asked for nothing. Ask that member.",
    "Versions of the record that were replaced are not kept, nor are requests past their retention.",
    "What a recipient wrote into its own files is known to that recipient alone.",
)


def check_reason(reason: str) -> str:
    """The reason that stands in the log. Raises LancangError INPUT_INVALID."""
    said = reason.strip()
    if not 1 <= len(said) <= LONGEST_REASON or not said.isprintable():
        raise LancangError(Code.INPUT_INVALID, f"reason: 1 to {LONGEST_REASON} characters that can be printed")
    return said


async def report_record(node: Node, record_id: str, reason: str, officer: str) -> RecordReport:
    """Everything this node can tell of a record of its own. It is logged. Raises RECORD_NOT_FOUND, INPUT_INVALID."""
    said = check_reason(reason)
    row = node.row_keys.record(record_id)
    report = await node.read(_report, node, row)
    detail: Detail = {"about": "record", "reason": said, "requests": len(report.requests)}
    await node.write(record_act, ActKind.SUBJECT_REPORTED, officer, "", node.clock.now_ms(), detail)
    return report


def _report(connection: Connection, node: Node, row: bytes) -> RecordReport:
    record = records.get_row(connection, node.sealer, row)
    if record is None:
        raise LancangError(Code.RECORD_NOT_FOUND)
    every = requests_in.listed(connection, node.sealer, every=True, limit=_MOST)
    return RecordReport(
        state=record.state.value,
        content=record.content.decode(),
        versions=tuple(HeldVersion(*each) for each in records.kept_versions(connection, row)),
        published=tuple(PublishedTo(one.audience, one.epoch, one.tag.hex()) for one in tags.of_row(connection, row)),
        requests=tuple(_asked(connection, node, each) for each in every if _about(each, row)),
        exclusions=tuple(
            kept_apart(one) for one in exclusions.listed(connection, node.sealer, every=True) if one.row == row
        ),
        untold=UNTOLD,
    )


def _about(request: RequestIn, row: bytes) -> bool:
    return request.received is not None and request.received.row == row


def kept_apart(one: Exclusion) -> KeptApart:
    """An exclusion as a report has it."""
    return KeptApart(one.exclusion_id.hex(), one.peer, one.ground.value, one.made_ms, one.removed_ms)


def _asked(connection: Connection, node: Node, kept: RequestIn) -> AskedOf:
    if kept.received is None:
        raise LancangError(Code.REQUEST_UNKNOWN)
    said = read_request(read_document(kept.received.document))
    gave = given.get(connection, node.sealer, kept.request_id)
    return AskedOf(
        request_id=kept.request_id.hex(),
        requester=kept.requester,
        purpose=said.purpose,
        legal_basis=said.legal_basis,
        asked=tuple(each.value for each in said.fields),
        state=kept.state.value,
        received_ms=kept.received_ms,
        ended_ms=kept.ended_ms,
        decisions=tuple(
            OfficerDecided(each.officer, each.role, each.verdict.value, each.ms)
            for each in requests_in.decisions(connection, node.sealer, kept.request_id).values()
        ),
        given=() if gave is None else gave.fields,
        given_ms=0 if gave is None else gave.given_ms,
        until_ms=0 if gave is None else gave.until_ms,
        corrections=tuple(_corrections(connection, kept.request_id)),
    )


def _corrections(connection: Connection, request_id: bytes) -> Iterator[CorrectionTold]:
    for each in corrections.sent(connection, _MOST, every=True, request_ids=[request_id]):
        yield CorrectionTold(each.number, each.kind.value, each.made_ms, 0 if each.outstanding else each.settled_ms)
