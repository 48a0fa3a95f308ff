"""A data subject's access request at a node that searched: which kept searches were about an equal subject, and what
came of them.

Every kept search is opened and compared: about 20 µs each. What an owner gave is the owner's to tell: the report
names the fields that came and their conditions, not their values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from matcher.person import Person, PersonError, person_from_json
from node.acts.correcting.report_record import check_reason, kept_apart
from node.acts.disclosing.kept_apart import subject_marks
from node.acts.disclosing.kept_copy import open_copy
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.disclosure import read_request
from node.exchange.documents import read_document
from node.exchange.same_subject import shared_with
from node.model.disclosure import OutState
from node.model.subject_report import HitAbout, SearchAbout, SubjectReport
from node.storage import exclusions, requests_out, searches
from node.storage.requests_out import RequestOut
from node.storage.searches import StoredHit, StoredSearch

UNTOLD: Final = (
    "Searches past their retention are forgotten. Their acts stay in the log without a name.",
    "A search under another spelling, without a shared birth date, document, phone or account, is not found as equal.",
    "Values that an owner gave are under its conditions: ask the owner before they are told; `lancang disclosure read` "
    "shows them to an officer.",
    "Whether other members searched this person is theirs to say: their asks do not show whom they were about.",
)


async def report_subject(node: Node, line: bytes, reason: str, officer: str) -> SubjectReport:
    """Everything this node did about an equal subject. line: a query line. It is logged. Raises INPUT_INVALID."""
    said = check_reason(reason)
    try:
        _, person = person_from_json({"query_id": "subject", **json.loads(line)}, id_key="query_id")
    except (ValueError, TypeError, RecursionError, PersonError) as problem:
        raise LancangError(Code.INPUT_INVALID, "the subject is no person") from problem
    report = await node.read(_report, node, person)
    detail: Detail = {"about": "subject", "reason": said, "searches": len(report.searches)}
    await node.write(record_act, ActKind.SUBJECT_REPORTED, officer, "", node.clock.now_ms(), detail)
    return report


def _report(connection: Connection, node: Node, person: Person) -> SubjectReport:
    ids = set().union(*exclusions.of_subjects(connection, subject_marks(node, person)).values())
    standing = [one for one in exclusions.listed(connection, node.sealer) if one.exclusion_id in ids]
    return SubjectReport(
        searches=tuple(_searches(connection, node, person)),
        exclusions=tuple(map(kept_apart, standing)),
        untold=UNTOLD,
    )


def _searches(connection: Connection, node: Node, person: Person) -> Iterator[SearchAbout]:
    for kept in searches.every(connection, node.sealer):
        try:
            _, other = person_from_json({"query_id": "kept", **json.loads(kept.subject)}, id_key="query_id")
        except PersonError:
            continue
        equal = shared_with(person, other)
        if equal:
            yield _search(connection, node, kept, equal)


def _search(connection: Connection, node: Node, kept: StoredSearch, equal: tuple[str, ...]) -> SearchAbout:
    return SearchAbout(
        search_id=kept.search_id.hex(),
        officer=kept.officer,
        purpose=kept.purpose,
        ms=kept.ms,
        expires_ms=kept.expires_ms,
        equal=equal,
        hits=tuple(_hit(connection, node, hit) for hit in searches.hits_of(connection, node.sealer, kept.search_id)),
    )


def _hit(connection: Connection, node: Node, hit: StoredHit) -> HitAbout:
    request = requests_out.of_hit(connection, node.sealer, hit.hit_id)
    category, came = ("", ()) if request is None else _came(node, request)
    document = None if request is None or request.document is None else read_document(request.document)
    return HitAbout(
        owner=hit.owner,
        band=hit.band,
        agreed=hit.agreed,
        request_id="" if request is None else request.request_id.hex(),
        request_state="" if request is None else request.state.value,
        legal_basis="" if document is None else read_request(document).legal_basis,
        category=category,
        came=came,
        until_ms=0 if request is None else request.retain_until_ms,
    )


def _came(node: Node, request: RequestOut) -> tuple[str, tuple[str, ...]]:
    """Category and names of the fields that are kept of what was given."""
    if request.state not in (OutState.DISCLOSED, OutState.READ) or request.answer is None:
        return "", ()
    content = open_copy(node, request, request.answer).disclosed.content
    return str(content["category"]), tuple(content["fields"])
