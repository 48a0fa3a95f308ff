"""Index copies: one view over runs and deltas, merged in geometric steps while readers read."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import Code, LancangError
from node.storage.index_files import IndexCopy, RunName, RunWriter, copy, write_run
from node.storage.index_files.layout import Words
from node.storage.index_files.merging import due, merge_parts

BASE = RunName(0, 0)


def uniform(count: int, seed: int) -> Words:
    return np.unique(np.random.default_rng(seed).integers(0, 2**64, count, dtype=np.uint64))


def refused(act: Callable[[], object]) -> Code:
    with pytest.raises(LancangError) as refusal:
        act()
    return refusal.value.code


def started(directory: Path, count: int = 1000) -> IndexCopy:
    labels = uniform(count, 0)
    write_run(directory, BASE, labels, ~labels)
    return IndexCopy(directory, [BASE])


def settle(index: IndexCopy, valid: list[RunName]) -> list[RunName]:
    """Merge as the node does: record, install, remove."""
    done = index.merge()
    assert done is not None
    valid = [name for name in valid if name not in done.obsolete] + [done.written]
    index.install(done)
    index.remove(done.obsolete)
    return valid


def test_a_delta_is_found_beside_the_snapshot(tmp_path: Path) -> None:
    index = started(tmp_path)
    delta = uniform(50, 1)
    assert not index.contains_any(delta)
    index.apply_delta(1, delta, ~delta)
    assert (index.postings, index.last_seq) == (1050, 1)
    assert index.contains_any(delta[:1])
    assert index.find(int(delta[7])) == int(~delta[7])
    assert index.find(int(delta[7]) ^ 1) is None
    both = np.concatenate((delta, uniform(1000, 0)))
    found, masked = index.find_many(both)
    assert found.all()
    assert np.array_equal(masked, ~both)


@pytest.mark.parametrize("seq", [0, 1, 3])
def test_only_the_next_delta_is_applied(tmp_path: Path, seq: int) -> None:
    index = started(tmp_path)
    index.apply_delta(1, uniform(5, 1), uniform(5, 1))
    assert refused(lambda: index.apply_delta(seq, uniform(5, 2), uniform(5, 2))) is Code.BATCH_GAP


def test_runs_that_do_not_follow_each_other_are_refused(tmp_path: Path) -> None:
    for name in (BASE, RunName(1, 4), RunName(6, 9)):
        write_run(tmp_path, name, uniform(5, name.first_seq), uniform(5, name.first_seq))
    assert IndexCopy(tmp_path, [RunName(1, 4), BASE]).last_seq == 4
    for names in ([], [RunName(1, 4)], [BASE, RunName(6, 9)], [BASE, RunName(1, 4), RunName(1, 4)]):
        assert refused(partial(IndexCopy, tmp_path, names)) is Code.STORAGE_DAMAGED


def test_memory_is_due_to_be_written_from_a_size_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy, "FLUSH_POSTINGS", 100)
    index = started(tmp_path)
    assert not index.merge_due()
    assert index.merge() is None
    index.apply_delta(1, uniform(99, 1), uniform(99, 1))
    assert not index.merge_due()
    index.apply_delta(2, uniform(1, 2), uniform(1, 2))
    assert index.merge_due()
    assert settle(index, [BASE]) == [BASE, RunName(1, 2)]
    assert not index.merge_due()


@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(1, 400), min_size=1, max_size=12), merges=st.integers(0, 2**12))
def test_merging_and_reopening_change_nothing_that_is_seen(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], merges: int
) -> None:
    directory = tmp_path_factory.mktemp("copy")
    index = started(directory, 500)
    valid = [BASE]
    everything = uniform(500, 0)
    for seq, size in enumerate(sizes, 1):
        delta = uniform(size, seq)
        everything = np.concatenate((everything, delta))
        index.apply_delta(seq, delta, ~delta)
        if merges >> seq & 1:
            valid = settle(index, valid)
            assert set(index.runs) == set(valid)
            assert {path.name for path in directory.iterdir()} == {name.file_name for name in valid}
        found, masked = index.find_many(everything)
        assert found.all()
        assert np.array_equal(masked, ~everything)
    reopened = IndexCopy(directory, valid)
    for seq in range(reopened.last_seq + 1, len(sizes) + 1):
        reopened.apply_delta(seq, uniform(sizes[seq - 1], seq), ~uniform(sizes[seq - 1], seq))
    assert reopened.postings == index.postings == len(everything)
    assert reopened.find_many(everything)[0].all()
    reopened.verify()


def test_runs_stay_few_and_postings_are_rewritten_rarely(tmp_path: Path) -> None:
    index = started(tmp_path, 20_000)
    valid = [BASE]
    written = 0
    for seq in range(1, 201):
        index.apply_delta(seq, uniform(200, seq), uniform(200, seq))
        if seq % 2 == 0:
            valid = settle(index, valid)
            written += (tmp_path / index.runs[-1].file_name).stat().st_size // 16
            assert len(valid) <= 6
    assert written < 6 * index.postings


def test_a_run_is_merged_only_when_the_newer_ones_hold_a_quarter_of_it() -> None:
    assert due([1000, 100, 10, 1]) == 1
    assert due([1000, 100, 10, 3]) == 2
    assert due([1000, 100, 50, 13]) == 3
    assert due([500, 100, 50, 13]) == 4
    assert due([7]) == 1


def test_a_merge_longer_than_one_step_keeps_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.storage.index_files.merging._STEP", 64)
    index = started(tmp_path, 1000)
    for seq, size in enumerate((900, 64, 1), 1):
        index.apply_delta(seq, uniform(size, seq), ~uniform(size, seq))
    assert settle(index, [BASE]) == [RunName(0, 3)]
    everything = np.concatenate([uniform(size, seq) for seq, size in enumerate((1000, 900, 64, 1))])
    assert index.find_many(everything)[0].all()
    index.verify()


def test_parts_that_share_a_label_do_not_merge(tmp_path: Path) -> None:
    index = started(tmp_path)
    same = uniform(1000, 0)[:1]
    index.apply_delta(1, same, same)
    parts = index._parts
    assert refused(lambda: merge_parts(tmp_path, RunName(0, 1), parts)) is Code.BATCH_MALFORMED


def test_deltas_applied_during_a_merge_are_not_lost(tmp_path: Path) -> None:
    index = started(tmp_path)
    index.apply_delta(1, uniform(10, 1), uniform(10, 1))
    first = index.merge()
    assert first is not None
    index.apply_delta(2, uniform(10, 2), uniform(10, 2))
    index.install(first)
    assert (index.postings, index.last_seq) == (1020, 2)
    abandoned = index.merge()
    index.apply_delta(3, uniform(10, 3), uniform(10, 3))
    assert abandoned is not None, "its database transaction failed: it is never installed"
    second = index.merge()
    assert second is not None
    assert second.written == RunName(1, 3)
    index.install(second)
    assert (index.postings, index.last_seq, index.runs) == (1030, 3, (BASE, RunName(1, 3)))
    assert index.contains_any(uniform(10, 2)[:1])


def test_readers_see_each_delta_whole_or_not_at_all(tmp_path: Path) -> None:
    index = started(tmp_path)
    deltas = [uniform(40, seq) for seq in range(1, 121)]
    torn: list[int] = []
    lost: list[int] = []
    done = threading.Event()

    def read() -> None:
        high = 0
        while not done.is_set():
            for delta in deltas[max(0, high - 1) : high + 2]:
                count = int(index.find_many(delta)[0].sum())
                if count not in (0, len(delta)):
                    torn.append(count)
            seen = index.last_seq
            if seen < high or (high and not index.contains_any(deltas[high - 1])):
                lost.append(seen)
            high = seen

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    valid = [BASE]
    for seq, delta in enumerate(deltas, 1):
        index.apply_delta(seq, delta, delta)
        if seq % 10 == 0:
            valid = settle(index, valid)
    done.set()
    for reader in readers:
        reader.join()
    assert (torn, lost) == ([], [])


def anonymous_bytes() -> int:
    rollup = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    found = re.search(r"Anonymous:\s+(\d+) kB", rollup)
    assert found
    return int(found[1]) * 1024


def test_a_large_copy_stays_out_of_anonymous_memory(tmp_path: Path) -> None:
    count, step = 4_000_000, 65_536
    before = anonymous_bytes()
    with RunWriter(tmp_path, BASE, count) as writer:
        for at in range(0, count, step):
            labels = np.arange(at, min(at + step, count), dtype=np.uint64) * np.uint64(2**64 // count)
            writer.append(labels, labels)
        writer.commit()
    index = IndexCopy(tmp_path, [BASE])
    asked = uniform(20_000, 5) // np.uint64(2**64 // count) * np.uint64(2**64 // count)
    assert index.find_many(asked)[0].all()
    index.verify()
    assert anonymous_bytes() - before < 40_000_000, "the postings alone are 64 MB"
