"""The documents of a disclosure <-> model: request, reply, refusal (protocol.md 8, 9). Decisions: decision.py."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

import rfc8785

from node.crypto.signing import SigningKey, verify
from node.exchange.documents import Reader, SignedDocument, malformed, read_document, sign_document, to_base64
from node.exchange.proof import MOST_OPENED, proof_document
from node.model.batch import TAG_BYTES
from node.model.disclosure import (
    REQUEST_ID_BYTES,
    Certainty,
    Character,
    Field,
    Ground,
    Handling,
    HandlingCode,
    Onward,
    Opened,
    Proof,
    Request,
    Source,
    Urgency,
)
from node.model.encoding import LATEST_MS, lp, u64

FORMAT: Final = 1
REQUEST: Final = "lancang/1/disclosure"
REFUSAL: Final = "lancang/1/refusal"
REPLY: Final = "lancang/1/reply"
LONGEST_BASIS: Final = 400
LONGEST_NECESSITY: Final = 2_000
LONGEST_WORDS: Final = 400
LONGEST_TOLD: Final = 8_192
LONGEST_BOX: Final = 128 * 1024
_LONGEST_ID: Final = 64
_MOST_USES: Final = 64
_PLAIN: Final = re.compile(r"[\x20-\x7e]*")

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """What an owner gives: a box only the requester opens, under conditions that stand open and are signed."""

    alliance: str
    owner: str
    requester: str
    request_id: bytes
    request: bytes
    roster_version: int
    handling: Handling
    box: bytes
    made_ms: int
    signature: bytes

    @property
    def box_hash(self) -> bytes:
        """SHA-256 of the box."""
        return hashlib.sha256(self.box).digest()


@dataclass(frozen=True, slots=True, repr=False)
class Refusal:
    """What an owner refuses, and on which ground. decision: the officer's signed one, as it travels."""

    alliance: str
    owner: str
    requester: str
    request_id: bytes
    request: bytes
    ground: Ground
    made_ms: int
    decision: dict[str, Any]


def sign_request(request: Request, key: SigningKey) -> SignedDocument:
    """The request's document, signed whole by the requester's roster key."""
    return sign_document(
        REQUEST,
        {
            "format": FORMAT,
            "alliance": request.alliance,
            "requester": request.requester,
            "owner": request.owner,
            "request_id": request.request_id.hex(),
            "roster_version": request.roster_version,
            "officer": request.officer,
            "purpose": request.purpose,
            "case": request.case.hex(),
            "character": request.character.value,
            "legal_basis": request.legal_basis,
            "necessity": request.necessity,
            "urgency": request.urgency.value,
            "fields": [each.value for each in request.fields],
            "told": request.told.decode(),
            "proof": proof_document(request.proof),
            "made_ms": request.made_ms,
            "expires_ms": request.expires_ms,
        },
        key,
    )


def read_request(document: SignedDocument) -> Request:
    """The request of a document. Raises LancangError MESSAGE_MALFORMED naming the field."""
    read = Reader(document.said, "request")
    read.number("format", FORMAT)
    request = Request(
        alliance=_id(read, "alliance"),
        requester=_id(read, "requester"),
        owner=_id(read, "owner"),
        request_id=read.hex("request_id", REQUEST_ID_BYTES),
        roster_version=read.number("roster_version", 2**32 - 1),
        officer=_id(read, "officer"),
        purpose=_id(read, "purpose"),
        case=read.hex("case", 16),
        character=choice(Character, read.text("character", _LONGEST_ID), "request.character"),
        legal_basis=_words(read, "legal_basis", LONGEST_BASIS),
        necessity=_words(read, "necessity", LONGEST_NECESSITY),
        urgency=choice(Urgency, read.text("urgency", _LONGEST_ID), "request.urgency"),
        fields=read_fields(read.list("fields", len(Field)), "request.fields"),
        told=read.text("told", LONGEST_TOLD).encode(),
        proof=_proof(read.object("proof")),
        made_ms=read.number("made_ms", LATEST_MS),
        expires_ms=read.number("expires_ms", LATEST_MS),
    )
    read.finish()
    return request


def _proof(said: dict[str, Any]) -> Proof:
    read = Reader(said, "request.proof")
    opened = []
    for each in read.list("opened", MOST_OPENED):
        if not isinstance(each, list) or len(each) != 3:
            raise malformed("request.proof.opened: a position, a kind and a blind expected")
        item = Reader(dict(zip(("position", "kind", "blind"), each, strict=True)), "request.proof.opened")
        opened.append(Opened(item.number("position", 255), item.number("kind", 255), item.hex("blind", 32)))
    proof = Proof(read.number("epoch", 2**32 - 1), read.hex("ask_id", 32), read.hex("tag", TAG_BYTES), tuple(opened))
    read.finish()
    return proof


def handling_document(handling: Handling) -> dict[str, Any]:
    """The conditions as they are signed and shown."""
    return {
        "code": handling.code.value,
        "source": handling.source.value,
        "certainty": handling.certainty.value,
        "uses": list(handling.uses),
        "onward": handling.onward.value,
        "retain_until_ms": handling.retain_until_ms,
        "words": handling.words,
    }


