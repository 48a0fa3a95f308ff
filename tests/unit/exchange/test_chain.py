"""A copy following its owner: the snapshot whole, heads that bind, and the place where a copy may resume."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from functools import partial

import pytest

from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.exchange.batch import chunk_hash, delta_hash, snapshot_hash
from node.exchange.chain import ChainState, SnapshotIntake, accept_head, apply_delta, check_resume, next_delta
from node.exchange.delta import DeltaBody
from node.exchange.head import check_fresh, is_stale, sign_head, verify_head
from node.exchange.posting import encode_postings
from node.exchange.terms import Terms
from node.model.batch import ChainPosition, Head, SnapshotInfo
from node.model.scope import Scope
from tests.unit.exchange.builders import MS, SCOPE, TERMS, DictLookup, Owner, owner, record, tag

KEY = SigningKey(b"\x01" * 32)
EMPTY = ChainState(SCOPE, TERMS)
WIDE = Terms(65, 2, 5, 8)
SOMEWHERE_ELSE = Scope("mekong", "th", "vn", 3)


def refused(act: Callable[[], object]) -> Code:
    with pytest.raises(LancangError) as refusal:
        act()
    return refusal.value.code


def take_all(intake: SnapshotIntake, chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        intake.take(chunk)


def take_in(chain: Owner, state: ChainState = EMPTY) -> ChainState:
    intake = SnapshotIntake(state, chain.info)
    take_all(intake, chain.snapshot.chunks())
    return intake.finish()


def head(chain: Owner, ms: int = MS) -> Head:
    assert chain.state.position is not None
    return sign_head(SCOPE, chain.state.position, ms, KEY)


def test_a_snapshot_of_two_chunks_and_a_delta_are_taken_in() -> None:
    chain = owner([record(tag(1), "a")], terms=WIDE)
    state = ChainState(SCOPE, WIDE)
    intake = SnapshotIntake(state, chain.info)
    taken = DictLookup()
    for chunk in chain.snapshot.chunks():
        taken.add(*intake.take(chunk))
    state = intake.finish()
    assert state == dataclasses.replace(chain.state, head=None)
    assert (state.postings, state.population) == (66_560, 1024.0)
    applied = apply_delta(state, chain.publish(record(tag(2), "a")), taken)
    assert applied.state == chain.state
    assert len(applied.labels) == len(applied.masked) == 130
    assert len(applied.revocations) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda info: dataclasses.replace(info, scope=SOMEWHERE_ELSE),
        lambda info: dataclasses.replace(info, postings=0, chunk_hashes=()),
        lambda info: dataclasses.replace(info, postings=4095),
        lambda info: dataclasses.replace(info, chunk_hashes=info.chunk_hashes * 2),
        lambda info: dataclasses.replace(info, chunk_hashes=(b"short",)),
    ],
    ids=["scope", "empty", "size", "chunks", "hash"],
)
def test_an_impossible_snapshot_is_refused(spoil: Callable[[SnapshotInfo], SnapshotInfo]) -> None:
    assert refused(lambda: SnapshotIntake(EMPTY, spoil(owner().info))) is Code.BATCH_MALFORMED


def test_chunks_must_be_the_ones_named_in_size_content_and_order() -> None:
    chain = owner()
    chunk = next(chain.snapshot.chunks())
    for wrong in (chunk[:-16], chunk + bytes(16), bytes([chunk[0] ^ 1]) + chunk[1:], b""):
        intake = SnapshotIntake(EMPTY, chain.info)
        assert refused(partial(intake.take, wrong)) is Code.BATCH_MALFORMED
        assert refused(intake.finish) is Code.BATCH_MALFORMED
    intake = SnapshotIntake(EMPTY, chain.info)
    intake.take(chunk)
    assert refused(lambda: intake.take(chunk)) is Code.BATCH_MALFORMED


def test_labels_must_ascend_within_and_across_chunks() -> None:
    chain = owner(terms=WIDE)
    labels, masked = chain.snapshot.labels, chain.snapshot.masked
    for order in ([1, 0, *range(2, 66_560)], [*range(1024, 66_560), *range(1024)], [0, 0, *range(2, 66_560)]):
        data = encode_postings(labels[order], masked[order])
        chunks = [data[: 65_536 * 16], data[65_536 * 16 :]]
        info = dataclasses.replace(chain.info, chunk_hashes=tuple(map(chunk_hash, chunks)))
        intake = SnapshotIntake(ChainState(SCOPE, WIDE), info)
        assert refused(partial(take_all, intake, chunks)) is Code.BATCH_MALFORMED


def test_an_epoch_has_one_snapshot() -> None:
    chain = owner(seed=1)
    state = take_in(chain)
    assert refused(lambda: SnapshotIntake(state, chain.info)) is Code.BATCH_REPLAYED
    assert refused(lambda: SnapshotIntake(state, owner(seed=2).info)) is Code.BATCH_FORK


def test_nothing_follows_before_the_snapshot() -> None:
    chain = owner()
    delta = chain.publish()
    assert refused(lambda: apply_delta(EMPTY, delta, DictLookup())) is Code.BATCH_GAP
    assert refused(lambda: next_delta(EMPTY, DeltaBody(b"", b""), MS)) is Code.BATCH_GAP


def test_a_head_that_came_first_binds_the_owner() -> None:
    chain, other = owner(seed=1), owner(seed=2)
    waiting = accept_head(EMPTY, head(chain))
    assert refused(lambda: SnapshotIntake(waiting, other.info)) is Code.BATCH_FORK
    state = take_in(chain, waiting)
    assert state.certified
    promised = chain.build()
    position = ChainPosition(1, delta_hash(promised))
    bound = accept_head(state, sign_head(SCOPE, position, MS, KEY))
    assert refused(lambda: apply_delta(bound, chain.build(), chain.taken)) is Code.BATCH_FORK
    assert apply_delta(bound, promised, chain.taken).state.certified


def test_batches_without_a_head_are_not_certified() -> None:
    chain = owner()
    state = take_in(chain)
    assert not state.certified
    state = accept_head(state, head(chain))
    assert state.certified
    assert not apply_delta(state, chain.publish(), DictLookup()).state.certified


def test_heads_may_not_fork_nor_go_back() -> None:
    chain = owner()
    first = head(chain)
    chain.publish()
    state = accept_head(chain.state, head(chain, MS + 1))
    assert state.position is not None
    forked = sign_head(SCOPE, ChainPosition(1, bytes(32)), MS + 2, KEY)
    assert refused(lambda: accept_head(state, forked)) is Code.BATCH_FORK
    assert refused(lambda: accept_head(chain.state, forked)) is Code.BATCH_FORK
    assert refused(lambda: accept_head(state, first)) is Code.BATCH_REPLAYED
    assert refused(lambda: accept_head(state, head(chain, MS))) is Code.BATCH_REPLAYED
    ahead = accept_head(state, sign_head(SCOPE, ChainPosition(9, bytes(32)), MS + 2, KEY))
    assert refused(lambda: accept_head(ahead, head(chain, MS + 3))) is Code.BATCH_REPLAYED


def test_a_head_is_signed_over_everything_it_says() -> None:
    signed = head(owner())
    verify_head(signed, SCOPE, KEY.public)
    for changed in (
        dataclasses.replace(signed, seq=1),
        dataclasses.replace(signed, ms=MS + 1),
        dataclasses.replace(signed, hash=bytes(32)),
        dataclasses.replace(signed, signature=bytes(64)),
    ):
        assert refused(partial(verify_head, changed, SCOPE, KEY.public)) is Code.SIGNATURE_WRONG
    assert refused(lambda: verify_head(signed, SCOPE, SigningKey(b"\x02" * 32).public)) is Code.SIGNATURE_WRONG
    assert refused(lambda: verify_head(signed, SOMEWHERE_ELSE, KEY.public)) is Code.BATCH_MALFORMED


def test_an_owner_silent_for_ninety_seconds_is_stale_and_so_is_one_from_the_future() -> None:
    signed = head(owner(), MS)
    assert not is_stale(signed, MS + 90_000, 90_000)
    assert is_stale(signed, MS + 90_001, 90_000)
    assert is_stale(signed, MS - 90_001, 90_000)
    check_fresh(signed, MS, 90_000)
    assert refused(lambda: check_fresh(signed, MS + 90_001, 90_000)) is Code.INDEX_STALE
    assert refused(lambda: check_fresh(None, MS, 90_000)) is Code.INDEX_STALE


def test_a_copy_resumes_only_from_a_batch_that_was_published() -> None:
    chain = owner()
    known = snapshot_hash(chain.info)
    check_resume(known, ChainPosition(0, known))
    assert refused(lambda: check_resume(known, ChainPosition(0, bytes(32)))) is Code.BATCH_FORK
    assert refused(lambda: check_resume(None, ChainPosition(7, known))) is Code.BATCH_FORK
