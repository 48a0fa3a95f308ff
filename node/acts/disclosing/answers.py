"""What comes back to a requester: taken in, refused, rejected, or a reply, verified before anybody may read it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from sqlalchemy import Connection

from node.acts.disclosing.kept_apart import learn_kept_apart
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, record_act
from node.clock import SystemClock
from node.errors import Code, LancangError
from node.exchange.decision import content_hash, read_signed
from node.exchange.disclosure import REFUSAL, Reply, read_refusal, read_reply, verify_reply
from node.exchange.disclosure_states import OutEvent, may_out, moved_out
from node.exchange.documents import read_document, verify_document
from node.model import courier
from node.model.courier import Letter
from node.model.disclosure import Handling, SignedDecision, Verdict
from node.model.encoding import LATEST_MS
from node.model.officer import Role
from node.model.roster import Member
from node.roster.membership import identify_officer
from node.storage import requests_out
from node.storage.requests_out import RequestOut


@dataclass(frozen=True, slots=True, repr=False)
class Disclosed:
    """What an owner gave, opened. content: salt, category and fields; decisions: the two officers' signed ones.

    handling: the conditions; box_hash: SHA-256 of the box that the content came in at first.
    """

    handling: Handling
    box_hash: bytes
    content: dict[str, Any]
    decisions: tuple[SignedDecision, ...]


def take_taken(connection: Connection, node: Node, letter: Letter) -> None:
    """The owner has a request, and says when it is due."""
    request = _of_owner(connection, node, letter)
    try:
        due = int(json.loads(letter.body)["due_ms"])
    except (ValueError, KeyError, TypeError):
        raise LancangError(Code.MESSAGE_MALFORMED, "no time when the request is due") from None
    if may_out(request.state, OutEvent.TAKEN):
        after = moved_out(request.state, OutEvent.TAKEN)
        requests_out.change(connection, request.request_id, after, due_ms=min(max(due, 0), LATEST_MS))


def take_confirmation(connection: Connection, node: Node, letter: Letter) -> None:
    """An officer of the owner says that it is likely the same person. Raises REPLY_WRONG, MESSAGE_MALFORMED."""
    request = _of_owner(connection, node, letter)
    try:
        said = json.loads(letter.body)
        due, decision = int(said["due_ms"]), read_signed(dict(said["decision"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise LancangError(Code.MESSAGE_MALFORMED, "no confirmation") from None
    _check_officer(node, _member(node, request.owner), decision, request)
    if decision.decision.verdict is not Verdict.CONFIRM:
        raise LancangError(Code.REPLY_WRONG, "the officer decided otherwise")
    if may_out(request.state, OutEvent.CONFIRMATION):
        after = moved_out(request.state, OutEvent.CONFIRMATION)
        requests_out.change(connection, request.request_id, after, due_ms=min(max(due, 0), LATEST_MS))
        now, detail = node.clock.now_ms(), {"request": request.digest.hex()}
        record_act(connection, ActKind.DISCLOSURE_CONFIRMED, request.owner, request.owner, now, detail)


def take_refusal(connection: Connection, node: Node, letter: Letter) -> None:
    """An owner refuses, on one of the grounds. Raises SIGNATURE_WRONG, REPLY_WRONG, MESSAGE_MALFORMED."""
    request = _of_owner(connection, node, letter)
    document = read_document(letter.body)
    refusal = read_refusal(document)
    owner = _member(node, request.owner)
    verify_document(REFUSAL, document, owner.signing_key)
    if (refusal.owner, refusal.requester, refusal.request) != (request.owner, node.node_id, request.digest):
        raise LancangError(Code.REPLY_WRONG, "the refusal is of another request")
    decision = read_signed(refusal.decision)
    _check_officer(node, owner, decision, request)
    if decision.decision.verdict is not Verdict.REFUSE or decision.decision.ground is not refusal.ground:
        raise LancangError(Code.REPLY_WRONG, "the officer decided otherwise")
    if not may_out(request.state, OutEvent.REFUSAL):
        return
    now = node.clock.now_ms()
    after = moved_out(request.state, OutEvent.REFUSAL)
    requests_out.keep_answer(connection, node.sealer, request.request_id, letter.body)
    requests_out.change(connection, request.request_id, after, ended_ms=now, code=refusal.ground.value)
    detail = {"request": request.digest.hex(), "ground": refusal.ground.value}
    record_act(connection, ActKind.DISCLOSURE_REFUSED, request.owner, request.owner, now, detail)


def take_reply(connection: Connection, node: Node, letter: Letter) -> None:
    """An owner gives: kept sealed until its time is over. Raises SIGNATURE_WRONG, REPLY_WRONG, MESSAGE_MALFORMED."""
    request = _of_owner(connection, node, letter)
    disclosed = open_reply(node, request, letter.body)
    if not may_out(request.state, OutEvent.REPLY):
        # It was withdrawn, or its time is over: what comes too late is not kept.
        return
    now = node.clock.now_ms()
    after = moved_out(request.state, OutEvent.REPLY)
    until = disclosed.handling.retain_until_ms
    requests_out.keep_answer(connection, node.sealer, request.request_id, letter.body)
    requests_out.change(connection, request.request_id, after, ended_ms=now, retain_until_ms=until)
    detail = {"request": request.digest.hex(), "box": disclosed.box_hash.hex()}
    record_act(connection, ActKind.DISCLOSURE_RECEIVED_REPLY, request.owner, request.owner, now, detail)


def request_rejected(connection: Connection, node: Node, letter: Letter, refusal: courier.Refusal) -> None:
    """The owner's node has refused the request itself: the proof does not hold, it is repeated, or too late."""
    request = requests_out.get(connection, node.sealer, letter.conversation)
    if may_out(request.state, OutEvent.REJECTION):
        now = node.clock.now_ms()
        after = moved_out(request.state, OutEvent.REJECTION)
        requests_out.change(connection, request.request_id, after, ended_ms=now, code=refusal.code)
        if refusal.code == Code.KEPT_APART:
            learn_kept_apart(connection, node, request.hit_id)