def read_handling(said: dict[str, Any], where: str) -> Handling:
    """The conditions of a document. Raises LancangError MESSAGE_MALFORMED."""
    read = Reader(said, where)
    uses = read.list("uses", _MOST_USES)
    if not all(isinstance(use, str) and len(use) <= _LONGEST_ID for use in uses):
        raise malformed(f"{where}.uses: purposes expected")
    handling = Handling(
        code=choice(HandlingCode, read.text("code", 8), f"{where}.code"),
        source=choice(Source, read.text("source", 8), f"{where}.source"),
        certainty=choice(Certainty, read.text("certainty", 8), f"{where}.certainty"),
        uses=tuple(uses),
        onward=choice(Onward, read.text("onward", 16), f"{where}.onward"),
        retain_until_ms=read.number("retain_until_ms", LATEST_MS),
        words=_words(read, "words", LONGEST_WORDS),
    )
    read.finish()
    return handling


def reply_signed_bytes(request: bytes, box: bytes, handling: Handling, roster_version: int) -> bytes:
    """ "lancang/1/reply" || hash of request || hash of box || lp(handling) || u64 roster version (protocol.md 9)."""
    conditions = rfc8785.dumps(handling_document(handling))
    return REPLY.encode() + request + hashlib.sha256(box).digest() + lp(conditions) + u64(roster_version)


def reply_document(reply: Reply) -> bytes:
    """The reply as it travels and is kept."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "alliance": reply.alliance,
        "owner": reply.owner,
        "requester": reply.requester,
        "request_id": reply.request_id.hex(),
        "request": reply.request.hex(),
        "roster_version": reply.roster_version,
        "handling": handling_document(reply.handling),
        "box": to_base64(reply.box),
        "made_ms": reply.made_ms,
    }
    return SignedDocument(said, rfc8785.dumps(said), reply.signature).encode()


def read_reply(data: bytes) -> Reply:
    """The reply of a letter, unverified. Raises LancangError MESSAGE_MALFORMED, INPUT_TOO_LARGE."""
    document = read_document(data)
    read = Reader(document.said, "reply")
    read.number("format", FORMAT)
    reply = Reply(
        alliance=_id(read, "alliance"),
        owner=_id(read, "owner"),
        requester=_id(read, "requester"),
        request_id=read.hex("request_id", REQUEST_ID_BYTES),
        request=read.hex("request", 32),
        roster_version=read.number("roster_version", 2**32 - 1),
        handling=read_handling(read.object("handling"), "reply.handling"),
        box=read.binary("box", LONGEST_BOX),
        made_ms=read.number("made_ms", LATEST_MS),
        signature=document.signature,
    )
    read.finish()
    return reply


def verify_reply(reply: Reply, owner_key: bytes) -> None:
    """Check the owner's signature over request, box, conditions and roster version. Raises SIGNATURE_WRONG."""
    verify(
        owner_key, reply_signed_bytes(reply.request, reply.box, reply.handling, reply.roster_version), reply.signature
    )


def sign_refusal(refusal: Refusal, key: SigningKey) -> SignedDocument:
    """The refusal's document, signed by the owner's roster key."""
    return sign_document(
        REFUSAL,
        {
            "format": FORMAT,
            "alliance": refusal.alliance,
            "owner": refusal.owner,
            "requester": refusal.requester,
            "request_id": refusal.request_id.hex(),
            "request": refusal.request.hex(),
            "ground": refusal.ground.value,
            "made_ms": refusal.made_ms,
            "decision": refusal.decision,
        },
        key,
    )


def read_refusal(document: SignedDocument) -> Refusal:
    """The refusal of a document. Raises LancangError MESSAGE_MALFORMED."""
    read = Reader(document.said, "refusal")
    read.number("format", FORMAT)
    refusal = Refusal(
        alliance=_id(read, "alliance"),
        owner=_id(read, "owner"),
        requester=_id(read, "requester"),
        request_id=read.hex("request_id", REQUEST_ID_BYTES),
        request=read.hex("request", 32),
        ground=choice(Ground, read.text("ground", _LONGEST_ID), "refusal.ground"),
        made_ms=read.number("made_ms", LATEST_MS),
        decision=read.object("decision"),
    )
    read.finish()
    return refusal


def read_fields(said: Iterable[Any], where: str) -> tuple[Field, ...]:
    """Fields of a document: at least one, each once."""
    found = tuple(choice(Field, each, where) for each in said)
    if not found or len(set(found)) != len(found):
        raise malformed(f"{where}: at least one field, and none twice")
    return found


def choice(kind: type[E], value: Any, where: str) -> E:
    """The value of a closed list. Raises LancangError MESSAGE_MALFORMED."""
    try:
        return kind(value)
    except ValueError:
        raise malformed(f"{where}: one of {', '.join(each.value for each in kind)} expected") from None


def _id(read: Reader, name: str) -> str:
    """A short name in plain ASCII."""
    value = read.text(name, _LONGEST_ID)
    if not value or not _PLAIN.fullmatch(value):
        raise malformed(f"{name}: a short name in plain ASCII expected")
    return value


def _words(read: Reader, name: str, longest: int) -> str:
    """A person's words: no control characters but the newline."""
    value = read.text(name, longest)
    if any(not character.isprintable() and character != "\n" for character in value):
        raise malformed(f"{name}: holds characters that can't be printed")
    return value
