"""A proof of match opens what one paid ask really held, and nothing else (protocol.md 8)."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.person import person_from_json
from matcher.tokens import Token, kind_by_number, query_tokens, record_tokens
from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.exchange.ask import address
from node.exchange.prepared import prepare_ask
from node.exchange.proof import check_same_ask, check_sufficient, shared_tokens, weigh
from node.model.ask import Ask
from node.model.disclosure import Opened, Proof
from tests.unit.exchange.builders import SCOPE, seeded

REQUESTER = SigningKey(b"\x01" * 32)
CASE = b"c" * 16
TAG = b"t" * 7
SUBJECT = {"query_id": "q", "names": [{"text": "Somchai Jaidee"}], "birth_date": "1990-03-07"}
RECORD = {"record_id": "r", "names": [{"text": "สมชาย ใจดี"}], "birth_date": "1990-03-07"}
OTHER = {"record_id": "s", "names": [{"text": "Nguyễn Văn An"}], "birth_date": "1971-11-30"}


def _tokens(line: Mapping[str, object]) -> tuple[Token, ...]:
    return record_tokens(person_from_json(line, id_key="record_id", today=datetime.date(2026, 1, 1))[1])


PREPARED = prepare_ask(query_tokens(person_from_json(SUBJECT, id_key="query_id")[1]), 64, b"{}", seeded(3))
ASK = address(PREPARED, scope=SCOPE, purpose="telecom-fraud", case=CASE, signing_key=REQUESTER, officer="o")
TOKENS = _tokens(RECORD)


def _proof() -> Proof:
    """What an honest requester opens: the positions whose tokens the record has."""
    held = {(token.kind, token.value) for token in TOKENS}
    opened = [
        Opened(position, kind, PREPARED.blind(position))
        for position, kind in PREPARED.kinds.items()
        if any(PREPARED.inputs[position].endswith(value.encode()) for held_kind, value in held if held_kind == kind)
    ]
    return Proof(SCOPE.epoch, ASK.ask_id, TAG, tuple(opened))


PROOF = _proof()


def _refusal(proof: Proof, tokens: tuple[Token, ...] = TOKENS) -> Code:
    with pytest.raises(LancangError) as refused:
        shared_tokens(proof, ASK, tokens)
    return refused.value.code


def test_an_honest_proof_opens_tokens_of_the_record_across_scripts() -> None:
    shared = shared_tokens(PROOF, ASK, TOKENS)
    assert len(shared) == len(PROOF.opened) >= 4
    assert any(kind_by_number(token.kind).beyond_name for token in shared)


def test_the_same_proof_opens_nothing_of_another_record() -> None:
    assert _refusal(PROOF, _tokens(OTHER)) is Code.PROOF_OF_MATCH


@given(st.data())
def test_an_altered_position_kind_or_blind_is_refused(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(PROOF.opened) - 1))
    one = PROOF.opened[place]
    blind = bytearray(one.blind)
    blind[data.draw(st.integers(0, 31))] ^= data.draw(st.integers(1, 255))
    altered = data.draw(
        st.sampled_from(
            [
                dataclasses.replace(one, position=(one.position + 1) % 64),
                dataclasses.replace(one, position=200),
                dataclasses.replace(one, kind=one.kind + 1),
                dataclasses.replace(one, blind=bytes(blind)),
                dataclasses.replace(one, blind=bytes(32)),
                dataclasses.replace(one, blind=b"\xff" * 32),
                dataclasses.replace(one, blind=b""),
            ]
        )
    )
    opened = (*PROOF.opened[:place], altered, *PROOF.opened[place + 1 :])
    assert _refusal(dataclasses.replace(PROOF, opened=opened)) is Code.PROOF_OF_MATCH


def test_no_position_and_one_position_twice_are_refused() -> None:
    assert _refusal(dataclasses.replace(PROOF, opened=())) is Code.PROOF_OF_MATCH
    assert _refusal(dataclasses.replace(PROOF, opened=PROOF.opened[:1] * 2)) is Code.PROOF_OF_MATCH


def test_one_token_counts_once_though_it_was_asked_twice() -> None:
    token = TOKENS[0]
    elements = (ASK.elements[PROOF.opened[0].position],) * 2
    twice = dataclasses.replace(ASK, elements=elements)
    one = PROOF.opened[0]
    opened = (dataclasses.replace(one, position=0), dataclasses.replace(one, position=1))
    with pytest.raises(LancangError) as refused:
        shared_tokens(dataclasses.replace(PROOF, opened=opened), twice, TOKENS)
    assert refused.value.code is Code.PROOF_OF_MATCH
    assert token in TOKENS


@pytest.mark.parametrize(
    "altered",
    [
        {"requester": "vn"},
        {"purpose": "money-laundering"},
        {"case": b"d" * 16},
        {"ask": dataclasses.replace(ASK, ask_id=b"i" * 32)},
        {"proof": dataclasses.replace(PROOF, epoch=SCOPE.epoch + 1)},
    ],
    ids=["requester", "purpose", "case", "another ask", "epoch"],
)
def test_a_proof_is_bound_to_requester_purpose_case_ask_and_epoch(altered: dict[str, object]) -> None:
    terms = {"requester": SCOPE.audience, "purpose": "telecom-fraud", "case": CASE, "ask": ASK, "proof": PROOF}
    _check(terms)
    with pytest.raises(LancangError) as refused:
        _check(terms | altered)
    assert refused.value.code is Code.PROOF_OF_MATCH


def test_an_ask_whose_elements_are_erased_has_expired_and_is_no_forgery() -> None:
    terms = {"requester": SCOPE.audience, "purpose": "telecom-fraud", "case": CASE, "proof": PROOF}
    with pytest.raises(LancangError) as refused:
        _check(terms | {"ask": dataclasses.replace(ASK, elements=())})
    assert refused.value.code is Code.REQUEST_EXPIRED


def _check(terms: dict[str, object]) -> None:
    proof, ask = terms["proof"], terms["ask"]
    assert isinstance(proof, Proof)
    assert isinstance(ask, Ask)
    check_same_ask(
        proof,
        ask,
        requester=str(terms["requester"]),
        purpose=str(terms["purpose"]),
        case=bytes(terms["case"]),  # type: ignore[call-overload]
    )


def test_a_name_alone_opens_no_disclosure_however_rare_it_is() -> None:
    names = {token: 1 for token in TOKENS if not kind_by_number(token.kind).beyond_name}
    assert names
    with pytest.raises(LancangError) as refused:
        check_sufficient(names, 1_000_000.0, 1 << 16, 1)
    assert refused.value.code is Code.PROOF_INSUFFICIENT


def test_what_many_records_share_proves_too_little() -> None:
    shared = shared_tokens(PROOF, ASK, TOKENS)
    check_sufficient(dict.fromkeys(shared, 1), 1_000.0, 1 << 16, 12)
    with pytest.raises(LancangError) as refused:
        check_sufficient(dict.fromkeys(shared, 256), 1_000.0, 1 << 16, 12)
    assert refused.value.code is Code.PROOF_INSUFFICIENT


def test_more_tokens_of_the_same_evidence_do_not_add_up() -> None:
    shared = shared_tokens(PROOF, ASK, TOKENS)
    counts = dict.fromkeys(shared, 1)
    assert weigh(counts, 1_000.0, 1 << 16) == max(weigh({token: 1}, 1_000.0, 1 << 16) for token in shared)
