"""Requests as they come to their owner: everything is checked before a person sees one (protocol.md 8)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection

from matcher.person import PersonError, person_from_json
from matcher.tokens import Token, kind_by_number, record_tokens
from node.acts.courier.queue import post
from node.acts.disclosing.kept_apart import check_asked
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, record_act
from node.crypto.voprf import evaluate
from node.errors import Code, LancangError
from node.exchange.deadlines import decision_due
from node.exchange.decision import SALT_BYTES
from node.exchange.disclosure import REQUEST, read_request
from node.exchange.disclosure_states import InEvent, may_in, moved_in
from node.exchange.documents import read_document, verify_document
from node.exchange.posting import posting_context, posting_key
from node.exchange.proof import check_same_ask, check_sufficient, shared_tokens
from node.exchange.token import token_bytes
from node.exchange.walk import walk_many
from node.model.courier import Kind, Letter
from node.model.disclosure import Character, InState, Request
from node.storage import asks, records, requests_in, tags
from node.storage.records import Record
from node.storage.requests_in import Received, RequestIn


def take_request(connection: Connection, node: Node, letter: Letter) -> None:
    """Take a request in, in the transaction of its receipt, and tell the requester when it is due.

    Raises LancangError, which goes back to the requester: SIGNATURE_WRONG, MESSAGE_MALFORMED, PROOF_OF_MATCH,
    PROOF_INSUFFICIENT, REQUEST_EXPIRED, REQUEST_REPEATED, RECORD_GONE, KEPT_APART, UNKNOWN_PURPOSE, RATE_LIMITED.
    """
    now = node.clock.now_ms()
    document = read_document(letter.body)
    request = read_request(document)
    _check_parties(node, request, letter)
    member = node.roster.roster.member(letter.sender)
    if member is None:
        raise LancangError(Code.PEER_UNKNOWN)
    verify_document(REQUEST, document, member.signing_key)
    _check_told(request.told)
    if request.character is not Character.ORDINARY:
        raise LancangError(Code.CHARACTER_REFUSED, request.character.value)
    if now >= request.expires_ms:
        raise LancangError(Code.REQUEST_EXPIRED)
    if request.purpose not in node.policy.purposes:
        raise LancangError(Code.UNKNOWN_PURPOSE, f"{request.purpose!r}")
    if requests_in.open_of_member(connection, letter.sender) >= node.policy.disclosures.most_open:
        raise LancangError(Code.RATE_LIMITED, "too many requests of this member are open")
    record, kinds = _proved(connection, node, request)
    check_asked(connection, node, request, record.row)
    due = decision_due(node.policy.disclosures, request.urgency, now)
    received = RequestIn(
        request_id=request.request_id,
        requester=letter.sender,
        ask_id=request.proof.ask_id,
        tag=request.proof.tag,
        digest=document.digest,
        urgency=request.urgency,
        state=InState.RECEIVED,
        received_ms=now,
        due_ms=due,
        expires_ms=min(request.expires_ms, now + node.policy.disclosures.request_seconds * 1000),
        ended_ms=0,
        holder="",
        received=Received(letter.body, record.row, record.version, kinds, node.random(SALT_BYTES)),
    )
    requests_in.add(connection, node.sealer, received)
    told = json.dumps({"request": document.digest.hex(), "received_ms": now, "due_ms": due}).encode()
    post(connection, node, letter.sender, request.request_id, Kind.DISCLOSURE_TAKEN, told, now)
    detail = {"request": document.digest.hex(), "ask_id": request.proof.ask_id.hex(), "urgency": request.urgency.value}
    record_act(connection, ActKind.DISCLOSURE_RECEIVED, request.officer, letter.sender, now, detail)


def take_withdrawal(connection: Connection, node: Node, letter: Letter) -> None:
    """The requester needs it no more. One that is decided stays as it is."""
    request = _of_sender(connection, node, letter)
    if may_in(request.state, InEvent.WITHDRAWAL):
        now = node.clock.now_ms()
        requests_in.set_state(connection, request.request_id, moved_in(request.state, InEvent.WITHDRAWAL), now)
        detail = {"request": request.digest.hex()}
        record_act(connection, ActKind.DISCLOSURE_WITHDRAWN, letter.sender, letter.sender, now, detail)


def take_read(connection: Connection, node: Node, letter: Letter) -> None:
    """The requester's officer has read what was disclosed."""
    request = _of_sender(connection, node, letter)
    if may_in(request.state, InEvent.READING):
        now = node.clock.now_ms()
        after = moved_in(request.state, InEvent.READING)
        requests_in.set_state(connection, request.request_id, after, request.ended_ms)
        detail = {"request": request.digest.hex()}
        record_act(connection, ActKind.DISCLOSURE_READ, letter.sender, letter.sender, now, detail)


