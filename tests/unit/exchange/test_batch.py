"""Batch bytes: as protocol.md spells them out, read back, and refused when anything is off."""

from __future__ import annotations

import dataclasses
from hashlib import blake2b

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import Code, LancangError
from node.exchange.batch import (
    chunk_hash,
    delta_hash,
    encode_delta,
    encode_snapshot,
    parse_delta,
    parse_revocations,
    parse_snapshot,
    snapshot_hash,
)
from node.model.batch import Delta
from tests.unit.exchange.builders import MS, SCOPE, owner, record, tag

OWNER = owner([record(tag(1), "a")])
DELTA = OWNER.publish(record(tag(2), "a"))
SCOPE_BYTES = b"\x00\x06mekong\x00\x02th\x00\x02cn\x00\x00\x00\x03"


def test_a_delta_byte_for_byte() -> None:
    expected = b"LCIX\x01\x01" + SCOPE_BYTES + (1).to_bytes(8, "big") + MS.to_bytes(8, "big")
    expected += snapshot_hash(OWNER.info) + (8).to_bytes(4, "big") + (2).to_bytes(4, "big")
    expected += DELTA.postings + DELTA.revocations
    assert encode_delta(DELTA) == expected
    assert delta_hash(DELTA) == blake2b(expected, digest_size=32, person=b"lancang1.batch".ljust(16, b"\0")).digest()


def test_a_snapshot_byte_for_byte() -> None:
    chunk = b"".join(OWNER.snapshot.chunks())
    expected = b"LCIX\x01\x00" + SCOPE_BYTES + bytes(8) + MS.to_bytes(8, "big") + bytes(32)
    expected += (4096).to_bytes(4, "big") + bytes(4)
    expected += blake2b(chunk, digest_size=32, person=b"lancang1.chunk".ljust(16, b"\0")).digest()
    assert chunk_hash(chunk) == OWNER.info.chunk_hashes[0]
    assert encode_snapshot(OWNER.info) == expected
    assert DELTA.previous == snapshot_hash(OWNER.info)


def test_what_is_written_is_read_back() -> None:
    assert parse_delta(encode_delta(DELTA)) == DELTA
    assert parse_snapshot(encode_snapshot(OWNER.info)) == OWNER.info


@settings(max_examples=80, deadline=None)
@given(st.integers(0, len(encode_delta(DELTA)) - 1))
def test_a_delta_cut_short_is_refused(at: int) -> None:
    with pytest.raises(LancangError) as refusal:
        parse_delta(encode_delta(DELTA)[:at])
    assert refusal.value.code is Code.BATCH_MALFORMED


@settings(max_examples=80, deadline=None)
@given(st.integers(len(encode_delta(DELTA)) - len(DELTA.postings + DELTA.revocations), len(encode_delta(DELTA)) - 1))
def test_every_byte_counts_for_the_hash(at: int) -> None:
    data = bytearray(encode_delta(DELTA))
    data[at] ^= 1
    assert delta_hash(parse_delta(bytes(data))) != delta_hash(DELTA)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_by_code(data: bytes) -> None:
    for parse in (parse_delta, parse_snapshot):
        with pytest.raises(LancangError) as refusal:
            parse(b"LCIX\x01\x01" + data if len(data) % 2 else data)
        assert refusal.value.code is Code.BATCH_MALFORMED


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data + b"\0",
        lambda data: b"LCIY" + data[4:],
        lambda data: data[:4] + b"\x02" + data[5:],
        lambda data: data[:5] + b"\x00" + data[6:],
        lambda data: data[:8] + b"\xff" + data[9:],
    ],
    ids=["longer", "magic", "format", "type", "scope"],
)
def test_what_encoding_would_not_have_written_is_refused(spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(LancangError) as refusal:
        parse_delta(spoil(encode_delta(DELTA)))
    assert refusal.value.code is Code.BATCH_MALFORMED


def test_a_snapshot_is_first_and_revokes_nothing() -> None:
    data = encode_snapshot(OWNER.info)
    at = len(b"LCIX\x01\x00" + SCOPE_BYTES)
    for spoiled in (
        data[: at + 7] + b"\x01" + data[at + 8 :],
        data[: at + 16] + b"\x01" + data[at + 17 :],
        data[: at + 55] + b"\x01" + data[at + 56 :],
    ):
        with pytest.raises(LancangError) as refusal:
            parse_snapshot(spoiled)
        assert refusal.value.code is Code.BATCH_MALFORMED


def test_half_a_posting_is_never_encoded() -> None:
    for broken in (
        dataclasses.replace(DELTA, postings=DELTA.postings[:-1]),
        dataclasses.replace(DELTA, revocations=DELTA.revocations[:-1]),
    ):
        with pytest.raises(ValueError, match="whole"):
            encode_delta(broken)


@pytest.mark.parametrize("data", [bytes(13), b"\x02" * 14 + b"\x01" * 14])
def test_revocations_must_be_whole_and_sorted(data: bytes) -> None:
    with pytest.raises(LancangError) as refusal:
        parse_revocations(data)
    assert refusal.value.code is Code.BATCH_MALFORMED


def test_no_two_deltas_of_a_chain_hash_alike() -> None:
    chain = owner()
    deltas: list[Delta] = [chain.publish() for _ in range(5)]
    assert len({delta_hash(delta) for delta in deltas}) == 5
    assert all(delta.scope == SCOPE for delta in deltas)