def open_reply(node: Node, request: RequestOut, body: bytes) -> Disclosed:
    """Open and verify a reply whole: the owner's signature, the box, two officers who approved exactly this.

    Raises LancangError SIGNATURE_WRONG, REPLY_WRONG, DECISION_WRONG, MESSAGE_MALFORMED.
    """
    reply = read_reply(body)
    owner = _member(node, request.owner)
    if (reply.alliance, reply.owner, reply.requester) != (node.alliance, request.owner, node.node_id):
        raise LancangError(Code.REPLY_WRONG, "the reply is another member's, or for another one")
    if (reply.request_id, reply.request) != (request.request_id, request.digest):
        raise LancangError(Code.REPLY_WRONG, "the reply is to another request")
    verify_reply(reply, owner.signing_key)
    content, decisions = _unsealed(node, reply)
    for each in decisions:
        _check_officer(node, owner, each, request)
        made = each.decision
        if (made.verdict, made.content, made.handling) != (Verdict.APPROVE, content_hash(content), reply.handling):
            raise LancangError(Code.REPLY_WRONG, "an officer approved something else")
    if len({each.decision.officer for each in decisions}) != len(decisions) or len(decisions) != _OFFICERS:
        raise LancangError(Code.REPLY_WRONG, "not two different officers approved it")
    roles = {_officer_role(node, owner, each) for each in decisions}
    if roles != {Role.ANALYST, Role.APPROVER}:
        raise LancangError(Code.REPLY_WRONG, "not an analyst and an approver approved it")
    return Disclosed(reply.handling, reply.box_hash, content, decisions)


_OFFICERS = 2


def _unsealed(node: Node, reply: Reply) -> tuple[dict[str, Any], tuple[SignedDecision, ...]]:
    try:
        said = json.loads(SealedBox(PrivateKey(node.keys.sealing_key)).decrypt(reply.box))
        content, decisions = said["content"], said["decisions"]
    except (CryptoError, ValueError, KeyError, TypeError, RecursionError) as problem:
        raise LancangError(Code.REPLY_WRONG, "the box can't be opened with this node's key") from problem
    if not _well_formed(content, decisions):
        raise LancangError(Code.REPLY_WRONG, "the box holds something else")
    return content, tuple(read_signed(each) for each in decisions)


def _well_formed(content: Any, decisions: Any) -> bool:
    if not isinstance(content, dict) or not isinstance(content.get("fields"), dict):
        return False
    return (
        isinstance(decisions, list) and len(decisions) <= _OFFICERS and all(isinstance(one, dict) for one in decisions)
    )


def _check_officer(node: Node, owner: Member, signed: SignedDecision, request: RequestOut) -> None:
    """The decision is on this request, by an officer of its owner."""
    made = signed.decision
    if (made.alliance, made.owner, made.requester, made.request) != (
        node.alliance,
        owner.node_id,
        node.node_id,
        request.digest,
    ):
        raise LancangError(Code.REPLY_WRONG, "an officer decided on another request")
    _officer_role(node, owner, signed)


def _officer_role(node: Node, owner: Member, signed: SignedDecision) -> Role:
    """Who signed, by the owner's own CA at the time of signing. Raises REPLY_WRONG."""
    # Certificates live by the system's time (node/roster/membership.py): a demo's clock may run ahead of it.
    signed_ms = min(signed.decision.made_ms, SystemClock().now_ms())
    try:
        caller = identify_officer(node.roster, owner.node_id, signed.certificate, signed_ms)
    except LancangError as problem:
        raise LancangError(Code.REPLY_WRONG, f"an officer's certificate: {problem.detail}") from problem
    if caller.name != signed.decision.officer:
        raise LancangError(Code.REPLY_WRONG, "a decision names another officer than its certificate")
    return caller.role


def _of_owner(connection: Connection, node: Node, letter: Letter) -> RequestOut:
    request = requests_out.get(connection, node.sealer, letter.conversation)
    if request.owner != letter.sender:
        raise LancangError(Code.REQUEST_UNKNOWN)
    return request


def _member(node: Node, node_id: str) -> Member:
    member = node.roster.roster.member(node_id)
    if member is None:
        raise LancangError(Code.PEER_UNKNOWN, node_id)
    return member
