"""The requester's side of passing on: ask the owner, take its answer. Nothing is passed on before it grants that."""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.courier.queue import post
from node.acts.disclosing.kept_copy import open_copy
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.clock import SystemClock
from node.errors import Code, LancangError
from node.exchange.documents import read_document, verify_document
from node.exchange.onward import ANSWER, OnwardAnswer, read_answer, sign_onward
from node.model import courier
from node.model.courier import Kind, Letter
from node.model.disclosure import Onward, OutState, Verdict
from node.model.officer import Role
from node.model.onward import LONGEST_REASON, ONWARD_ID_BYTES, OnwardRequest, OnwardState
from node.model.roster import Member
from node.roster.membership import identify_officer
from node.storage import onward, requests_out
from node.storage.onward import OnwardOut
from node.storage.requests_out import RequestOut

_HELD = frozenset({OutState.DISCLOSED, OutState.READ})


async def ask_onward(node: Node, beginning: str, to: str, reason: str, officer: str) -> OnwardOut:
    """Ask the owner whether a third member may have what it gave.

    Raises REQUEST_UNKNOWN, REQUEST_STATE, ONWARD_NEVER, INPUT_INVALID.
    """
    words = reason.strip()
    if not words or len(words) > LONGEST_REASON or any(not one.isprintable() and one != "\n" for one in words):
        raise LancangError(Code.INPUT_INVALID, f"reason: 1 to {LONGEST_REASON} characters that can be printed")

    def ask(connection: Connection) -> OnwardOut:
        request = requests_out.get(connection, node.sealer, requests_out.named(connection, beginning))
        _check(node, request, to)
        now = node.clock.now_ms()
        asked = OnwardRequest(
            alliance=node.alliance,
            requester=node.node_id,
            owner=request.owner,
            onward_id=node.random(ONWARD_ID_BYTES),
            request=request.digest,
            to=to,
            reason=words,
            officer=node.pseudonym(officer),
            made_ms=now,
        )
        document = sign_onward(asked, node.signing)
        out = OnwardOut(
            asked.onward_id, request.request_id, request.owner, to, officer, document.digest, OnwardState.ASKED, now, 0,
            "", document.encode(),
        )  # fmt: skip
        onward.add_out(connection, node.sealer, out)
        post(connection, node, out.owner, out.onward_id, Kind.ONWARD_REQUEST, out.document, now)
        _record(connection, node, ActKind.ONWARD_ASKED, out, officer)
        return out

    return await node.write(ask)


def take_onward_answer(connection: Connection, node: Node, letter: Letter) -> None:
    """The owner grants or refuses. Raises, back to it: REQUEST_UNKNOWN, SIGNATURE_WRONG, REPLY_WRONG, DECISION_WRONG,
    MESSAGE_MALFORMED, REQUEST_STATE.
    """
    out = onward.get_out(connection, node.sealer, letter.conversation)
    owner = node.roster.roster.member(letter.sender)
    if owner is None or out.owner != letter.sender:
        raise LancangError(Code.REQUEST_UNKNOWN)
    document = read_document(letter.body)
    answer = read_answer(document)
    verify_document(ANSWER, document, owner.signing_key)
    _check_answer(node, owner, out, answer)
    if out.state is not OnwardState.ASKED:
        raise LancangError(Code.REQUEST_STATE, f"it is {out.state.value}")
    granted = answer.verdict is Verdict.APPROVE
    ground = answer.decisions[0].decision.ground
    state = OnwardState.GRANTED if granted else OnwardState.REFUSED
    code = "" if ground is None else ground.value
    onward.end_out(connection, node.sealer, out.onward_id, state, node.clock.now_ms(), code, letter.body)
    _record(connection, node, ActKind.ONWARD_GRANTED if granted else ActKind.ONWARD_REFUSED, out, out.owner)


def onward_rejected(connection: Connection, node: Node, letter: Letter, refusal: courier.Refusal) -> None:
    """The owner's node did not take the request."""
    out = onward.get_out(connection, node.sealer, letter.conversation)
    now = node.clock.now_ms()
    onward.end_out(connection, node.sealer, out.onward_id, OnwardState.REJECTED, now, refusal.code, b"")


async def onward_of(node: Node, beginning: str) -> list[OnwardOut]:
    """What was asked to pass on of a disclosure, the newest first; of none that is not this node's own request."""

    def read(connection: Connection) -> list[OnwardOut]:
        try:
            request_id = requests_out.named(connection, beginning)
        except LancangError:
            return []
        return onward.of_requests(connection, node.sealer, [request_id])

    return await node.read(read)


def _check(node: Node, request: RequestOut, to: str) -> None:
    """Something is held, its owner lets itself be asked, and the third one is a member that holds records."""
    if request.state not in _HELD or request.answer is None:
        raise LancangError(Code.REQUEST_STATE, "nothing that was given is held here")
    if open_copy(node, request, request.answer).disclosed.handling.onward is Onward.NEVER:
        raise LancangError(Code.ONWARD_NEVER)
    check_third(node, to, request.owner, node.node_id)


def check_third(node: Node, to: str, owner: str, requester: str) -> None:
    """Raises LancangError INPUT_INVALID unless it is another member."""
    member = node.roster.roster.member(to)
    if member is None or member.role is not Role.MEMBER or to in (owner, requester):
        raise LancangError(Code.INPUT_INVALID, "to: another member of the alliance expected")


def _check_answer(node: Node, owner: Member, out: OnwardOut, answer: OnwardAnswer) -> None:
    said = (answer.alliance, answer.owner, answer.requester, answer.onward_id, answer.onward)
    if said != (node.alliance, owner.node_id, node.node_id, out.onward_id, out.digest):
        raise LancangError(Code.REPLY_WRONG, "the answer is to another request")
    roles = set()
    for signed in answer.decisions:
        made = signed.decision
        about = (made.alliance, made.owner, made.requester, made.onward, made.verdict)
        if about != (node.alliance, owner.node_id, node.node_id, out.digest, answer.verdict):
            raise LancangError(Code.REPLY_WRONG, "an officer decided on something else")
        # Certificates live by the system's time: a demo's clock may run ahead of it.
        signed_ms = min(made.made_ms, SystemClock().now_ms())
        try:
            caller = identify_officer(node.roster, owner.node_id, signed.certificate, signed_ms)
        except LancangError as problem:
            raise LancangError(Code.REPLY_WRONG, f"an officer's certificate: {problem.detail}") from problem
        if caller.name != made.officer:
            raise LancangError(Code.REPLY_WRONG, "a decision names another officer than its certificate")
        roles.add(caller.role)
    if answer.verdict is Verdict.APPROVE and roles != {Role.ANALYST, Role.APPROVER}:
        raise LancangError(Code.REPLY_WRONG, "not an analyst and an approver granted it")
    if not roles <= {Role.ANALYST, Role.APPROVER}:
        raise LancangError(Code.REPLY_WRONG, "neither an analyst nor an approver decided")


def _record(connection: Connection, node: Node, kind: ActKind, out: OnwardOut, actor: str) -> None:
    detail: Detail = {"onward": out.digest.hex(), "to": out.to}
    record_act(connection, kind, actor, out.owner, node.clock.now_ms(), detail)
