"""What a copy of an index must not reveal to who holds no evaluation: groups, equality, order, real from dummy.

Statistics have fixed seeds and bounds of five standard deviations; beside each stands a leaky variant that it catches.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from node.exchange.batch import parse_revocations
from node.exchange.delta import Revocation
from node.exchange.posting import posting_context, posting_key, record_content, slot
from node.exchange.snapshot import EncodedRecord
from node.exchange.terms import Terms, Words
from node.exchange.walk import walk_many
from node.model.scope import Scope
from tests.unit.exchange.builders import SCOPE, Owner, evaluation, owner, record, tag

TERMS = Terms(postings_per_record=4, records_per_delta=8, list_cap=256, ask_size=8)
SIGMAS = 5.0


def population(count: int, *, seed: int = 11) -> list[EncodedRecord]:
    """Records whose tokens follow a steep distribution, as names do."""
    source = random.Random(seed)
    return [
        EncodedRecord(tag(number), tuple({evaluation(f"{int(source.paretovariate(0.6)) % 5000}") for _ in range(4)}))
        for number in range(count)
    ]


def bit_share_deviation(numbers: Words) -> float:
    """By how many standard deviations the worst of the 64 bit positions is off one half."""
    bits = np.unpackbits(numbers.astype(">u8").view(np.uint8).reshape(-1, 8), axis=1)
    return float(np.max(np.abs(bits.mean(axis=0) - 0.5)) * 2 * math.sqrt(len(numbers)))


def chi_square_deviation(counts: npt.NDArray[np.int64]) -> float:
    """By how many standard deviations the counts are off an even spread."""
    expected = counts.sum() / len(counts)
    statistic = float(((counts - expected) ** 2 / expected).sum())
    degrees = len(counts) - 1
    return (statistic - degrees) / math.sqrt(2 * degrees)


def correlation_deviation(left: Sequence[float], right: Sequence[float]) -> float:
    """By how many standard deviations two rankings are off having nothing to do with each other."""
    return abs(float(np.corrcoef(left, right)[0, 1])) * math.sqrt(len(left))


def hamming(left: Words, right: Words) -> npt.NDArray[np.int64]:
    distances: npt.NDArray[np.int64] = np.bitwise_count(left ^ right).astype(np.int64)
    return distances


def real_labels(chain: Owner, records: Sequence[EncodedRecord]) -> set[int]:
    """The labels of all real postings, as only who holds the evaluations can tell them."""
    context = posting_context(chain.snapshot.secret, chain.state.scope)
    keys = [posting_key(y, context) for y in {y for one in records for y in one.evaluations}]
    walks = walk_many(chain.taken, keys, chain.terms.list_cap)
    return {slot(key, i).label for key, found in zip(keys, walks, strict=True) for i in range(found.next_index)}


def split(chain: Owner, records: Sequence[EncodedRecord]) -> tuple[npt.NDArray[np.bool_], Words, Words]:
    """Which of the snapshot's postings are real, and their labels and masked contents."""
    labels, masked = chain.snapshot.labels, chain.snapshot.masked
    real = real_labels(chain, records)
    return np.array([label in real for label in labels.tolist()], dtype=np.bool_), labels, masked


def test_all_labels_are_distinct_through_the_whole_chain() -> None:
    records = population(3000)
    chain = owner(records[:2000], terms=TERMS)
    for start in range(2000, 3000, 8):
        chain.publish(*records[start : start + 8])
    labels = chain.snapshot.labels.tolist() + [label for label, _ in chain.delta_postings()]
    assert len(labels) == len(set(labels))
    assert any(chain.walk(str(number)).common for number in range(1, 4))
    assert any(len(chain.walk(str(number)).tags) > 10 for number in range(1, 50))


def test_two_audiences_copies_share_nothing_even_under_one_secret() -> None:
    records = population(2000)
    left = owner(records, terms=TERMS)
    right = owner(records, terms=TERMS, scope=Scope("mekong", "th", "vn", 3))
    assert left.snapshot.secret == right.snapshot.secret, "the same seed draws the same S: only the scope differs"
    real, labels, masked = split(left, records)
    others = real_labels(right, records)
    assert real.sum() == len(others)
    assert not others & set(labels[real].tolist())
    other_masked = {right.taken.postings[label] for label in others}
    assert not other_masked & set(masked[real].tolist())
    repeated = owner(records, terms=TERMS)
    assert real_labels(repeated, records) == set(labels[real].tolist()), (
        "the same scope does repeat: the check can fail"
    )


def test_the_next_epochs_copy_shares_nothing_with_this_one() -> None:
    records = population(500)
    now = owner(records, terms=TERMS)
    later = owner(records, terms=TERMS, scope=Scope("mekong", "th", "cn", 4))
    assert not real_labels(now, records) & real_labels(later, records)


def test_two_records_with_the_same_tokens_look_unrelated() -> None:
    pairs = 1500
    chain = owner(terms=Terms(4, 8, 256, 8))
    left, right = [], []
    for number in range(pairs):
        token = f"shared-{number}"
        chain.publish(record(tag(2 * number), token), record(tag(2 * number + 1), token))
        key = chain.key(token)
        first, second = slot(key, 0).label, slot(key, 1).label
        left.append((first, chain.taken.postings[first]))
        right.append((second, chain.taken.postings[second]))
    for column in range(2):
        ours = np.array([pair[column] for pair in left], dtype=np.uint64)
        theirs = np.array([pair[column] for pair in right], dtype=np.uint64)
        deviation = abs(hamming(ours, theirs).mean() - 32) / (4 / math.sqrt(pairs))
        assert deviation < SIGMAS
    unmasked = [np.array([record_content(tag(2 * n + i)) for n in range(pairs)], dtype=np.uint64) for i in range(2)]
    assert abs(hamming(*unmasked).mean() - 32) / (4 / math.sqrt(pairs)) > SIGMAS


