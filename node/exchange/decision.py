"""An officer's decision on a disclosure: what he signs with his own key, and how anybody checks it.

The signature is made where the officer is (the command line), over bytes computed there from what is shown to him:
whoever holds the node alone can't forge an approval. ECDSA P-256 with SHA-256 over "lancang/1/decision" || canonical
JSON (RFC 8785), DER.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

import rfc8785

from node.errors import Code, LancangError
from node.exchange.disclosure import FORMAT, choice, handling_document, read_fields, read_handling
from node.exchange.documents import Reader, canonical_object, to_base64
from node.exchange.officer_signature import officer_sign, officer_verify
from node.model.disclosure import Decision, Field, Ground, SignedDecision, Verdict
from node.model.encoding import LATEST_MS

DECISION: Final = "lancang/1/decision"
SALT_BYTES: Final = 32
_MOST_SIGNATURE: Final = 128
_MOST_CERTIFICATE: Final = 8_192


def content_document(record: dict[str, Any], fields: tuple[Field, ...], salt: bytes, *, minor: bool) -> dict[str, Any]:
    """What a record's fields are, as they are shown, approved and given. record: its line.

    Category, and whether the person is a minor, always travel with them. The salt keeps the hash that officers sign
    from being guessed.
    """
    given = {each.value: record[each.value] for each in Field if each in fields and each.value in record}
    category = record.get("category", "unknown")
    return {"salt": salt.hex(), "category": category, "minor": minor, "fields": given}


def content_hash(content: dict[str, Any]) -> bytes:
    """SHA-256 of the canonical JSON of what is given."""
    return hashlib.sha256(rfc8785.dumps(content)).digest()


def decision_document(decision: Decision) -> dict[str, Any]:
    """A decision as it is signed."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "alliance": decision.alliance,
        "owner": decision.owner,
        "requester": decision.requester,
        "request": decision.request.hex(),
        "officer": decision.officer,
        "verdict": decision.verdict.value,
        "made_ms": decision.made_ms,
    }
    if decision.verdict is Verdict.APPROVE and decision.handling is not None:
        said["fields"] = [each.value for each in decision.fields]
        said["content"] = decision.content.hex()
        said["handling"] = handling_document(decision.handling)
    elif decision.verdict is Verdict.REFUSE and decision.ground is not None:
        said["ground"] = decision.ground.value
    return said


def sign_decision(decision: Decision, private_key_pem: bytes, certificate: bytes) -> SignedDecision:
    """Sign as an officer. private_key_pem: PKCS #8; certificate: DER. Raises LancangError PEER_CERTIFICATE."""
    document = rfc8785.dumps(decision_document(decision))
    return SignedDecision(decision, document, officer_sign(DECISION, document, private_key_pem), certificate)


def read_decision(document: bytes) -> Decision:
    """The decision of canonical bytes. Raises LancangError MESSAGE_MALFORMED, also if they are not canonical."""
    read = Reader(canonical_object(document, "decision"), "decision")
    read.number("format", FORMAT)
    verdict = choice(Verdict, read.text("verdict", 16), "decision.verdict")
    approves = verdict is Verdict.APPROVE
    decision = Decision(
        alliance=read.text("alliance", 64),
        owner=read.text("owner", 64),
        requester=read.text("requester", 64),
        request=read.hex("request", 32),
        officer=read.text("officer", 64),
        verdict=verdict,
        made_ms=read.number("made_ms", LATEST_MS),
        fields=read_fields(read.list("fields", len(Field)), "decision.fields") if approves else (),
        content=read.hex("content", 32) if approves else b"",
        handling=read_handling(read.object("handling"), "decision.handling") if approves else None,
        ground=choice(Ground, read.text("ground", 64), "decision.ground") if verdict is Verdict.REFUSE else None,
    )
    read.finish()
    return decision


def verify_decision(document: bytes, signature: bytes, certificate: bytes) -> SignedDecision:
    """Check that the holder of a certificate (DER) signed these canonical bytes. Whose it is, is checked elsewhere.

    Raises LancangError DECISION_WRONG, MESSAGE_MALFORMED.
    """
    officer_verify(DECISION, document, signature, certificate)
    return SignedDecision(read_decision(document), document, signature, certificate)


def signed_document(signed: SignedDecision) -> dict[str, Any]:
    """A signed decision as it travels."""
    return {
        "decision": signed.document.decode(),
        "signature": to_base64(signed.signature),
        "certificate": to_base64(signed.certificate),
    }


def read_signed(said: dict[str, Any]) -> SignedDecision:
    """Read what signed_document wrote, and check its signature. Raises DECISION_WRONG, MESSAGE_MALFORMED."""
    read = Reader(said, "decision")
    document = read.text("decision", 16_384).encode()
    signature = read.binary("signature", _MOST_SIGNATURE)
    certificate = read.binary("certificate", _MOST_CERTIFICATE)
    read.finish()
    return verify_decision(document, signature, certificate)


def encode_signed(signed: SignedDecision) -> bytes:
    """A signed decision as it is kept."""
    return json.dumps(signed_document(signed), ensure_ascii=False).encode()


def decode_signed(data: bytes) -> SignedDecision:
    """Read what encode_signed wrote. Raises LancangError STORAGE_DAMAGED."""
    try:
        return read_signed(json.loads(data))
    except (ValueError, TypeError, LancangError) as problem:
        raise LancangError(Code.STORAGE_DAMAGED, "disclosure.decision") from problem
