"""An ask between requester and owner: addressed, checked, answered, opened (protocol.md 5).

Whatever is wrong is refused whole: an owner evaluates nothing of an ask with one bad element, and a requester learns
nothing from an answer whose signature, key or proof does not hold.
"""

from __future__ import annotations

import dataclasses
from hmac import compare_digest
from typing import Final

from node.crypto.hashing import blake
from node.crypto.signing import SigningKey, verify
from node.crypto.voprf import (
    ELEMENT_BYTES,
    PROOF_BYTES,
    KeyPair,
    VoprfError,
    blind_evaluate_batch,
    unblind_inverted,
    verify_batch,
)
from node.errors import Code, LancangError
from node.exchange.prepared import SEARCH_ID_BYTES, PreparedSearch
from node.model.ask import Ask, AskAnswer
from node.model.encoding import lp
from node.model.scope import Scope

COMMIT_BYTES: Final = 32
LONGEST_NAME: Final = 255
"""Bytes of a purpose or a case handle."""


def address(
    prepared: PreparedSearch, *, scope: Scope, purpose: str, case: bytes, signing_key: SigningKey, officer: str,
    act_salt: bytes = b"",
) -> Ask:  # fmt: skip
    """Sign a prepared search to one owner. case: this owner's handle; officer, act_salt: as in Ask, not signed."""
    unsigned = Ask(
        scope=scope,
        search_id=prepared.search_id,
        purpose=purpose,
        case=case,
        commit=prepared.commit,
        elements=prepared.elements,
        ask_id=b"",
        signature=b"",
        officer=officer,
        act_salt=act_salt,
    )
    ask_id = ask_identity(unsigned)
    return dataclasses.replace(unsigned, ask_id=ask_id, signature=signing_key.sign(ask_id))


def ask_identity(ask: Ask) -> bytes:
    """ask_id, from everything that the ask says but its officer."""
    said = ask.scope.encode() + ask.search_id + lp(ask.purpose) + lp(ask.case) + ask.commit + b"".join(ask.elements)
    return blake("lancang1.ask", b"", said, 32)


def check_ask(ask: Ask, requester_key: bytes, ask_size: int) -> None:
    """At the owner, before anything is charged: exact sizes, the id, the requester's signature.

    Elements are validated as they are evaluated. Raises LancangError: MESSAGE_MALFORMED, ASK_ALTERED, SIGNATURE_WRONG.
    """
    if len(ask.elements) != ask_size or any(len(element) != ELEMENT_BYTES for element in ask.elements):
        raise LancangError(Code.MESSAGE_MALFORMED, f"an ask has {ask_size} elements of {ELEMENT_BYTES} bytes")
    if len(ask.search_id) != SEARCH_ID_BYTES or len(ask.commit) != COMMIT_BYTES:
        raise LancangError(Code.MESSAGE_MALFORMED, "a search id or a commitment of the wrong length")
    if len(ask.purpose.encode()) > LONGEST_NAME or len(ask.case) > LONGEST_NAME:
        raise LancangError(Code.MESSAGE_MALFORMED, "a purpose or a case handle is too long")
    if not compare_digest(ask_identity(ask), ask.ask_id):
        raise LancangError(Code.ASK_ALTERED)
    verify(requester_key, ask.ask_id, ask.signature)


def answer_ask(ask: Ask, keys: KeyPair, signing_key: SigningKey, ms: int) -> AskAnswer:
    """Evaluate a checked and charged ask, prove it, sign it. About 140 µs an element.

    Raises LancangError(ELEMENT_INVALID) if an element is the identity or not canonical.
    """
    try:
        evaluated, proof = blind_evaluate_batch(keys, ask.elements)
    except VoprfError as error:
        raise LancangError(Code.ELEMENT_INVALID) from error
    unsigned = AskAnswer(ask.ask_id, tuple(evaluated), proof, keys.public, ms, b"")
    return dataclasses.replace(unsigned, signature=signing_key.sign(_signed(unsigned)))


def open_answer(
    prepared: PreparedSearch, ask: Ask, answer: AskAnswer, *, public_key: bytes, owner_key: bytes
) -> dict[int, bytes]:
    """Check an answer and unblind it: for each real position the evaluation y (64 bytes); padding is left blinded.

    public_key: pk of the epoch's statement; owner_key: the owner's signing key in the roster. Raises LancangError:
    MESSAGE_MALFORMED, SIGNATURE_WRONG, EPOCH_CHAIN for another epoch key, PROOF_WRONG; ValueError if ask was not made
    of prepared.
    """
    if ask.elements != prepared.elements:
        raise ValueError("the ask was made of another search")
    if len(answer.evaluated) != len(ask.elements) or any(len(one) != ELEMENT_BYTES for one in answer.evaluated):
        raise LancangError(Code.MESSAGE_MALFORMED, "an answer has as many elements as its ask")
    if len(answer.proof) != PROOF_BYTES:
        raise LancangError(Code.MESSAGE_MALFORMED, f"a proof has {PROOF_BYTES} bytes")
    verify(owner_key, _signed(answer), answer.signature)
    if answer.ask_id != ask.ask_id:
        raise LancangError(Code.PROOF_WRONG, "the answer is to another ask")
    if answer.public_key != public_key:
        raise LancangError(Code.EPOCH_CHAIN, "evaluated under a key that the epoch's statement does not name")
    positions = list(prepared.kinds)
    try:
        verify_batch(public_key, ask.elements, answer.evaluated, answer.proof)
        outputs = unblind_inverted(
            [prepared.inputs[position] for position in positions],
            [prepared.inverses[position] for position in positions],
            [answer.evaluated[position] for position in positions],
        )
    except VoprfError as error:
        raise LancangError(Code.PROOF_WRONG) from error
    return dict(zip(positions, outputs, strict=True))


def _signed(answer: AskAnswer) -> bytes:
    evaluation_hash = blake("lancang1.eval", b"", b"".join(answer.evaluated) + answer.proof, 32)
    return answer.signed_bytes(evaluation_hash)
