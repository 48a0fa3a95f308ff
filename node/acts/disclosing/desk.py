"""The owner's desk: what is asked, what would be given, and who decides it: an analyst and an approver."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection

from certs.reading import claimed_identity
from matcher.agreement import PlainAgreement, plain_agreement
from matcher.dates import BirthDate
from matcher.person import Person, PersonError, person_from_json
from node.acts.courier.queue import post
from node.acts.disclosing.seal_reply import seal_reply
from node.acts.membership.revocations import read_revocations
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.deadlines import due_after_confirmation
from node.exchange.decision import content_document, content_hash, decode_signed, encode_signed, signed_document
from node.exchange.disclosure import Refusal, read_request, reply_document, sign_refusal
from node.exchange.disclosure_states import InEvent, moved_in
from node.exchange.documents import read_document
from node.model.courier import Kind
from node.model.disclosure import Decision, Field, Noted, Request, SignedDecision, Verdict
from node.model.officer import Caller, Role
from node.storage import given, records, request_events, requests_in
from node.storage.given import Given
from node.storage.records import Record
from node.storage.request_events import Side
from node.storage.requests_in import KeptDecision, RequestIn

MOST_LISTED: Final = 500
FRESH_MS: Final = 3_600_000
ADULT_YEARS: Final = 18
DESK: Final = frozenset({Role.ANALYST, Role.APPROVER})


@dataclass(frozen=True, slots=True, repr=False)
class ShownRequest:
    """A request as an officer of the owner sees it.

    record: the line of the record now, {} if it is gone; changed: it is no longer the version that the tag named.
    content: what would be given if everything asked for were, and its salt; agreement: None without anything told.
    """

    kept: RequestIn
    request: Request
    document: bytes
    record: dict[str, Any]
    changed: bool
    minor: bool
    content: dict[str, Any]
    agreement: PlainAgreement | None
    decisions: dict[str, KeptDecision]
    events: list[Noted]
    now_ms: int


async def list_inbox(node: Node, *, every: bool) -> list[tuple[RequestIn, list[Noted]]]:
    """Open requests with what happened to them, the soonest due first; or every one."""

    def listed(connection: Connection) -> list[tuple[RequestIn, list[Noted]]]:
        found = requests_in.listed(connection, node.sealer, every=every, limit=MOST_LISTED)
        return [(each, request_events.events_of(connection, each.request_id, Side.IN)) for each in found]

    return await node.read(listed)


async def show_request(node: Node, beginning: str, officer: str) -> ShownRequest:
    """A request with the record it is about, by the beginning of its id. It is logged. Raises REQUEST_UNKNOWN."""

    def show(connection: Connection) -> ShownRequest:
        shown = _shown(connection, node, requests_in.named(connection, beginning))
        detail: Detail = {"request": shown.kept.digest.hex()}
        record_act(connection, ActKind.DISCLOSURE_SHOWN, officer, shown.kept.requester, shown.now_ms, detail)
        return shown

    return await node.write(show)


async def take_on(node: Node, beginning: str, officer: str) -> RequestIn:
    """Say that an officer works on a request; a deputy takes it over the same way. Raises REQUEST_UNKNOWN, _STATE."""

    def take(connection: Connection) -> RequestIn:
        kept = requests_in.get(connection, node.sealer, requests_in.named(connection, beginning))
        _check_open(kept, node.clock.now_ms())
        requests_in.set_holder(connection, kept.request_id, officer)
        return requests_in.get(connection, node.sealer, kept.request_id)

    return await node.write(take)


async def decide(node: Node, signed: SignedDecision, caller: Caller) -> RequestIn:
    """Keep an officer's signed decision. The second approval gives, a refusal ends; what leaves is posted with it.

    signed: verified to be by the holder of its certificate; caller: whose certificate that is.
    Raises LancangError DECISION_WRONG, SAME_OFFICER, REQUEST_UNKNOWN, REQUEST_STATE, FIELD_NOT_ASKED, RECORD_GONE.
    """
    made = signed.decision
    if made.officer != caller.name or caller.role not in DESK:
        raise LancangError(Code.DECISION_WRONG, "the decision names another officer")
    if (made.alliance, made.owner) != (node.alliance, node.node_id):
        raise LancangError(Code.DECISION_WRONG, "the decision is another node's")

    def keep(connection: Connection) -> RequestIn:
        now = node.clock.now_ms()
        if abs(now - made.made_ms) > FRESH_MS:
            raise LancangError(Code.DECISION_WRONG, "the decision was signed at another time: show the request again")
        shown = _shown(connection, node, requests_in.by_digest(connection, made.request))
        _check_open(shown.kept, now)
        if made.requester != shown.kept.requester:
            raise LancangError(Code.DECISION_WRONG, "the decision names another requester")
        if made.verdict is Verdict.APPROVE:
            _check_approval(node, shown, made)
        role = caller.role.value
        kept = KeptDecision(made.officer, role, made.verdict, made.made_ms, encode_signed(signed))
        requests_in.decide(connection, node.sealer, shown.kept.request_id, kept)
        if not shown.kept.holder:
            requests_in.set_holder(connection, shown.kept.request_id, made.officer)
        detail: Detail = {"request": made.request.hex(), "verdict": made.verdict.value, "role": role}
        record_act(connection, ActKind.DISCLOSURE_DECIDED, made.officer, made.requester, now, detail)
        if made.verdict is Verdict.REFUSE:
            _refuse(connection, node, shown.kept, signed, now)
        elif made.verdict is Verdict.CONFIRM:
            _confirm(connection, node, shown.kept, signed, now)
        else:
            _approve(connection, node, shown, now)
        return requests_in.get(connection, node.sealer, shown.kept.request_id)

    return await node.write(keep)


def _shown(connection: Connection, node: Node, request_id: bytes) -> ShownRequest:
    kept = requests_in.get(connection, node.sealer, request_id)
    if kept.received is None:
        raise LancangError(Code.REQUEST_EXPIRED, "what was asked is erased")
    document = read_document(kept.received.document)
    request = read_request(document)
    record = records.get_row(connection, node.sealer, kept.received.row)
    line = json.loads(record.content) if record is not None and record.content else {}
    person = _person(line)
    now = node.clock.now_ms()
    minor = person is not None and is_minor(person.birth_date, now)
    return ShownRequest(
        kept=kept,
        request=request,
        document=document.canonical,
        record=line,
        changed=_changed(record, kept),
        minor=minor,
        content=content_document(line, request.fields, kept.received.salt, minor=minor) if line else {},
        agreement=_agreement(request.told, person),
        decisions=requests_in.decisions(connection, node.sealer, request_id),
        events=request_events.events_of(connection, request_id, Side.IN),
        now_ms=now,
    )


def is_minor(born: BirthDate | None, now_ms: int) -> bool:
    """Whether somebody may be under 18: with only a year known, in the year of the birthday still."""
    if born is None:
        return False
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    latest = (born.year + ADULT_YEARS, born.month or 12, born.day or 31)
    return latest > (today.year, today.month, today.day)


def _changed(record: Record | None, kept: RequestIn) -> bool:
    return record is None or kept.received is None or record.version != kept.received.version


def _person(line: dict[str, Any]) -> Person | None:
    return person_from_json(line, id_key="record_id")[1] if line else None


def _agreement(told: bytes, person: Person | None) -> PlainAgreement | None:
    said = json.loads(told)
    if not said or person is None:
        return None
    try:
        return plain_agreement(person_from_json({"query_id": "told", **said}, id_key="query_id")[1], person)
    except PersonError:
        return None


def _check_open(kept: RequestIn, now: int) -> None:
    # Whoever may refuse it may do all else that is done at the desk.
    moved_in(kept.state, InEvent.REFUSAL)
    if now >= kept.expires_ms:
        raise LancangError(Code.REQUEST_EXPIRED)


def _check_approval(node: Node, shown: ShownRequest, made: Decision) -> None:
    """What is approved was asked for, is what the record says now, and under conditions that the policy allows."""
    if not shown.record:
        raise LancangError(Code.RECORD_GONE)
    handling = made.handling
    if handling is None or not handling.uses or not set(handling.uses) <= set(node.policy.purposes):
        raise LancangError(Code.DECISION_WRONG, "uses: purposes of the roster's policy")
    longest = shown.now_ms + node.policy.disclosures.longest_retention_seconds * 1000
    if not shown.now_ms < handling.retain_until_ms <= longest:
        raise LancangError(Code.DECISION_WRONG, "the retention date is past, or further than the policy allows")
    if not set(made.fields) <= set(shown.request.fields):
        raise LancangError(Code.FIELD_NOT_ASKED)
    if made.content != content_hash(narrowed(shown, made.fields)):
        raise LancangError(Code.DECISION_WRONG, "the record is not what was shown: look again")


def narrowed(shown: ShownRequest, fields: tuple[Field, ...]) -> dict[str, Any]:
    """What these fields of the record would give."""
    received = shown.kept.received
    return content_document(shown.record, fields, received.salt, minor=shown.minor) if received is not None else {}


def _refuse(connection: Connection, node: Node, kept: RequestIn, signed: SignedDecision, now: int) -> None:
    ground = signed.decision.ground
    if ground is None:
        raise LancangError(Code.DECISION_WRONG, "a refusal names its ground")
    refusal = Refusal(
        alliance=node.alliance,
        owner=node.node_id,
        requester=kept.requester,
        request_id=kept.request_id,
        request=kept.digest,
        ground=ground,
        made_ms=now,
        decision=signed_document(signed),
    )
    body = sign_refusal(refusal, node.signing).encode()
    requests_in.keep_reply(connection, node.sealer, kept.request_id, body)
    requests_in.set_state(connection, kept.request_id, moved_in(kept.state, InEvent.REFUSAL), now)
    post(connection, node, kept.requester, kept.request_id, Kind.DISCLOSURE_REFUSAL, body, now)
    detail: Detail = {"request": kept.digest.hex(), "ground": ground.value}
    record_act(connection, ActKind.DISCLOSURE_REFUSED, signed.decision.officer, kept.requester, now, detail)


def _confirm(connection: Connection, node: Node, kept: RequestIn, signed: SignedDecision, now: int) -> None:
    """Say that it is likely the same person. Nothing is given with it; of an urgent request the data is due anew."""
    due = due_after_confirmation(node.policy.disclosures, kept.urgency, kept.due_ms, now)
    requests_in.set_state(connection, kept.request_id, moved_in(kept.state, InEvent.CONFIRMATION))
    requests_in.set_due(connection, kept.request_id, due)
    said = {"request": kept.digest.hex(), "due_ms": due, "decision": signed_document(signed)}
    body = json.dumps(said, ensure_ascii=False).encode()
    post(connection, node, kept.requester, kept.request_id, Kind.DISCLOSURE_CONFIRMATION, body, now)
    detail: Detail = {"request": kept.digest.hex(), "due_ms": due}
    record_act(connection, ActKind.DISCLOSURE_CONFIRMED, signed.decision.officer, kept.requester, now, detail)


def _approve(connection: Connection, node: Node, shown: ShownRequest, now: int) -> None:
    """Give, once two officers have approved the same; until then wait for the other one."""
    kept = shown.kept
    approvals = requests_in.decisions(connection, node.sealer, kept.request_id)
    signed = [decode_signed(each.body) for each in approvals.values() if each.verdict is Verdict.APPROVE]
    revoked = {one.fingerprint for one in read_revocations(node.home)}
    if any(claimed_identity(each.certificate).fingerprint in revoked for each in signed):
        raise LancangError(
            Code.DECISION_WRONG,
            "an officer who approved it was revoked since",
            remedy="Let another officer of his role decide on it.",
        )
    if len(signed) < len(DESK):
        requests_in.set_state(connection, kept.request_id, moved_in(kept.state, InEvent.FIRST_APPROVAL))
        return
    first, second = (each.decision for each in signed)
    if (first.fields, first.handling) != (second.fields, second.handling):
        raise LancangError(
            Code.DECISION_WRONG,
            "the two officers approve different things",
            remedy="Approve exactly what the other officer approved, or let him decide anew.",
        )
    if first.content != second.content:
        raise LancangError(
            Code.DECISION_WRONG,
            "the record changed after the other officer approved",
            remedy="Let him look again and approve what stands there now; then approve the same.",
        )
    content = narrowed(shown, first.fields)
    reply = seal_reply(node, kept, content, signed, now)
    body = reply_document(reply)
    # The database itself refuses this state without two officers' approvals.
    requests_in.set_state(connection, kept.request_id, moved_in(kept.state, InEvent.SECOND_APPROVAL), now)
    requests_in.keep_reply(connection, node.sealer, kept.request_id, body)
    _remember(connection, node, kept, content, reply.handling.retain_until_ms)
    post(connection, node, kept.requester, kept.request_id, Kind.DISCLOSURE_REPLY, body, now)
    detail: Detail = {"request": kept.digest.hex(), "box": reply.box_hash.hex()}
    record_act(connection, ActKind.DISCLOSURE_GIVEN, node.node_id, kept.requester, now, detail)


def _remember(connection: Connection, node: Node, kept: RequestIn, content: dict[str, Any], until_ms: int) -> None:
    """What is given now follows its record from now on (node/acts/correcting)."""
    record = records.get_row(connection, node.sealer, kept.received.row) if kept.received is not None else None
    if record is None or kept.received is None:
        raise LancangError(Code.RECORD_GONE)
    given.add(
        connection,
        node.sealer,
        Given(
            request_id=kept.request_id,
            requester=kept.requester,
            row=record.row,
            version=record.version,
            number=0,
            given_ms=node.clock.now_ms(),
            until_ms=until_ms,
            ended_ms=0,
            request=kept.digest,
            fields=tuple(content["fields"]),
            salt=kept.received.salt,
            told=content_hash(content),
        ),
    )
