"""Run files: written in order and whole, looked up by bucket, refused when damaged."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from node.errors import Code, LancangError
from node.storage.index_files import Run, RunName, RunWriter, write_run
from node.storage.index_files.layout import HEADER_BYTES, Words

NAME = RunName(0, 0)


def uniform(count: int, seed: int = 1) -> Words:
    return np.unique(np.random.default_rng(seed).integers(0, 2**64, count, dtype=np.uint64))


def refused(act: Callable[[], object]) -> Code:
    with pytest.raises(LancangError) as refusal:
        act()
    return refusal.value.code


SETS = {
    "one": np.array([2**64 - 1], dtype=np.uint64),
    "ends": np.array([0, 1, 2**63, 2**64 - 1], dtype=np.uint64),
    "few": uniform(100),
    "many": uniform(50_000),
    "crowded": np.arange(2**40, 2**40 + 5000, dtype=np.uint64),
    "half crowded": np.concatenate((np.arange(60, dtype=np.uint64), uniform(1000))),
}


@pytest.mark.parametrize("labels", SETS.values(), ids=SETS.keys())
def test_what_is_there_is_found_and_nothing_else(tmp_path: Path, labels: Words) -> None:
    labels = np.unique(labels)
    masked = labels * np.uint64(3) + np.uint64(1)
    write_run(tmp_path, NAME, labels, masked)
    run = Run.open(tmp_path, NAME)
    run.verify()
    assert len(run) == len(labels)
    assert (run.first_seq, run.last_seq) == (0, 0)
    absent = np.setdiff1d(np.concatenate((labels + np.uint64(1), labels - np.uint64(1), uniform(50, 9))), labels)
    asked = np.random.default_rng(2).permutation(np.concatenate((labels, absent)))
    found, contents = run.find_many(asked)
    expected = np.isin(asked, labels)
    assert np.array_equal(found, expected)
    assert np.array_equal(contents, np.where(expected, asked * np.uint64(3) + np.uint64(1), np.uint64(0)))
    assert [len(part) for part in run.find_many(np.array([], dtype=np.uint64))] == [0, 0]


def test_streaming_in_pieces_gives_the_same_file(tmp_path: Path) -> None:
    labels = uniform(5000)
    write_run(tmp_path, RunName(0, 0), labels, ~labels)
    whole = (tmp_path / NAME.file_name).read_bytes()
    with RunWriter(tmp_path, NAME, len(labels)) as writer:
        for at in range(0, len(labels), 777):
            writer.append(labels[at : at + 777], ~labels[at : at + 777])
        writer.append(labels[:0], labels[:0])
        assert writer.commit() == NAME
    assert (tmp_path / NAME.file_name).read_bytes() == whole


def test_only_a_complete_run_gets_its_name(tmp_path: Path) -> None:
    labels = uniform(100)
    with RunWriter(tmp_path, NAME, 100) as writer:
        writer.append(labels[:50], labels[:50])
        assert refused(writer.commit) is Code.BATCH_MALFORMED
        assert not (tmp_path / NAME.file_name).exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("second", [[5, 7], [4, 9], [9, 8], [8, 8], [6, 7, 8]])
def test_labels_out_of_order_or_too_many_are_refused_also_across_pieces(tmp_path: Path, second: list[int]) -> None:
    with RunWriter(tmp_path, NAME, 4) as writer:
        writer.append(np.array([1, 5], dtype=np.uint64), np.zeros(2, dtype=np.uint64))
        piece = np.array(second, dtype=np.uint64)
        assert refused(lambda: writer.append(piece, piece)) is Code.BATCH_MALFORMED
    assert list(tmp_path.iterdir()) == []


def test_run_files_are_for_the_node_alone(tmp_path: Path) -> None:
    write_run(tmp_path, NAME, uniform(10), uniform(10))
    assert (tmp_path / NAME.file_name).stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_refused_at_once_or_by_the_full_check(tmp_path: Path) -> None:
    labels = uniform(1000)
    write_run(tmp_path, NAME, labels, labels)
    path = tmp_path / NAME.file_name
    good = path.read_bytes()
    for header_byte in (0, 8, 24, 60, 140):
        path.write_bytes(good[:header_byte] + bytes([good[header_byte] ^ 1]) + good[header_byte + 1 :])
        assert refused(lambda: Run.open(tmp_path, NAME)) is Code.STORAGE_DAMAGED
    for content in (good[:-1], good + b"\0", good[:HEADER_BYTES], good[:10], b""):
        path.write_bytes(content)
        assert refused(lambda: Run.open(tmp_path, NAME)) is Code.STORAGE_DAMAGED
    for at in (HEADER_BYTES, HEADER_BYTES + 8000, len(good) - 1):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        assert refused(Run.open(tmp_path, NAME).verify) is Code.STORAGE_DAMAGED
    path.write_bytes(good)
    Run.open(tmp_path, NAME).verify()


def test_a_run_under_another_name_or_missing_is_refused(tmp_path: Path) -> None:
    write_run(tmp_path, RunName(3, 9), uniform(10), uniform(10))
    (tmp_path / RunName(3, 9).file_name).rename(tmp_path / RunName(4, 9).file_name)
    assert refused(lambda: Run.open(tmp_path, RunName(4, 9))) is Code.STORAGE_DAMAGED
    assert refused(lambda: Run.open(tmp_path, RunName(3, 9))) is Code.STORAGE_DAMAGED


def test_names_are_read_back_and_nothing_else_is_one() -> None:
    assert RunName.parse(RunName(7, 123_456).file_name) == RunName(7, 123_456)
    for other in ("000000000000-000000000001.run.part", "1-2.run", "../etc", "000000000000-000000000001.run\n"):
        assert refused(partial(RunName.parse, other)) is Code.STORAGE_DAMAGED


def test_a_full_disk_leaves_no_part_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="no space"):
        write_run(tmp_path, NAME, uniform(10), uniform(10))
    assert list(tmp_path.iterdir()) == []


def test_a_run_of_links_alone_holds_no_posting_and_finds_none(tmp_path: Path) -> None:
    nothing = np.array([], dtype=np.uint64)
    for later in (RunName(1, 1), RunName(2, 5)):
        write_run(tmp_path, later, nothing, nothing)
        run = Run.open(tmp_path, later)
        run.verify()
        assert len(run) == 0
        found, masked = run.find_many(uniform(10))
        assert not found.any()
        assert not masked.any()
    write_run(tmp_path, RunName(0, 0), nothing, nothing)
    assert refused(lambda: Run.open(tmp_path, RunName(0, 0))) is Code.STORAGE_DAMAGED
