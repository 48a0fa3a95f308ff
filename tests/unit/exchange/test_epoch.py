"""Epoch statements: signed, chained without a gap, one key an epoch, bound to the matcher's tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from node.crypto.signing import SigningKey
from node.crypto.voprf import Mode, derive_key_pair
from node.errors import Code, LancangError
from node.exchange.epoch import (
    NO_STATEMENT,
    check_asks_open,
    check_statement,
    check_tables,
    check_terms,
    derive_epoch_keys,
    ends_ms,
    sign_statement,
    statement_hash,
)
from node.exchange.terms import Terms
from node.model.epoch import EpochStatement, SignedEpoch
from node.roster.policy_defaults import default_policy

KEY = SigningKey(b"\x01" * 32)
POLICY = dataclasses.replace(default_policy(), epoch_seconds=1, grace_seconds=1)


def statement(epoch: int = 1, previous: bytes = NO_STATEMENT, *, seed: int | None = None) -> EpochStatement:
    keys = derive_epoch_keys((seed or epoch).to_bytes(32, "big"), "mekong", "th", epoch)
    return EpochStatement(
        alliance="mekong",
        owner="th",
        epoch=epoch,
        public_key=keys.public,
        from_ms=1000 * epoch,
        ask_until_ms=1000 * epoch + 1000,
        grace_until_ms=1000 * epoch + 1500,
        tables=b"\x07" * 32,
        postings_per_record=24,
        records_per_delta=8,
        list_cap=256,
        ask_size=64,
        roster_hash=b"\x08" * 32,
        previous=previous,
    )


def following(last: EpochStatement) -> EpochStatement:
    return statement(last.epoch + 1, statement_hash(last))


def check(previous: EpochStatement | None, new: EpochStatement | SignedEpoch) -> None:
    signed = new if isinstance(new, SignedEpoch) else sign_statement(new, KEY)
    known = None if previous is None else sign_statement(previous, KEY)
    check_statement(known, signed, alliance="mekong", owner="th", owner_key=KEY.public)


def refused(act: Callable[[], object]) -> Code:
    with pytest.raises(LancangError) as refusal:
        act()
    return refusal.value.code


def test_the_key_is_derived_as_the_protocol_says() -> None:
    info = b"lancang/1/voprf" + b"\x00\x06mekong" + b"\x00\x02th" + b"\x00\x00\x00\x05"
    keys = derive_epoch_keys(b"\x03" * 32, "mekong", "th", 5)
    assert keys == derive_key_pair(b"\x03" * 32, info, Mode.VOPRF)
    assert derive_epoch_keys(b"\x03" * 32, "mekong", "th", 6).public != keys.public
    assert derive_epoch_keys(b"\x03" * 32, "mekong", "la", 5).public != keys.public
    with pytest.raises(ValueError, match="32 bytes"):
        derive_epoch_keys(b"short", "mekong", "th", 5)


def test_a_chain_is_believed_from_its_first_statement_or_from_the_first_one_seen() -> None:
    first = statement()
    second = following(first)
    check(None, first)
    check(first, first)
    check(first, second)
    check(None, second)
    assert Terms.of(second) == Terms(24, 8, 256, 64)


@pytest.mark.parametrize(
    ("last", "new"),
    [
        (statement(), statement(seed=99)),
        (statement(), dataclasses.replace(statement(), grace_until_ms=9000)),
        (statement(), statement(3, statement_hash(following(statement())))),
        (statement(), statement(2, b"\x09" * 32)),
        (following(statement()), statement()),
        (statement(), dataclasses.replace(following(statement()), public_key=statement().public_key)),
    ],
    ids=["second key", "second statement", "gap", "wrong hash", "older", "key used before"],
)
def test_a_broken_chain_is_refused(last: EpochStatement, new: EpochStatement) -> None:
    assert refused(lambda: check(last, new)) is Code.EPOCH_CHAIN


@pytest.mark.parametrize(
    "change",
    [
        {"alliance": "other"},
        {"owner": "la"},
        {"epoch": 0},
        {"previous": b"\x01" * 32},
        {"tables": b""},
        {"public_key": b"short"},
        {"ask_until_ms": 1000},
        {"grace_until_ms": 1999},
        {"grace_until_ms": 2**63},
        {"postings_per_record": 0},
        {"list_cap": 0},
        {"ask_size": 0},
        {"ask_size": 65},
    ],
)
def test_a_statement_that_no_honest_owner_makes_is_refused(change: dict[str, object]) -> None:
    changed = dataclasses.replace(statement(), **change)  # type: ignore[arg-type]  # one field of either type
    assert refused(lambda: check(None, changed)) is Code.EPOCH_CHAIN


@pytest.mark.parametrize(
    "change",
    [
        {"list_cap": 257},
        {"records_per_delta": 9},
        {"postings_per_record": 25},
        {"ask_until_ms": 2001, "grace_until_ms": 2001},
        {"grace_until_ms": 3001},
    ],
)
@pytest.mark.parametrize("exactly", [True, False])
def test_more_than_the_policy_allows_is_refused(change: dict[str, int], exactly: bool) -> None:
    wider = dataclasses.replace(statement(), **change)  # type: ignore[arg-type]  # these fields are numbers
    check_terms(statement(), POLICY, exactly=exactly)
    assert refused(lambda: check_terms(wider, POLICY, exactly=exactly)) is Code.EPOCH_CHAIN


def test_less_than_the_policy_says_passes_only_under_another_roster() -> None:
    narrower = dataclasses.replace(statement(), list_cap=255)
    check_terms(narrower, POLICY, exactly=False)
    assert refused(lambda: check_terms(narrower, POLICY, exactly=True)) is Code.EPOCH_CHAIN


def test_a_statement_is_signed_over_everything_it_says() -> None:
    signed = sign_statement(statement(), KEY)
    forged = SignedEpoch(dataclasses.replace(statement(), ask_until_ms=1400), signed.signature)
    assert refused(lambda: check(None, forged)) is Code.SIGNATURE_WRONG
    stranger = sign_statement(statement(), SigningKey(b"\x02" * 32))
    assert refused(lambda: check(None, stranger)) is Code.SIGNATURE_WRONG


def test_other_tables_are_refused_and_the_owner_is_named() -> None:
    check_tables(statement(), b"\x07" * 32)
    with pytest.raises(LancangError) as refusal:
        check_tables(statement(), b"\x06" * 32)
    assert refusal.value.code is Code.TABLES_DIFFER
    assert "th" in refusal.value.detail


def test_an_epoch_answers_from_its_start_until_its_grace_ends() -> None:
    check_asks_open(statement(), None, 1000)
    check_asks_open(statement(), None, 2499)
    assert refused(lambda: check_asks_open(statement(), None, 999)) is Code.EPOCH_CLOSED
    assert refused(lambda: check_asks_open(statement(), None, 2500)) is Code.EPOCH_CLOSED


def test_an_early_follower_begins_the_grace_early_and_a_late_one_never_prolongs_it() -> None:
    early = dataclasses.replace(following(statement()), from_ms=1200)
    assert ends_ms(statement(), None) == 2500
    assert ends_ms(statement(), early) == 1700
    assert ends_ms(statement(), dataclasses.replace(early, from_ms=2400)) == 2500
    check_asks_open(statement(), early, 1699)
    assert refused(lambda: check_asks_open(statement(), early, 1700)) is Code.EPOCH_CLOSED
