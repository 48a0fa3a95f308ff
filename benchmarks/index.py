"""Looking one subject up in a copy of 1,000,000 records x 16 tokens: milliseconds warm, and memory.

The copy's other labels and contents are drawn at random, which is what postings look like to whoever does not hold
their evaluations. A subject's own tokens stand in it as often as a million people would make them: 1 + N * q_k
times for a kind of collision probability q_k, COMMON above the cap; of a second reading or a shifted date, N * q_k.
"""

from __future__ import annotations

import gc
import json
import secrets
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.people import query_lines
from benchmarks.rows import Limit, Row, Spread
from matcher.reading import person_from_json
from matcher.tokens import kind_by_number, query_tokens
from node.exchange.match import find_tokens, match
from node.exchange.posting import COMMON, posting_context, posting_key, slots
from node.exchange.terms import Words
from node.model.scope import Scope
from node.storage.index_files import IndexCopy, RunName
from node.storage.index_files.writer import write_run

RECORDS = 1_000_000
TOKENS = 16
SUBJECTS = 60
ROUNDS = 5
LIST_CAP = 256
SCOPE = Scope("mekong", "th", "cn", 1)
SNAPSHOT = RunName(0, 0)
LIMIT_MS = 2.0
LIMIT_MB = 100.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What a search holds once its answers are verified: the kind and the evaluation at each position."""

    kinds: dict[int, int]
    evaluations: dict[int, bytes]


@dataclass(frozen=True, slots=True)
class Timed:
    """What the process that looked up saw. find, full: milliseconds of one subject; megabytes: anonymous growth."""

    find: list[float]
    full: list[float]
    hits: int
    postings_walked: float
    megabytes: float


def measure() -> list[Row]:
    """Build the copy here, look up in a fresh process, so that its memory is its own."""
    secret = secrets.token_bytes(32)
    with tempfile.TemporaryDirectory() as scratch:
        subjects = [_subject(line) for line in query_lines(SUBJECTS, seed=21)]
        _build(Path(scratch), secret, subjects)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            timed = pool.submit(look_up, Path(scratch), secret, subjects).result()
    measured = Spread.of(timed.find, "ms")
    asked = sum(len(subject.kinds) for subject in subjects) / len(subjects)
    notes = {
        "tokens asked of a subject": f"{asked:.0f} on average, {timed.postings_walked:.0f} tags under them",
        "with the scoring of its candidates": Spread.of(timed.full, "ms").text(),
    }
    memory = Spread.of([timed.megabytes], "MB")
    return [
        Row("lookup of one subject in 1,000,000 x 16 postings, warm", measured, None, measured.p50,
            Limit(LIMIT_MS, "ms"), notes),
        Row("anonymous memory that copy and lookups take", memory, None, memory.p50, Limit(LIMIT_MB, "MB")),
    ]  # fmt: skip


def _subject(line: bytes) -> Subject:
    tokens = query_tokens(person_from_json(json.loads(line), id_key="query_id")[1], 64)
    kinds = {position: int(token.kind) for position, token in enumerate(tokens)}
    return Subject(kinds, {position: secrets.token_bytes(64) for position in kinds})


def _build(directory: Path, secret: bytes, subjects: list[Subject]) -> None:
    """Write the copy's one run: the subjects' postings among random ones."""
    chance = np.random.default_rng(7)
    own = [_postings(subject, secret, chance) for subject in subjects]
    rest = RECORDS * TOKENS - sum(len(labels) for labels, _ in own)
    labels = np.concatenate([*(labels for labels, _ in own), _random_words(rest, chance)])
    masked = np.concatenate([*(masked for _, masked in own), _random_words(rest, chance)])
    _, first = np.unique(labels, return_index=True)
    write_run(directory, SNAPSHOT, labels[first], masked[first])


def _postings(subject: Subject, secret: bytes, chance: np.random.Generator) -> tuple[Words, Words]:
    context = posting_context(secret, SCOPE)
    places: list[tuple[bytes, int]] = []
    contents: list[int] = []
    seen: set[int] = set()
    for position, kind in subject.kinds.items():
        key = posting_key(subject.evaluations[position], context)
        length = int(chance.poisson(RECORDS * kind_by_number(kind).collision)) + (kind not in seen)
        seen.add(kind)
        if length > LIST_CAP:
            places.append((key, 0))
            contents.append(COMMON)
            continue
        places += [(key, i) for i in range(length)]
        contents += [int.from_bytes(secrets.token_bytes(7), "big") << 8 for _ in range(length)]
    labels, masks = slots(places)
    return labels, masks ^ np.array(contents, dtype=np.uint64)


def _random_words(count: int, chance: np.random.Generator) -> Words:
    return chance.integers(0, np.iinfo(np.uint64).max, size=count, dtype=np.uint64, endpoint=True)


def look_up(directory: Path, secret: bytes, subjects: list[Subject]) -> Timed:
    """In a process of its own: open the copy, look every subject up once cold, then warm."""
    gc.collect()
    before = anonymous_megabytes()
    copy = IndexCopy(directory, [SNAPSHOT])
    none: frozenset[bytes] = frozenset()
    find: list[float] = []
    full: list[float] = []
    hits, tags = 0, 0
    for turn in range(ROUNDS + 1):
        for subject in subjects:
            begun = time.thread_time()
            found = find_tokens(
                subject.kinds, subject.evaluations, secret=secret, scope=SCOPE, lookup=copy, revoked=none,
                list_cap=LIST_CAP,
            )  # fmt: skip
            between = time.thread_time()
            match(
                subject.kinds, subject.evaluations, secret=secret, scope=SCOPE, lookup=copy, revoked=none,
                population=float(RECORDS), prior=1 << 16, list_cap=LIST_CAP,
            )  # fmt: skip
            ended = time.thread_time()
            tags += sum(len(token.tags) for token in found)
            hits += any(token.tags for token in found)
            if turn:
                find.append((between - begun) * 1e3)
                full.append((ended - between) * 1e3)
    looked_up = (ROUNDS + 1) * len(subjects)
    if hits != looked_up:
        raise AssertionError(f"{looked_up - hits} subjects were not found in the copy")
    return Timed(find, full, hits, tags / looked_up, anonymous_megabytes() - before)


def anonymous_megabytes() -> float:
    """Anonymous memory of this process (proc_pid_smaps(5))."""
    for line in Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("this kernel does not tell anonymous memory")