def test_one_records_postings_do_not_stand_together() -> None:
    records = [record(tag(number), *(f"{number}-{i}" for i in range(4))) for number in range(1000)]
    chain = owner(records, terms=TERMS)
    places = {label: at for at, label in enumerate(chain.snapshot.labels.tolist())}
    ranks = [[places[slot(chain.key(f"{number}-{i}"), 0).label] for i in range(4)] for number in range(1000)]
    order = list(range(1000))
    for column in range(4):
        assert correlation_deviation(order, [row[column] for row in ranks]) < SIGMAS
    assert correlation_deviation([row[0] for row in ranks], [row[1] for row in ranks]) < SIGMAS
    assert correlation_deviation(order, [4 * number for number in order]) > SIGMAS


def test_dummies_cannot_be_told_from_records_by_their_bits_or_places() -> None:
    records = population(1500)
    chain = owner(records, terms=TERMS)
    real, labels, masked = split(chain, records)
    assert min(real.sum(), (~real).sum()) > 1000
    for numbers in (labels[real], labels[~real], masked[real], masked[~real]):
        assert bit_share_deviation(numbers) < SIGMAS
    stretches = np.array([part.sum() for part in np.array_split(real, 16)])
    assert chi_square_deviation(stretches) < SIGMAS
    contents = np.array([record_content(one.tag) for one in records], dtype=np.uint64)
    assert bit_share_deviation(contents) > SIGMAS, "an unmasked content shows its flag"
    assert chi_square_deviation(np.array([part.sum() for part in np.array_split(np.sort(real), 16)])) > SIGMAS


def test_common_postings_look_like_any_other() -> None:
    masked = []
    for seed in range(300):
        chain = owner([record(tag(number), "a") for number in range(4)], seed=seed, terms=Terms(1, 1, 3, 8))
        masked.append(chain.taken.postings[slot(chain.key("a"), 0).label])
    assert bit_share_deviation(np.array(masked, dtype=np.uint64)) < SIGMAS


def test_a_deltas_records_and_dummies_are_mixed() -> None:
    chain = owner(terms=TERMS)
    places = TERMS.postings_per_record * TERMS.records_per_delta
    ranks = np.zeros(places, dtype=np.int64)
    real_masked = []
    for number in range(600):
        token = f"{number}"
        chain.publish(record(tag(number), token))
        label = slot(chain.key(token), 0).label
        newest = [one for one, _ in chain.delta_postings()[-places:]]
        ranks[newest.index(label)] += 1
        real_masked.append(chain.taken.postings[label])
    assert chi_square_deviation(ranks) < SIGMAS
    assert bit_share_deviation(np.array(real_masked, dtype=np.uint64)) < SIGMAS
    assert chi_square_deviation(np.sort(ranks) * np.arange(places)) > SIGMAS


def test_replaced_withdrawn_and_dummy_revocations_look_alike() -> None:
    chain = owner([record(tag(number), f"{number}") for number in range(1200)], terms=TERMS)
    columns: dict[str, list[tuple[int, Revocation]]] = {"replaced": [], "withdrawn": [], "dummy": []}
    for number in range(400):
        gone, old, new = tag(2 * number), tag(2 * number + 1), tag(10_000 + number)
        delta = chain.publish(withdrawn=[gone], replaced=[Revocation(old, new)])
        for rank, entry in enumerate(parse_revocations(delta.revocations)):
            kind = {gone: "withdrawn", old: "replaced"}.get(entry.old, "dummy")
            columns[kind].append((rank, entry))
    assert {kind: len(rows) for kind, rows in columns.items()} == {"replaced": 400, "withdrawn": 400, "dummy": 2400}
    for rows in columns.values():
        ranks = np.bincount([rank for rank, _ in rows], minlength=TERMS.records_per_delta)
        assert chi_square_deviation(ranks) < SIGMAS
        for tags in ([entry.old for _, entry in rows], [entry.new for _, entry in rows]):
            numbers = np.array([int.from_bytes(one + one[:1], "big") for one in tags], dtype=np.uint64)
            assert bit_share_deviation(numbers) < SIGMAS
    in_front = np.array([400, 0, 0, 0, 0, 0, 0, 0])
    assert chi_square_deviation(in_front) > SIGMAS


def test_the_size_of_a_snapshot_tells_the_number_of_records_only_to_1024() -> None:
    records = [record(tag(number), *(f"{number}-{i}" for i in range(4))) for number in range(1025)]
    sizes = [owner(records[:count]).info.postings for count in (0, 1, 500, 1024, 1025)]
    assert sizes == [4096, 4096, 4096, 4096, 8192]


def test_without_the_evaluation_every_candidate_key_finds_nothing() -> None:
    records = [record(tag(number), "known") for number in range(3)]
    chain = owner(records, terms=TERMS)
    context = posting_context(chain.snapshot.secret, SCOPE)
    guesses = [posting_key(evaluation(f"guess-{number}"), context) for number in range(2000)]
    assert all(found.next_index == 0 for found in walk_many(chain.taken, guesses, 256))
    right = [posting_key(evaluation("known"), posting_context(bytes(32), SCOPE))]
    assert walk_many(chain.taken, right, 256)[0].next_index == 0, "the evaluation alone, without S, is not enough"
