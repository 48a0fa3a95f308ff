"""The documents of passing on <-> model: what is asked, what an officer signs, what the owner answers (protocol.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.exchange.disclosure import FORMAT, choice
from node.exchange.documents import Reader, SignedDocument, canonical_object, malformed, sign_document, to_base64
from node.exchange.officer_signature import officer_sign, officer_verify
from node.model.disclosure import Ground, Verdict
from node.model.encoding import LATEST_MS
from node.model.onward import LONGEST_REASON, ONWARD_ID_BYTES, OnwardDecision, OnwardRequest, SignedOnwardDecision

REQUEST: Final = "lancang/1/onward"
DECISION: Final = "lancang/1/onward-decision"
ANSWER: Final = "lancang/1/onward-answer"
_LONGEST_ID: Final = 64
_MOST_DECISIONS: Final = 2


@dataclass(frozen=True, slots=True, repr=False)
class OnwardAnswer:
    """What the owner answers. onward: SHA-256 of what was asked; decisions: two for a grant, one for a refusal."""

    alliance: str
    owner: str
    requester: str
    onward_id: bytes
    onward: bytes
    verdict: Verdict
    decisions: tuple[SignedOnwardDecision, ...]
    made_ms: int


def sign_onward(asked: OnwardRequest, key: SigningKey) -> SignedDocument:
    """The request's document, signed by the requester's roster key."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "alliance": asked.alliance,
        "requester": asked.requester,
        "owner": asked.owner,
        "onward_id": asked.onward_id.hex(),
        "request": asked.request.hex(),
        "to": asked.to,
        "reason": asked.reason,
        "officer": asked.officer,
        "made_ms": asked.made_ms,
    }
    return sign_document(REQUEST, said, key)


def read_onward(document: SignedDocument) -> OnwardRequest:
    """The request of a document, unverified. Raises LancangError MESSAGE_MALFORMED naming the field."""
    read = Reader(document.said, "onward")
    read.number("format", FORMAT)
    asked = OnwardRequest(
        alliance=read.text("alliance", _LONGEST_ID),
        requester=read.text("requester", _LONGEST_ID),
        owner=read.text("owner", _LONGEST_ID),
        onward_id=read.hex("onward_id", ONWARD_ID_BYTES),
        request=read.hex("request", 32),
        to=read.text("to", _LONGEST_ID),
        reason=read.text("reason", LONGEST_REASON),
        officer=read.text("officer", _LONGEST_ID),
        made_ms=read.number("made_ms", LATEST_MS),
    )
    read.finish()
    if any(not character.isprintable() and character != "\n" for character in asked.reason):
        raise malformed("onward.reason: holds characters that can't be printed")
    return asked


def sign_onward_decision(made: OnwardDecision, private_key_pem: bytes, certificate: bytes) -> SignedOnwardDecision:
    """Sign as an officer. private_key_pem: PKCS #8; certificate: DER. Raises LancangError PEER_CERTIFICATE."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "alliance": made.alliance,
        "owner": made.owner,
        "requester": made.requester,
        "onward": made.onward.hex(),
        "officer": made.officer,
        "verdict": made.verdict.value,
        "made_ms": made.made_ms,
    }
    if made.ground is not None:
        said["ground"] = made.ground.value
    document = rfc8785.dumps(said)
    return SignedOnwardDecision(made, document, officer_sign(DECISION, document, private_key_pem), certificate)


def verify_onward_decision(document: bytes, signature: bytes, certificate: bytes) -> SignedOnwardDecision:
    """Check that the holder of a certificate (DER) signed these canonical bytes. Whose it is, is checked elsewhere.

    Raises LancangError DECISION_WRONG, MESSAGE_MALFORMED.
    """
    officer_verify(DECISION, document, signature, certificate)
    read = Reader(canonical_object(document, "decision"), "decision")
    read.number("format", FORMAT)
    verdict = choice(Verdict, read.text("verdict", 16), "decision.verdict")
    refuses = verdict is Verdict.REFUSE
    made = OnwardDecision(
        alliance=read.text("alliance", _LONGEST_ID),
        owner=read.text("owner", _LONGEST_ID),
        requester=read.text("requester", _LONGEST_ID),
        onward=read.hex("onward", 32),
        officer=read.text("officer", _LONGEST_ID),
        verdict=verdict,
        made_ms=read.number("made_ms", LATEST_MS),
        ground=choice(Ground, read.text("ground", _LONGEST_ID), "decision.ground") if refuses else None,
    )
    read.finish()
    return SignedOnwardDecision(made, document, signature, certificate)


def decision_travels(signed: SignedOnwardDecision) -> dict[str, Any]:
    """A signed decision as it travels and is kept."""
    return {
        "decision": signed.document.decode(),
        "signature": to_base64(signed.signature),
        "certificate": to_base64(signed.certificate),
    }


def read_travelled(said: Any) -> SignedOnwardDecision:
    """Read what decision_travels wrote, and check its signature. Raises DECISION_WRONG, MESSAGE_MALFORMED."""
    if not isinstance(said, dict):
        raise malformed("decision: an object expected")
    read = Reader(said, "decision")
    document = read.text("decision", 4_096).encode()
    signature, certificate = read.binary("signature", 128), read.binary("certificate", 8_192)
    read.finish()
    return verify_onward_decision(document, signature, certificate)


def sign_answer(answer: OnwardAnswer, key: SigningKey) -> SignedDocument:
    """The answer's document, signed by the owner's roster key."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "alliance": answer.alliance,
        "owner": answer.owner,
        "requester": answer.requester,
        "onward_id": answer.onward_id.hex(),
        "onward": answer.onward.hex(),
        "verdict": answer.verdict.value,
        "decisions": [decision_travels(each) for each in answer.decisions],
        "made_ms": answer.made_ms,
    }
    return sign_document(ANSWER, said, key)


def read_answer(document: SignedDocument) -> OnwardAnswer:
    """The answer of a document; its own signature is unverified. Raises MESSAGE_MALFORMED, DECISION_WRONG."""
    read = Reader(document.said, "answer")
    read.number("format", FORMAT)
    answer = OnwardAnswer(
        alliance=read.text("alliance", _LONGEST_ID),
        owner=read.text("owner", _LONGEST_ID),
        requester=read.text("requester", _LONGEST_ID),
        onward_id=read.hex("onward_id", ONWARD_ID_BYTES),
        onward=read.hex("onward", 32),
        verdict=choice(Verdict, read.text("verdict", 16), "answer.verdict"),
        decisions=tuple(read_travelled(each) for each in read.list("decisions", _MOST_DECISIONS)),
        made_ms=read.number("made_ms", LATEST_MS),
    )
    read.finish()
    wanted = _MOST_DECISIONS if answer.verdict is Verdict.APPROVE else 1
    if len(answer.decisions) != wanted or len({each.decision.officer for each in answer.decisions}) != wanted:
        raise LancangError(Code.REPLY_WRONG, f"it needs the decisions of {wanted} officers")
    return answer
