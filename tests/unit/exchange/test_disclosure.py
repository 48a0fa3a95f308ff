"""Documents of a disclosure survive the wire, and nothing in them can be changed unseen."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.exchange.decision import (
    content_document,
    content_hash,
    read_decision,
    read_signed,
    sign_decision,
    signed_document,
    verify_decision,
)
from node.exchange.disclosure import (
    REFUSAL,
    REQUEST,
    Refusal,
    Reply,
    read_refusal,
    read_reply,
    read_request,
    reply_document,
    reply_signed_bytes,
    sign_refusal,
    sign_request,
    verify_reply,
)
from node.exchange.documents import MOST_DOCUMENT_BYTES, read_document, verify_document
from node.model.disclosure import (
    Certainty,
    Character,
    Decision,
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
    Verdict,
)

KEY, OTHER_KEY = SigningKey(b"\x05" * 32), SigningKey(b"\x06" * 32)
NOW = 1_800_000_000_000
PROOF = Proof(3, b"a" * 32, b"t" * 7, (Opened(4, 20, b"\x01" * 32), Opened(9, 21, b"\x02" * 32)))
REQUEST_SENT = Request(
    alliance="mekong",
    requester="cn",
    owner="th",
    request_id=b"r" * 16,
    roster_version=2,
    officer="ab12",
    purpose="telecom-fraud",
    case=b"c" * 16,
    character=Character.ORDINARY,
    legal_basis="Treaty, article 4",
    necessity="to know who\nthe held person is (ชื่อ)",
    urgency=Urgency.URGENT,
    fields=(Field.NAMES, Field.DOCUMENTS),
    told=b'{"names": [{"text": "Somchai"}]}',
    proof=PROOF,
    made_ms=NOW,
    expires_ms=NOW + 1,
)
HANDLING = Handling(
    HandlingCode.H1, Source.B, Certainty.SEEN, ("telecom-fraud",), Onward.ASK, NOW + 5, "call before use"
)
REPLY = Reply("mekong", "th", "cn", b"r" * 16, b"q" * 32, 2, HANDLING, b"box", NOW, b"")


def _officer() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "analyst")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, certificate.public_bytes(Encoding.DER)


PEM, CERTIFICATE = _officer()
APPROVAL = Decision(
    "mekong", "th", "cn", b"q" * 32, "analyst", Verdict.APPROVE, NOW, (Field.NAMES,), b"h" * 32, HANDLING
)
REFUSED = Decision("mekong", "th", "cn", b"q" * 32, "analyst", Verdict.REFUSE, NOW, ground=Ground.VICTIM)


def _code(problem: pytest.ExceptionInfo[LancangError]) -> Code:
    return problem.value.code


def test_a_request_survives_the_wire() -> None:
    document = read_document(sign_request(REQUEST_SENT, KEY).encode())
    verify_document(REQUEST, document, KEY.public)
    assert read_request(document) == REQUEST_SENT


@given(st.data())
def test_a_request_changed_in_any_place_is_refused(data: st.DataObject) -> None:
    sent = sign_request(REQUEST_SENT, KEY).encode()
    place = data.draw(st.integers(0, len(sent) - 1))
    changed = bytearray(sent)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        document = read_document(bytes(changed))
        verify_document(REQUEST, document, KEY.public)
    except LancangError as problem:
        assert problem.code in {Code.MESSAGE_MALFORMED, Code.SIGNATURE_WRONG}  # noqa: PT017 - it may also pass
    else:
        # Outside the signed words only spaces and the form of a character can differ.
        assert read_request(document) == REQUEST_SENT


@pytest.mark.parametrize("name", sorted(sign_request(REQUEST_SENT, KEY).said))
def test_a_request_without_one_of_its_words_is_refused_by_name(name: str) -> None:
    document = sign_request(REQUEST_SENT, KEY)
    said = {key: value for key, value in document.said.items() if key != name}
    with pytest.raises(LancangError, match=name) as refused:
        read_request(dataclasses.replace(document, said=said))
    assert _code(refused) is Code.MESSAGE_MALFORMED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("urgency", "at-once"),
        ("fields", []),
        ("fields", ["names", "names"]),
        ("fields", ["password"]),
        ("case", "00"),
        ("necessity", "x" * 2_001),
        ("necessity", "a\x1b[31m"),
        ("made_ms", -1),
        ("made_ms", True),
        ("unknown", 1),
    ],
)
def test_words_that_no_request_may_hold_are_refused_by_name(name: str, value: object) -> None:
    document = sign_request(REQUEST_SENT, KEY)
    with pytest.raises(LancangError, match=name) as refused:
        read_request(dataclasses.replace(document, said={**document.said, name: value}))
    assert _code(refused) is Code.MESSAGE_MALFORMED


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"said": 1, "signature": ""}', b"\xff", b"[" * 5_000])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(LancangError) as refused:
        read_document(data)
    assert _code(refused) is Code.MESSAGE_MALFORMED


def test_a_document_beyond_its_bound_is_not_parsed() -> None:
    with pytest.raises(LancangError) as refused:
        read_document(b" " * (MOST_DOCUMENT_BYTES + 1))
    assert _code(refused) is Code.INPUT_TOO_LARGE


def test_a_signature_for_one_kind_of_document_is_none_for_another() -> None:
    with pytest.raises(LancangError) as refused:
        verify_document(REFUSAL, sign_request(REQUEST_SENT, KEY), KEY.public)
    assert _code(refused) is Code.SIGNATURE_WRONG


def _signed_reply() -> Reply:
    signed = reply_signed_bytes(REPLY.request, REPLY.box, REPLY.handling, REPLY.roster_version)
    return dataclasses.replace(REPLY, signature=KEY.sign(signed))


def test_a_reply_survives_the_wire() -> None:
    reply = read_reply(reply_document(_signed_reply()))
    verify_reply(reply, KEY.public)
    assert reply == _signed_reply()


@pytest.mark.parametrize(
    "changed",
    [
        {"request": b"o" * 32},
        {"box": b"another box"},
        {"roster_version": 3},
        {"handling": dataclasses.replace(HANDLING, code=HandlingCode.H0)},
        {"handling": dataclasses.replace(HANDLING, onward=Onward.NEVER)},
        {"handling": dataclasses.replace(HANDLING, uses=("money-laundering",))},
        {"handling": dataclasses.replace(HANDLING, retain_until_ms=NOW + 6)},
        {"handling": dataclasses.replace(HANDLING, words="")},
    ],
)
def test_a_reply_with_anything_changed_is_refused(changed: dict[str, Any]) -> None:
    reply = read_reply(reply_document(dataclasses.replace(_signed_reply(), **changed)))
    with pytest.raises(LancangError) as refused:
        verify_reply(reply, KEY.public)
    assert _code(refused) is Code.SIGNATURE_WRONG


def test_a_refusal_survives_the_wire_with_the_officers_decision() -> None:
    signed = sign_decision(REFUSED, PEM, CERTIFICATE)
    refusal = Refusal("mekong", "th", "cn", b"r" * 16, b"q" * 32, Ground.VICTIM, NOW, signed_document(signed))
    document = read_document(sign_refusal(refusal, KEY).encode())
    verify_document(REFUSAL, document, KEY.public)
    found = read_refusal(document)
    assert found == refusal
    assert read_signed(found.decision).decision == REFUSED


@pytest.mark.parametrize("decision", [APPROVAL, REFUSED], ids=["approval", "refusal"])
def test_a_decision_is_what_the_officer_signed(decision: Decision) -> None:
    signed = sign_decision(decision, PEM, CERTIFICATE)
    assert verify_decision(signed.document, signed.signature, CERTIFICATE).decision == decision


@pytest.mark.parametrize(
    "changed",
    [
        {"fields": (Field.NAMES, Field.PHONES)},
        {"content": b"i" * 32},
        {"request": b"p" * 32},
        {"officer": "approver"},
        {"handling": dataclasses.replace(HANDLING, code=HandlingCode.H0)},
        {"made_ms": NOW + 1},
    ],
)
def test_an_approval_can_not_be_changed_by_who_holds_the_node(changed: dict[str, Any]) -> None:
    signed = sign_decision(APPROVAL, PEM, CERTIFICATE)
    other_pem, other_certificate = _officer()
    forged = sign_decision(dataclasses.replace(APPROVAL, **changed), other_pem, other_certificate)
    for signature in (signed.signature, forged.signature):
        with pytest.raises(LancangError) as refused:
            verify_decision(forged.document, signature, CERTIFICATE)
        assert _code(refused) is Code.DECISION_WRONG


def test_a_decision_has_one_form() -> None:
    document = sign_decision(APPROVAL, PEM, CERTIFICATE).document
    with pytest.raises(LancangError) as refused:
        read_decision(json.dumps(json.loads(document)).encode())
    assert _code(refused) is Code.MESSAGE_MALFORMED


def test_what_is_given_holds_the_category_and_only_the_fields_named() -> None:
    record = {"record_id": "TH-1", "names": [{"text": "A"}], "phones": ["+66812345678"], "category": "victim"}
    content = content_document(record, (Field.NAMES, Field.DOCUMENTS), b"s" * 32, minor=True)
    assert content["category"] == "victim"
    assert content["minor"]
    assert content["fields"] == {"names": [{"text": "A"}]}
    assert content_hash(content) != content_hash(content_document(record, (Field.NAMES,), b"z" * 32, minor=True))
