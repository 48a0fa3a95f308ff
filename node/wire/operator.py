"""Messages of the operator contract <-> model."""

from __future__ import annotations

from node.errors import Code, LancangError
from node.model.records import ImportReport, RefusedLine, ShownRecord
from node.model.search import NodeAnswer, SearchResult
from node.v1 import operator_pb2
from node.wire.reading import node_id, short_text

MOST_LINE_BYTES = 64 * 1024
MOST_PEERS = 64


def result_to_message(result: SearchResult) -> operator_pb2.SearchResult:
    """Encode."""
    return operator_pb2.SearchResult(
        query_id=result.query_id,
        search_id=result.search_id,
        complete=result.complete,
        answers=[_answer_to_message(answer) for answer in result.answers],
        not_compared=result.not_compared,
    )


def _answer_to_message(answer: NodeAnswer) -> operator_pb2.Answer:
    return operator_pb2.Answer(
        node=answer.node,
        outcome=answer.outcome.value,
        code=answer.code,
        reason=answer.reason,
        epoch=answer.epoch,
        as_of_ms=answer.as_of_ms,
        hits=[
            operator_pb2.Hit(
                hit_id=hit.hit_id,
                tag=hit.tag,
                band=hit.band,
                score=hit.score,
                agreed=hit.agreed,
                first_hit_id=hit.first_hit_id,
                first_ms=hit.first_ms,
            )
            for hit in answer.hits
        ],
        excluded=answer.excluded,
    )


def refusal_to_message(refused: RefusedLine) -> operator_pb2.Refusal:
    """Encode."""
    return operator_pb2.Refusal(line=refused.line, code=refused.code, message=refused.message, remedy=refused.remedy)


def summary_to_message(report: ImportReport) -> operator_pb2.ImportSummary:
    """Encode."""
    return operator_pb2.ImportSummary(
        lines=report.lines,
        added=report.added,
        changed=report.changed,
        unchanged=report.unchanged,
        refused=report.refused,
        dry_run=report.dry_run,
    )


def shown_to_message(shown: ShownRecord) -> operator_pb2.ShowRecordResponse:
    """Encode."""
    return operator_pb2.ShowRecordResponse(
        record=shown.line,
        state=shown.state,
        version=shown.version,
        tags=[operator_pb2.PublishedTag(audience=tag.audience, epoch=tag.epoch, tag=tag.tag) for tag in shown.tags],
    )


def search_terms(purpose: str, case_number: str, peers: list[str]) -> tuple[str, str, tuple[str, ...]]:
    """What an officer searches under. Raises LancangError naming what is missing."""
    if not purpose:
        raise LancangError(Code.UNKNOWN_PURPOSE, "no purpose was given")
    if not case_number.strip():
        raise LancangError(Code.INPUT_INVALID, "case: a search needs the number of the case it serves")
    if len(case_number) > 128 or not case_number.isprintable():
        raise LancangError(Code.INPUT_INVALID, "case: at most 128 printable characters")
    if len(peers) > MOST_PEERS:
        raise LancangError(Code.INPUT_INVALID, f"peer: at most {MOST_PEERS}")
    named = tuple(dict.fromkeys(named_node(peer, "peer") for peer in peers))
    try:
        return short_text(purpose, "purpose", 64), case_number.strip(), named
    except LancangError:
        # No roster has such a purpose.
        raise LancangError(Code.UNKNOWN_PURPOSE, "it is not the word of a purpose") from None


def named_node(value: str, field: str) -> str:
    """A node id as an officer writes it. Raises LancangError(INPUT_INVALID): the officer, not a peer, is in error."""
    try:
        return node_id(value.strip().lower(), field)
    except LancangError as problem:
        raise LancangError(Code.INPUT_INVALID, problem.detail, remedy="Name a node by its id, such as TH.") from None


def line_bytes(line: bytes) -> bytes:
    """One line of bounded size. Raises LancangError(INPUT_TOO_LARGE)."""
    if len(line) > MOST_LINE_BYTES:
        raise LancangError(Code.INPUT_TOO_LARGE, f"a line has at most {MOST_LINE_BYTES} bytes")
    return line
