"""The owner's side of corrections: find what changed of what was given, and tell whoever has it.

Exactly one letter for each change: the look, its result and its letter are one transaction. Two officers are not asked
again: what they approved giving is replaced by what stands in its place, in the same fields, under the same conditions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from matcher.person import person_from_json
from node.acts.courier.queue import post
from node.acts.disclosing.desk import is_minor
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.crypto.sealing import seal_to
from node.errors import Code, LancangError
from node.exchange.correction import box_content, corrected_fields, sign_correction
from node.exchange.decision import content_document, content_hash
from node.model.correction import Correction, CorrectionKind
from node.model.courier import Kind
from node.storage import corrections, given, records
from node.storage.given import Given

AT_ONCE: Final = 50
_GONE: Final = frozenset({Code.PEER_UNKNOWN, Code.ROLE_FORBIDDEN})


@dataclass(frozen=True, slots=True, repr=False)
class _Now:
    """How a record stands. version: 0 if there is none; content: what it would give, None once it is gone."""

    version: int
    content: dict[str, Any] | None


async def send_corrections(node: Node) -> None:
    """Look at every record that was given and has changed since, and write what its recipients must know."""
    while found := await node.read(given.changed, node.clock.now_ms(), AT_ONCE):
        for request_id in found:
            await node.write_bulk(_look, node, request_id)


def _look(connection: Connection, node: Node, request_id: bytes) -> None:
    one = given.get(connection, node.sealer, request_id)
    if one is None or one.ended_ms:
        return
    stands = _stands(connection, node, one)
    if stands.version == one.version:
        return
    told = b"" if stands.content is None else content_hash(stands.content)
    if told == one.told:
        # Something else of the record changed: that is not its recipient's to know.
        given.looked_at(
            connection, node.sealer, one, stands.version, told=told, number=one.number, ended_ms=one.ended_ms
        )
        return
    now = node.clock.now_ms()
    kind = CorrectionKind.ERASED if stands.content is None else CorrectionKind.RECTIFIED
    number = one.number + 1
    message_id = _post(connection, node, one, number, stands.content, now)
    ended = now if kind is CorrectionKind.ERASED else 0
    given.looked_at(connection, node.sealer, one, stands.version, told=told, number=number, ended_ms=ended)
    corrections.add_sent(connection, request_id, number, kind, now, message_id)
    detail: Detail = {"request": one.request.hex(), "correction": kind.value, "number": number}
    record_act(connection, ActKind.CORRECTION_SENT, node.node_id, one.requester, now, detail)


def _stands(connection: Connection, node: Node, one: Given) -> _Now:
    record = records.get_row(connection, node.sealer, one.row)
    if record is None:
        return _Now(0, None)
    if not record.content:
        return _Now(record.version, None)
    line = json.loads(record.content)
    _, person = person_from_json(line, id_key="record_id")
    minor = is_minor(person.birth_date, node.clock.now_ms())
    return _Now(record.version, content_document(line, corrected_fields(one.fields), one.salt, minor=minor))


def _post(
    connection: Connection, node: Node, one: Given, number: int, content: dict[str, Any] | None, now: int
) -> bytes | None:
    """Queue the letter in the request's conversation, so that it comes after the reply; None to who has left."""
    member = node.roster.roster.member(one.requester)
    if member is None:
        return None
    made = Correction(
        alliance=node.alliance,
        owner=node.node_id,
        requester=one.requester,
        request_id=one.request_id,
        request=one.request,
        number=number,
        kind=CorrectionKind.ERASED if content is None else CorrectionKind.RECTIFIED,
        roster_version=node.roster.roster.version,
        box=b"" if content is None else seal_to(member.sealing_key, box_content(content)),
        made_ms=now,
    )
    body = sign_correction(made, node.signing).encode()
    try:
        return post(connection, node, one.requester, one.request_id, Kind.CORRECTION, body, now)
    except LancangError as problem:
        if problem.code in _GONE:
            return None
        raise
