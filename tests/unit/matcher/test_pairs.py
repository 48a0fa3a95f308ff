"""Pairs of a native name and what people write for it: how many meet, in which skeleton, and which must.

One TSV a script in pairs/, made for this project: native, Latin spellings with | between them, a note. A note that
begins with "must" makes each spelling of its row meet in the frame, whatever the shares. The head states source,
licence and the shares of all spellings that meet: "# must meet: loose 0.95 frame 0.97".
A linguist can mend it without code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from matcher.names import Reading, readings, searched_readings
from matcher.phonetics import frame, loose
from matcher.phonetics import whole as joined

ROWS_AT_LEAST = 300
RECORD_READINGS = 3
_FILES = sorted((Path(__file__).parent / "pairs").glob("*.tsv"))
_SHARES = re.compile(r"# must meet: loose (0\.\d+|1\.0+) frame (0\.\d+|1\.0+)")
_DEPTHS: dict[str, Callable[[str], str]] = {"loose": loose, "frame": frame}


@dataclass(frozen=True, slots=True)
class Pair:
    """One native form, one Latin spelling of it, and whether the two must meet."""

    native: str
    latin: str
    must: bool


def head_of(path: Path) -> str:
    return "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#"))


def rows_of(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]


def pairs_of(path: Path) -> list[Pair]:
    return [
        Pair(native, spelling, note.startswith("must"))
        for native, spellings, note in rows_of(path)
        for spelling in spellings.split("|")
    ]


def meets(pair: Pair, depth: Callable[[str], str]) -> bool:
    """Whether a reading of the record and one of the search have the same whole name at that depth."""

    def whole(reading: Reading) -> str:
        return joined(tuple(depth(part) for part in reading))

    held = {whole(reading) for reading in readings(pair.native)[:RECORD_READINGS]}
    return bool(held & {whole(reading) for reading in searched_readings(pair.latin)} - {""})


by_file = pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)


@by_file
def test_a_file_says_whence_it_comes_and_holds_enough_distinct_names(path: Path) -> None:
    head, rows = head_of(path), rows_of(path)
    assert re.search("(?i)source", head), "the head states no source"
    assert re.search("(?i)licence", head), "the head states no licence"
    assert _SHARES.search(head), "the head states no shares that must meet"
    assert all(len(row) == 3 and all(row[:2]) for row in rows), "a row is: native, spellings, note (may be empty)"
    assert len({row[0] for row in rows}) == len(rows) >= ROWS_AT_LEAST


@by_file
def test_the_share_that_the_head_states_meets(path: Path) -> None:
    stated = _SHARES.search(head_of(path))
    assert stated is not None
    pairs = pairs_of(path)
    for (name, depth), share in zip(_DEPTHS.items(), stated.groups(), strict=True):
        missed = [f"{pair.native} {pair.latin}" for pair in pairs if not meets(pair, depth)]
        met = 1 - len(missed) / len(pairs)
        assert met >= float(share), f"{name}: {met:.3f} of {len(pairs)} meet, not {share}; missed: {'; '.join(missed)}"


@by_file
def test_a_pair_that_must_meet_does(path: Path) -> None:
    missed = [f"{pair.native} {pair.latin}" for pair in pairs_of(path) if pair.must and not meets(pair, frame)]
    assert not missed, "; ".join(missed)
