"""The owner's desk for passing on: what came, and the two officers who grant it, or the one who refuses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from node.acts.correcting.ask_onward import check_third
from node.acts.courier.queue import post
from node.acts.disclosing.desk import DESK, FRESH_MS
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.decision import decode_signed
from node.exchange.documents import read_document, verify_document
from node.exchange.onward import (
    REQUEST,
    OnwardAnswer,
    decision_travels,
    read_onward,
    read_travelled,
    sign_answer,
)
from node.model.courier import Kind, Letter
from node.model.disclosure import Handling, InState, Onward, Verdict
from node.model.officer import Caller
from node.model.onward import OnwardRequest, OnwardState, SignedOnwardDecision
from node.storage import given, onward, requests_in
from node.storage.given import Given
from node.storage.onward import OnwardIn
from node.storage.requests_in import KeptDecision

MOST_LISTED: Final = 500
_OPEN = frozenset({OnwardState.ASKED, OnwardState.APPROVED_ONCE})


@dataclass(frozen=True, slots=True, repr=False)
class ShownOnward:
    """A request to pass on as an officer sees it. document: as it was signed; fields: those that were given."""

    kept: OnwardIn
    asked: OnwardRequest
    document: bytes
    fields: tuple[str, ...]
    decisions: tuple[KeptDecision, ...]
    now_ms: int


def take_onward(connection: Connection, node: Node, letter: Letter) -> None:
    """Take a request to pass on in. Raises, back to the requester: REQUEST_UNKNOWN, SIGNATURE_WRONG, ONWARD_NEVER,
    REQUEST_STATE, REQUEST_REPEATED, INPUT_INVALID, MESSAGE_MALFORMED.
    """
    member = node.roster.roster.member(letter.sender)
    if member is None:
        raise LancangError(Code.PEER_UNKNOWN)
    document = read_document(letter.body)
    asked = read_onward(document)
    verify_document(REQUEST, document, member.signing_key)
    if (asked.alliance, asked.owner, asked.requester) != (node.alliance, node.node_id, letter.sender):
        raise LancangError(Code.MESSAGE_MALFORMED, "the request is addressed to another node, or is another one's")
    if asked.onward_id != letter.conversation:
        raise LancangError(Code.MESSAGE_MALFORMED, "a request to pass on is a conversation of its own")
    check_third(node, asked.to, node.node_id, letter.sender)
    gave = _given(connection, node, asked)
    now = node.clock.now_ms()
    kept = OnwardIn(
        asked.onward_id, gave.request_id, letter.sender, asked.to, document.digest, OnwardState.ASKED, now, 0,
        letter.body,
    )  # fmt: skip
    onward.add_in(connection, node.sealer, kept)
    _record(connection, node, ActKind.ONWARD_RECEIVED, kept, letter.sender)


def _given(connection: Connection, node: Node, asked: OnwardRequest) -> Given:
    """What was given under the request that is meant, if it may be passed on when asked."""
    request = requests_in.get(connection, node.sealer, requests_in.by_digest(connection, asked.request))
    gave = given.get(connection, node.sealer, request.request_id)
    if request.requester != asked.requester or gave is None:
        raise LancangError(Code.REQUEST_UNKNOWN)
    if request.state not in (InState.DISCLOSED, InState.READ) or gave.ended_ms or gave.until_ms <= node.clock.now_ms():
        raise LancangError(Code.REQUEST_STATE, "what was given is erased there by now")
    if _handling(connection, node, request.request_id).onward is Onward.NEVER:
        raise LancangError(Code.ONWARD_NEVER)
    return gave


def _handling(connection: Connection, node: Node, request_id: bytes) -> Handling:
    for each in requests_in.decisions(connection, node.sealer, request_id).values():
        handling = decode_signed(each.body).decision.handling
        if handling is not None:
            return handling
    raise LancangError(Code.REQUEST_UNKNOWN)


async def list_onward(node: Node, *, every: bool) -> list[OnwardIn]:
    """Open requests to pass on, the oldest first; or every one."""

    def read(connection: Connection) -> list[OnwardIn]:
        return onward.listed_in(connection, node.sealer, every=every, limit=MOST_LISTED)

    return await node.read(read)


async def show_onward(node: Node, beginning: str) -> ShownOnward:
    """One of them, by the beginning of its id. Raises REQUEST_UNKNOWN."""
    return await node.read(lambda connection: _shown(connection, node, onward.named_in(connection, beginning)))


def _shown(connection: Connection, node: Node, onward_id: bytes) -> ShownOnward:
    kept = onward.get_in(connection, node.sealer, onward_id)
    document = read_document(kept.document)
    gave = given.get(connection, node.sealer, kept.request_id)
    return ShownOnward(
        kept=kept,
        asked=read_onward(document),
        document=document.canonical,
        fields=() if gave is None else gave.fields,
        decisions=tuple(onward.decisions(connection, node.sealer, onward_id)),
        now_ms=node.clock.now_ms(),
    )


async def decide_onward(node: Node, signed: SignedOnwardDecision, caller: Caller) -> OnwardIn:
    """Keep an officer's signed decision. The second approval grants, a refusal ends; the answer is posted with it.

    Raises LancangError DECISION_WRONG, SAME_OFFICER, REQUEST_UNKNOWN, REQUEST_STATE.
    """
    made = signed.decision
    if made.officer != caller.name or caller.role not in DESK:
        raise LancangError(Code.DECISION_WRONG, "the decision names another officer")
    if (made.alliance, made.owner) != (node.alliance, node.node_id):
        raise LancangError(Code.DECISION_WRONG, "the decision is another node's")

    def keep(connection: Connection) -> OnwardIn:
        now = node.clock.now_ms()
        if abs(now - made.made_ms) > FRESH_MS:
            raise LancangError(Code.DECISION_WRONG, "the decision was signed at another time: show the request again")
        shown = _shown(connection, node, onward.by_digest(connection, made.onward))
        if made.requester != shown.kept.requester:
            raise LancangError(Code.DECISION_WRONG, "the decision names another requester")
        if shown.kept.state not in _OPEN:
            raise LancangError(Code.REQUEST_STATE, f"it is {shown.kept.state.value}")
        body = json.dumps(decision_travels(signed)).encode()
        kept = KeptDecision(made.officer, caller.role.value, made.verdict, made.made_ms, body)
        onward.decide(connection, node.sealer, shown.kept.onward_id, kept)
        if made.verdict is Verdict.REFUSE:
            _answer(connection, node, shown.kept, Verdict.REFUSE, (signed,))
        else:
            _given(connection, node, shown.asked)
            _approve(connection, node, shown.kept)
        return onward.get_in(connection, node.sealer, shown.kept.onward_id)

    return await node.write(keep)


def _approve(connection: Connection, node: Node, kept: OnwardIn) -> None:
    """Grant, once two officers have approved; until then wait for the other one."""
    found = onward.decisions(connection, node.sealer, kept.onward_id)
    approvals = tuple(read_travelled(json.loads(one.body)) for one in found if one.verdict is Verdict.APPROVE)
    if len(approvals) < len(DESK):
        onward.set_in(connection, kept.onward_id, OnwardState.APPROVED_ONCE)
        return
    _answer(connection, node, kept, Verdict.APPROVE, approvals)


def _answer(
    connection: Connection, node: Node, kept: OnwardIn, verdict: Verdict, signed: tuple[SignedOnwardDecision, ...]
) -> None:
    now = node.clock.now_ms()
    answer = OnwardAnswer(
        node.alliance, node.node_id, kept.requester, kept.onward_id, kept.digest, verdict, signed, now
    )
    granted = verdict is Verdict.APPROVE
    state = OnwardState.GRANTED if granted else OnwardState.REFUSED
    # The database itself refuses a grant without two officers' approvals.
    onward.set_in(connection, kept.onward_id, state, now)
    body = sign_answer(answer, node.signing).encode()
    post(connection, node, kept.requester, kept.onward_id, Kind.ONWARD_ANSWER, body, now)
    kind = ActKind.ONWARD_GRANTED if granted else ActKind.ONWARD_REFUSED
    _record(connection, node, kind, kept, signed[-1].decision.officer)


def _record(connection: Connection, node: Node, kind: ActKind, kept: OnwardIn, actor: str) -> None:
    detail: Detail = {"onward": kept.digest.hex(), "to": kept.to}
    record_act(connection, kind, actor, kept.requester, node.clock.now_ms(), detail)