def _check_parties(node: Node, request: Request, letter: Letter) -> None:
    if (request.alliance, request.owner, request.requester) != (node.alliance, node.node_id, letter.sender):
        raise LancangError(Code.MESSAGE_MALFORMED, "the request is addressed to another node, or is another one's")
    if request.request_id != letter.conversation:
        raise LancangError(Code.MESSAGE_MALFORMED, "a request is a conversation of its own")


def _check_told(told: bytes) -> None:
    """What is told of the subject can be shown."""
    try:
        said = json.loads(told)
        if said:
            person_from_json({"query_id": "told", **said}, id_key="query_id")
    except (ValueError, TypeError, RecursionError, PersonError):
        raise LancangError(Code.MESSAGE_MALFORMED, "told: is not a person") from None


def _of_sender(connection: Connection, node: Node, letter: Letter) -> RequestIn:
    request = requests_in.get(connection, node.sealer, letter.conversation)
    if request.requester != letter.sender:
        raise LancangError(Code.REQUEST_UNKNOWN)
    return request


def _proved(connection: Connection, node: Node, request: Request) -> tuple[Record, tuple[str, ...]]:
    """The record as the tag named it, and the kinds that were shown to be shared. Raises as take_request."""
    proof = request.proof
    stored = asks.get(connection, proof.ask_id, node.alliance, node.node_id)
    if stored is None:
        raise LancangError(Code.PROOF_OF_MATCH, "no such ask was paid for here")
    check_same_ask(proof, stored.ask, requester=request.requester, purpose=request.purpose, case=request.case)
    found = tags.find(connection, request.requester, proof.epoch, proof.tag)
    record = None if found is None else records.get_version(connection, node.sealer, found.version)
    if record is None or not record.content:
        raise LancangError(Code.RECORD_GONE)
    _, person = person_from_json(json.loads(record.content), id_key="record_id")
    shared = shared_tokens(proof, stored.ask, record_tokens(person))
    counts, population = _own_counts(connection, node, request, shared)
    check_sufficient(counts, population, node.policy.prior_records, node.policy.disclosures.proof_bits)
    return record, tuple(dict.fromkeys(kind_by_number(token.kind).name for token in shared))


def _own_counts(
    connection: Connection, node: Node, request: Request, shared: Sequence[Token]
) -> tuple[dict[Token, int], float]:
    """How many live records carry each token, by the requester's own copy, and how many records there are."""
    epoch = node.epochs.get(request.proof.epoch)
    chain = node.publications.find(request.proof.epoch, request.requester)
    if epoch is None or chain is None:
        raise LancangError(Code.REQUEST_EXPIRED, "the epoch of the ask is over")
    context = posting_context(chain.secret, chain.state.scope)
    keys = [posting_key(evaluate(epoch.key, token_bytes(token)), context) for token in shared]
    walks = walk_many(chain.index, keys, epoch.statement.list_cap)
    most = epoch.statement.list_cap
    counts = {
        token: most if walk.common else max(1, tags.count_standing(connection, chain.chain_no, walk.tags))
        for token, walk in zip(shared, walks, strict=True)
    }
    return counts, chain.state.population
