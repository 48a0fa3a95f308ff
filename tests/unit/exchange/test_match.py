"""Matching end to end, without a network: an owner's records, a requester's copy, and what comes of a paid ask."""

from __future__ import annotations

import pytest

from matcher.tokens import Token
from node.crypto.signing import SigningKey
from node.crypto.voprf import evaluate
from node.errors import Code, LancangError
from node.exchange.ask import address, answer_ask, check_ask, open_answer
from node.exchange.batch import parse_revocations
from node.exchange.epoch import derive_epoch_keys
from node.exchange.match import find_tokens, match
from node.exchange.posting import posting_context, posting_key, record_content, slot
from node.exchange.prepared import prepare_ask
from node.exchange.snapshot import EncodedRecord
from node.exchange.token import token_bytes
from tests.unit.exchange.builders import MS, SCOPE, TERMS, Owner, owner, seeded, tag

KEYS = derive_epoch_keys(b"\x03" * 32, "mekong", "th", 3)
REQUESTER, OWNER = SigningKey(b"\x01" * 32), SigningKey(b"\x02" * 32)
KINDS = (1, 2, 3, 4)


def tokens(person: str) -> list[Token]:
    return [Token(kind, f"{person}-{kind}") for kind in KINDS]


def encoded(number: int, *chosen: Token) -> EncodedRecord:
    return EncodedRecord(tag(number), tuple(evaluate(KEYS, token_bytes(token)) for token in chosen))


def bought(subject: list[Token]) -> tuple[dict[int, int], dict[int, bytes]]:
    """The kinds and evaluations of one paid ask."""
    prepared = prepare_ask(subject, TERMS.ask_size, b"subject", seeded(3))
    ask = address(
        prepared, scope=SCOPE, purpose="missing-person", case=b"c", signing_key=REQUESTER, officer="officer-1"
    )
    check_ask(ask, REQUESTER.public, TERMS.ask_size)
    answer = answer_ask(ask, KEYS, OWNER, MS)
    evaluations = open_answer(prepared, ask, answer, public_key=KEYS.public, owner_key=OWNER.public)
    return prepared.kinds, evaluations


def found_by_kind(chain: Owner, subject: list[Token], revoked: set[bytes]) -> dict[int, tuple[tuple[bytes, ...], bool]]:
    kinds, evaluations = bought(subject)
    found = find_tokens(
        kinds,
        evaluations,
        secret=chain.snapshot.secret,
        scope=SCOPE,
        lookup=chain.taken,
        revoked=revoked,
        list_cap=TERMS.list_cap,
    )
    assert [one.position for one in found] == sorted(kinds)
    return {one.kind: (one.tags, one.common) for one in found}


def test_the_tags_under_each_token_are_found_live_and_without_the_common_ones() -> None:
    crowd = [encoded(100 + i, Token(4, "somchai-4")) for i in range(TERMS.list_cap + 1)]
    chain = owner([encoded(1, *tokens("somchai")[:3]), encoded(2, *tokens("somchai")[:1]), *crowd])
    chain.publish(encoded(3, *tokens("somchai")[:2]))
    delta = chain.publish(withdrawn=[tag(2)])
    revoked = {entry.old for entry in parse_revocations(delta.revocations)}
    assert found_by_kind(chain, tokens("somchai"), revoked) == {
        1: ((tag(1), tag(3)), False),
        2: ((tag(1), tag(3)), False),
        3: ((tag(1),), False),
        4: ((), True),
    }
    assert found_by_kind(chain, tokens("nobody"), revoked) == dict.fromkeys(KINDS, ((), False))


def candidates(chain: Owner, subject: list[Token]) -> list[bytes]:
    kinds, evaluations = bought(subject)
    return [
        candidate.tag
        for candidate in match(
            kinds,
            evaluations,
            secret=chain.snapshot.secret,
            scope=SCOPE,
            lookup=chain.taken,
            revoked=(),
            population=chain.state.population,
            prior=65_536,
            list_cap=TERMS.list_cap,
        )
    ]


def test_the_record_that_shares_most_comes_first() -> None:
    chain = owner([encoded(number, *tokens(f"person-{number}")) for number in range(20)])
    chain.publish(encoded(50, *tokens("somchai")), encoded(51, *tokens("somchai")[:1], *tokens("other")[1:]))
    assert candidates(chain, tokens("somchai"))[0] == tag(50)
    assert candidates(chain, tokens("nobody")) == []


def test_an_index_that_breaks_its_limits_is_refused() -> None:
    chain = owner([encoded(1, *tokens("somchai"))])
    context = posting_context(chain.snapshot.secret, SCOPE)
    key = posting_key(evaluate(KEYS, token_bytes(Token(1, "somchai-1"))), context)
    for i in range(TERMS.list_cap + 9):
        place = slot(key, i)
        chain.taken.postings[place.label] = place.mask ^ record_content(tag(i))
    with pytest.raises(LancangError) as refusal:
        candidates(chain, tokens("somchai"))
    assert refusal.value.code is Code.INDEX_FAULT
