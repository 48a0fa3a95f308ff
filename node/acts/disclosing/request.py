"""Request a disclosure: the proof of a kept hit, opened for its owner alone, under a legal basis (protocol.md 8)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from matcher.tokens import kind_by_number
from node.acts.courier.queue import post
from node.acts.disclosing.kept_apart import check_asking
from node.acts.membership.standing import check_target
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, record_act
from node.errors import Code, LancangError
from node.exchange.disclosure import LONGEST_BASIS, LONGEST_NECESSITY, LONGEST_TOLD, sign_request
from node.exchange.proof import read_kept_proof
from node.model.courier import Kind
from node.model.disclosure import REQUEST_ID_BYTES, Character, Field, OutState, Request, Urgency
from node.storage import requests_out, searches
from node.storage.requests_out import RequestOut
from node.storage.searches import StoredHit, StoredSearch

TELLABLE: Final = ("names", "birth_date", "sex", "nationality", "documents", "phones", "accounts", "category")


@dataclass(frozen=True, slots=True, repr=False)
class Wanted:
    """What an officer asks for. hit_id: hex; tell: which attributes of the subject the owner's officers may see."""

    hit_id: str
    legal_basis: str
    necessity: str
    urgency: Urgency
    character: Character
    fields: tuple[Field, ...]
    tell: tuple[str, ...]


async def request_disclosure(node: Node, wanted: Wanted, officer: str) -> RequestOut:
    """Send a request for what a hit is about. It is stored and posted in one transaction.

    Raises LancangError: INPUT_INVALID, HIT_UNKNOWN, PROOF_INSUFFICIENT for a name alone, REQUEST_EXPIRED,
    REQUEST_REPEATED, PEER_UNKNOWN, PEER_SUSPENDED.
    """
    _check_words(wanted)
    try:
        hit_id = bytes.fromhex(wanted.hit_id)
    except ValueError:
        raise LancangError(Code.HIT_UNKNOWN) from None

    def store(connection: Connection) -> RequestOut:
        hit, search = _kept(connection, node, hit_id)
        check_asking(connection, node, hit)
        check_target(node, hit.owner)
        made = _request(node, wanted, hit, search, officer)
        document = sign_request(made, node.signing)
        out = RequestOut(
            request_id=made.request_id,
            hit_id=hit_id,
            owner=made.owner,
            officer=officer,
            digest=document.digest,
            urgency=made.urgency,
            state=OutState.SENT,
            made_ms=made.made_ms,
            due_ms=0,
            expires_ms=made.expires_ms,
            ended_ms=0,
            retain_until_ms=0,
            code="",
            document=document.encode(),
            answer=None,
        )
        requests_out.add(connection, node.sealer, out)
        post(
            connection,
            node,
            made.owner,
            made.request_id,
            Kind.DISCLOSURE_REQUEST,
            document.encode(),
            made.made_ms,
            until_ms=made.expires_ms,
        )
        detail = {"request": document.digest.hex(), "ask_id": made.proof.ask_id.hex(), "purpose": made.purpose}
        record_act(connection, ActKind.DISCLOSURE_REQUESTED, officer, made.owner, made.made_ms, detail)
        return out

    return await node.write(store)


def _check_words(wanted: Wanted) -> None:
    for name, value, longest in (
        ("legal-basis", wanted.legal_basis, LONGEST_BASIS),
        ("necessity", wanted.necessity, LONGEST_NECESSITY),
    ):
        if not value.strip() or len(value) > longest:
            raise LancangError(Code.INPUT_INVALID, f"{name}: 1 to {longest} characters")
        if any(not character.isprintable() and character != "\n" for character in value):
            raise LancangError(Code.INPUT_INVALID, f"{name}: holds characters that can't be printed")
    if wanted.character is not Character.ORDINARY:
        raise LancangError(Code.CHARACTER_REFUSED, wanted.character.value)
    if not wanted.fields:
        raise LancangError(Code.INPUT_INVALID, "fields: ask for at least one")
    unknown = [each for each in wanted.tell if each not in TELLABLE]
    if unknown:
        raise LancangError(Code.INPUT_INVALID, f"tell: {unknown[0]!r} is none of {', '.join(TELLABLE)}")


def _kept(connection: Connection, node: Node, hit_id: bytes) -> tuple[StoredHit, StoredSearch]:
    hit = searches.get_hit(connection, node.sealer, hit_id)
    if hit is None:
        raise LancangError(Code.HIT_UNKNOWN)
    search = searches.get(connection, node.sealer, hit.search_id)
    if search is None or hit.expires_ms <= node.clock.now_ms():
        raise LancangError(Code.REQUEST_EXPIRED, "the hit is past its time")
    return hit, search


def _request(node: Node, wanted: Wanted, hit: StoredHit, search: StoredSearch, officer: str) -> Request:
    proof, case = read_kept_proof(hit.proof, hit.epoch, hit.tag)
    if not any(kind_by_number(each.kind).beyond_name for each in proof.opened):
        raise LancangError(Code.PROOF_INSUFFICIENT, "only a name is shared")
    now = node.clock.now_ms()
    return Request(
        alliance=node.alliance,
        requester=node.node_id,
        owner=hit.owner,
        request_id=node.random(REQUEST_ID_BYTES),
        roster_version=node.roster.roster.version,
        officer=node.pseudonym(officer),
        purpose=search.purpose,
        case=case,
        character=wanted.character,
        legal_basis=wanted.legal_basis.strip(),
        necessity=wanted.necessity.strip(),
        urgency=wanted.urgency,
        fields=wanted.fields,
        told=_told(search.subject, wanted.tell),
        proof=proof,
        made_ms=now,
        expires_ms=now + node.policy.disclosures.request_seconds * 1000,
    )


def _told(subject: bytes, tell: tuple[str, ...]) -> bytes:
    """What of the subject the requester chose to say."""
    known: dict[str, Any] = json.loads(subject)
    told = json.dumps({name: known[name] for name in tell if known.get(name)}, ensure_ascii=False, sort_keys=True)
    if len(told) > LONGEST_TOLD:
        raise LancangError(Code.INPUT_TOO_LARGE, "what is told of the subject is too long", remedy="Tell fewer of it.")
    return told.encode()
