"""An ask from subject to evaluations: fixed in size, bound to its owner, refused when altered, proved when answered."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

import pytest

from matcher.tokens import Token
from node.crypto.hashing import blake
from node.crypto.signing import SigningKey
from node.crypto.voprf import Mode, blind_evaluate_batch, blind_with, evaluate, reduce_scalar
from node.errors import Code, LancangError
from node.exchange.ask import address, answer_ask, ask_identity, check_ask, open_answer
from node.exchange.epoch import derive_epoch_keys
from node.exchange.prepared import PreparedSearch, prepare_ask
from node.exchange.token import kind_of, token_bytes
from node.model.ask import Ask, AskAnswer
from node.model.encoding import lp
from node.model.scope import Scope
from tests.unit.exchange.builders import MS, SCOPE, seeded

REQUESTER, OWNER = SigningKey(b"\x01" * 32), SigningKey(b"\x02" * 32)
KEYS = derive_epoch_keys(b"\x03" * 32, "mekong", "th", 3)
OTHER_KEYS = derive_epoch_keys(b"\x04" * 32, "mekong", "th", 3)
SIZE = 8
TOKENS = [Token(1, "somchai"), Token(2, "1990-01-02"), Token(7, "ส้ม")]
SUBJECT = b'{"names":["Somchai"]}'
PREPARED = prepare_ask(TOKENS, SIZE, SUBJECT, seeded(1))


def addressed(prepared: PreparedSearch = PREPARED, *, scope: Scope = SCOPE, case: bytes = b"handle-1") -> Ask:
    return address(
        prepared, scope=scope, purpose="telecom-fraud", case=case, signing_key=REQUESTER, officer="officer-1"
    )


def resigned(ask: Ask) -> Ask:
    """The ask as a requester would sign it who really meant it so."""
    ask_id = ask_identity(ask)
    return dataclasses.replace(ask, ask_id=ask_id, signature=REQUESTER.sign(ask_id))


def sign_again(answer: AskAnswer) -> AskAnswer:
    evaluation_hash = blake("lancang1.eval", b"", b"".join(answer.evaluated) + answer.proof, 32)
    return dataclasses.replace(answer, signature=OWNER.sign(answer.signed_bytes(evaluation_hash)))


def opened(answer: AskAnswer, ask: Ask | None = None) -> dict[int, bytes]:
    return open_answer(PREPARED, ask or addressed(), answer, public_key=KEYS.public, owner_key=OWNER.public)


def refused(act: Callable[[], object]) -> Code:
    with pytest.raises(LancangError) as refusal:
        act()
    return refusal.value.code


def test_the_requester_gets_the_owners_own_evaluations_of_its_tokens_and_no_others() -> None:
    ask = addressed()
    check_ask(ask, REQUESTER.public, SIZE)
    evaluations = opened(answer_ask(ask, KEYS, OWNER, MS))
    assert {PREPARED.inputs[j]: y for j, y in evaluations.items()} == {
        token_bytes(token): evaluate(KEYS, token_bytes(token)) for token in TOKENS
    }


def test_every_ask_has_one_size_whatever_it_holds() -> None:
    for count in (1, 5, SIZE):
        ask = addressed(prepare_ask([Token(1, str(i)) for i in range(count)], SIZE, SUBJECT, seeded(count)))
        assert len(ask.elements) == len(set(ask.elements)) == SIZE
        assert {len(element) for element in ask.elements} == {32}


def test_positions_blinds_and_commitment_are_as_the_protocol_says() -> None:
    for j, (x, element) in enumerate(zip(PREPARED.inputs, PREPARED.elements, strict=True)):
        scalar = reduce_scalar(blake("lancang1.blind", PREPARED.search_seed, j.to_bytes(2, "big"), 64))
        assert PREPARED.blind(j) == scalar
        assert element == blind_with(x, scalar, Mode.VOPRF)
    pads = [x for x in PREPARED.inputs if kind_of(x) is None]
    assert {x[:13] for x in pads} == {b"lancang/1/pad"}
    assert {len(x) for x in pads} == {13 + 32}
    assert len(set(pads)) == SIZE - len(TOKENS)
    assert sorted(PREPARED.kinds.values()) == [1, 2, 7]
    opening = lp(SUBJECT) + b"".join(lp(x) for x in PREPARED.inputs)
    assert PREPARED.commit == blake("lancang1.subject", PREPARED.salt, opening, 32)


def test_real_tokens_stand_anywhere_among_the_padding() -> None:
    counts = [0] * SIZE
    source = seeded(9)
    for _ in range(400):
        only = prepare_ask([Token(1, "a")], SIZE, SUBJECT, source)
        (position,) = only.kinds
        counts[position] += 1
    assert all(20 < count < 85 for count in counts), "50 expected at each of 8 positions, give or take 5 sigmas"


def test_nothing_of_one_search_returns_in_the_next() -> None:
    source = seeded(4)
    first, second = (prepare_ask(TOKENS, SIZE, SUBJECT, source) for _ in range(2))
    assert not set(first.elements) & set(second.elements)
    assert len({first.search_id, second.search_id, first.commit, second.commit, first.salt, second.salt}) == 6
    assert {first.blind(j) for j in range(SIZE)}.isdisjoint({second.blind(j) for j in range(SIZE)})


def test_all_owners_get_the_same_elements_under_their_own_id() -> None:
    here, there = addressed(), addressed(scope=Scope("mekong", "la", "cn", 3), case=b"handle-2")
    assert here.elements == there.elements
    assert here.ask_id != there.ask_id


def test_the_id_is_what_the_protocol_says() -> None:
    ask = addressed()
    said = SCOPE.encode() + ask.search_id + b"\x00\x0dtelecom-fraud" + b"\x00\x08handle-1" + ask.commit
    assert ask.ask_id == blake("lancang1.ask", b"", said + b"".join(ask.elements), 32)
    assert ask.signature == REQUESTER.sign(ask.ask_id)


@pytest.mark.parametrize(
    ("tokens", "subject", "code"),
    [
        ([], SUBJECT, Code.SUBJECT_EMPTY),
        ([Token(1, str(i)) for i in range(SIZE + 1)], SUBJECT, Code.INPUT_TOO_LARGE),
        (TOKENS, bytes(65_536), Code.INPUT_TOO_LARGE),
    ],
    ids=["no token", "too many tokens", "subject too long"],
)
def test_a_subject_that_makes_no_ask_is_refused(tokens: list[Token], subject: bytes, code: Code) -> None:
    assert refused(lambda: prepare_ask(tokens, SIZE, subject, seeded(1))) is code


def test_a_token_given_twice_takes_one_position() -> None:
    assert len(prepare_ask(TOKENS * 2, SIZE, SUBJECT, seeded(1)).kinds) == len(TOKENS)


def test_a_prepared_search_survives_sealing_and_shows_nothing() -> None:
    assert PreparedSearch.decode(PREPARED.encode()) == PREPARED
    shown = repr(PREPARED) + str(PREPARED)
    assert "Somchai" not in shown
    assert PREPARED.search_seed.hex() not in shown
    assert repr(PREPARED.search_seed) not in shown
    for damaged in (b"", PREPARED.encode()[:-1], PREPARED.encode() + b"\0", b"X" + PREPARED.encode()[1:]):
        assert refused(partial(PreparedSearch.decode, damaged)) is Code.STORAGE_DAMAGED


@pytest.mark.parametrize(
    "change",
    [
        {"scope": Scope("mekong", "la", "cn", 3)},
        {"scope": Scope("mekong", "th", "cn", 4)},
        {"search_id": bytes(16)},
        {"purpose": "missing-person"},
        {"case": b"handle-9"},
        {"commit": bytes(32)},
        {"elements": (*PREPARED.elements[1:], PREPARED.elements[0])},
        {"ask_id": bytes(32)},
    ],
)
def test_an_altered_ask_is_refused(change: dict[str, object]) -> None:
    ask = dataclasses.replace(addressed(), **change)  # type: ignore[arg-type]  # one field of its own type
    assert refused(lambda: check_ask(ask, REQUESTER.public, SIZE)) is Code.ASK_ALTERED


def test_an_ask_under_anothers_key_is_refused() -> None:
    assert refused(lambda: check_ask(addressed(), OWNER.public, SIZE)) is Code.SIGNATURE_WRONG
    ask = dataclasses.replace(addressed(), signature=OWNER.sign(addressed().ask_id))
    assert refused(lambda: check_ask(ask, REQUESTER.public, SIZE)) is Code.SIGNATURE_WRONG


@pytest.mark.parametrize(
    "change",
    [
        {"elements": PREPARED.elements[:-1]},
        {"elements": (*PREPARED.elements, PREPARED.elements[0])},
        {"elements": ()},
        {"elements": (*PREPARED.elements[:-1], PREPARED.elements[-1][:-1])},
        {"search_id": bytes(15)},
        {"commit": bytes(31)},
        {"purpose": "x" * 256},
        {"purpose": "x" * 70_000},
        {"case": bytes(256)},
    ],
)
def test_an_ask_of_another_size_is_refused_even_if_signed(change: dict[str, object]) -> None:
    ask = dataclasses.replace(addressed(), **change)  # type: ignore[arg-type]  # one field of its own type
    assert refused(lambda: check_ask(ask, REQUESTER.public, SIZE)) is Code.MESSAGE_MALFORMED


@pytest.mark.parametrize("bad", [bytes(32), b"\xff" * 32, (1).to_bytes(32, "little")], ids=["identity", "big", "odd"])
@pytest.mark.parametrize("position", [0, SIZE - 1])
def test_one_bad_element_refuses_the_whole_ask(bad: bytes, position: int) -> None:
    elements = list(PREPARED.elements)
    elements[position] = bad
    ask = resigned(dataclasses.replace(addressed(), elements=tuple(elements)))
    check_ask(ask, REQUESTER.public, SIZE)
    assert refused(lambda: answer_ask(ask, KEYS, OWNER, MS)) is Code.ELEMENT_INVALID


def test_a_wrong_evaluation_is_refused_and_is_evidence() -> None:
    ask = addressed()
    honest = answer_ask(ask, KEYS, OWNER, MS)
    swapped = (honest.evaluated[1], honest.evaluated[0], *honest.evaluated[2:])
    other, other_proof = blind_evaluate_batch(OTHER_KEYS, ask.elements)
    one_wrong = (other[0], *honest.evaluated[1:])
    for evaluated, proof in (
        (swapped, honest.proof),
        (one_wrong, honest.proof),
        (honest.evaluated, bytes(64)),
        (tuple(other), other_proof),
        ((bytes(32), *honest.evaluated[1:]), honest.proof),
    ):
        lie = dataclasses.replace(honest, evaluated=tuple(evaluated), proof=proof)
        assert refused(partial(opened, sign_again(lie))) is Code.PROOF_WRONG
        assert refused(partial(opened, lie)) is Code.SIGNATURE_WRONG


def test_another_epoch_key_is_refused_by_name() -> None:
    assert refused(lambda: opened(answer_ask(addressed(), OTHER_KEYS, OWNER, MS))) is Code.EPOCH_CHAIN


def test_an_answer_to_another_ask_is_refused() -> None:
    other = addressed(case=b"handle-2")
    assert refused(lambda: opened(answer_ask(other, KEYS, OWNER, MS), addressed())) is Code.PROOF_WRONG
    foreign = addressed(prepare_ask(TOKENS, SIZE, SUBJECT, seeded(2)))
    with pytest.raises(ValueError, match="another search"):
        opened(answer_ask(foreign, KEYS, OWNER, MS), foreign)


def test_an_answer_of_another_size_or_signer_is_refused() -> None:
    honest = answer_ask(addressed(), KEYS, OWNER, MS)
    for change in (
        {"evaluated": honest.evaluated[:-1]},
        {"evaluated": (*honest.evaluated[:-1], b"short")},
        {"proof": honest.proof[:-1]},
    ):
        broken = dataclasses.replace(honest, **change)
        assert refused(partial(opened, sign_again(broken))) is Code.MESSAGE_MALFORMED
    later = dataclasses.replace(honest, ms=MS + 1)
    assert refused(lambda: opened(later)) is Code.SIGNATURE_WRONG
    forged = answer_ask(addressed(), KEYS, REQUESTER, MS)
    assert refused(lambda: opened(forged)) is Code.SIGNATURE_WRONG
