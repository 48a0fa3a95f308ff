"""Floors: the cryptography alone, timed as the nodes call it, on one core or on all at once.

In CPU time: nothing here waits, so that on idle cores it is the time on the wall, and other work on the machine cannot
raise a floor. All cores are busy at once, so that a floor "on these cores" knows what sharing them costs.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Literal

from matcher.person import Person
from matcher.reading import person_from_json
from matcher.tokens import query_tokens, record_tokens
from node.crypto.voprf import (
    Mode,
    blind_evaluate_batch,
    blind_with,
    evaluate,
    random_key_pair,
    random_scalar,
    unblind_batch,
    verify_batch,
)
from node.exchange.posting import encode_posting, posting_context, posting_key, record_content, slot
from node.exchange.token import pad_bytes, token_bytes
from node.model.scope import Scope

PEERS = 5
ASK_SIZE = 64


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class SearchFloor:
    """Seconds of one search's cryptography on one core."""

    blinding: float
    evaluating: float
    verifying: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.blinding + self.evaluating + self.verifying


def search_floor(query: bytes) -> SearchFloor:
    """One blinding, five evaluations with proof, five verifications with the real tokens unblinded; nothing else."""
    tokens = [token_bytes(token) for token in query_tokens(_person(query, "query_id"), ASK_SIZE)]
    inputs = tokens + [pad_bytes(secrets.token_bytes) for _ in range(ASK_SIZE - len(tokens))]
    blinds = [random_scalar() for _ in inputs]
    keys = [random_key_pair() for _ in range(PEERS)]
    begun = time.thread_time()
    elements = [blind_with(x, scalar, Mode.VOPRF) for x, scalar in zip(inputs, blinds, strict=True)]
    blinded = time.thread_time()
    answers = [blind_evaluate_batch(key, elements) for key in keys]
    answered = time.thread_time()
    real = len(tokens)
    for key, (evaluated, proof) in zip(keys, answers, strict=True):
        verify_batch(key.public, elements, evaluated, proof)
        unblind_batch(inputs[:real], blinds[:real], evaluated[:real])
    return SearchFloor(blinded - begun, answered - blinded, time.thread_time() - answered)


@dataclass(frozen=True, slots=True)
class ImportFloor:
    """Seconds of some records' tokenising, evaluating and deriving of postings for five audiences, on one core."""

    tokenising: float
    evaluating: float
    deriving: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.tokenising + self.evaluating + self.deriving


def import_floor(lines: Sequence[bytes]) -> ImportFloor:
    """For records (JSON lines) that are already read."""
    people = [_person(line, "record_id") for line in lines]
    key = random_key_pair()
    contexts = [posting_context(secrets.token_bytes(32), Scope("mekong", "th", f"a{n}", 1)) for n in range(PEERS)]
    begun = time.thread_time()
    tokens = [[token_bytes(token) for token in record_tokens(person)] for person in people]
    tokenised = time.thread_time()
    evaluated = [[evaluate(key, x) for x in each] for each in tokens]
    done = time.thread_time()
    content = record_content(bytes(7))
    for context in contexts:
        for each in evaluated:
            for y in each:
                encode_posting(slot(posting_key(y, context), 0), content)
    return ImportFloor(tokenised - begun, done - tokenised, time.thread_time() - done)


def _person(line: bytes, id_key: Literal["record_id", "query_id"]) -> Person:
    return person_from_json(json.loads(line), id_key=id_key)[1]


def _search_seconds(queries: Sequence[bytes]) -> float:
    search_floor(queries[0])
    return sum(search_floor(query).total for query in queries)


def _import_seconds(lines: Sequence[bytes]) -> float:
    import_floor(lines[:20])
    return import_floor(lines).total


def searches_a_second(queries: Sequence[bytes]) -> float:
    """What the cryptography of searches allows on all cores at once."""
    return on_all_cores(_search_seconds, queries)


def records_a_second(lines: Sequence[bytes]) -> float:
    """What tokenising, evaluating and deriving allow on all cores at once."""
    return on_all_cores(_import_seconds, lines)


def on_all_cores(seconds: Callable[[Sequence[bytes]], float], items: Sequence[bytes]) -> float:
    """Items a second over all cores; every core works through all of them at the same time."""
    count = cores()
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        # Importing takes a second: nobody may be measured while another is still at it.
        list(pool.map(time.sleep, [0.5] * count))
        list(pool.map(seconds, [items[:4]] * count))
        each = list(pool.map(seconds, [items] * count))
    return sum(len(items) / one for one in each)
