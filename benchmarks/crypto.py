"""Evaluating a record's tokens against its tokens x (one hash-to-group + one scalar multiplication), in CPU time."""

from __future__ import annotations

import json
import time

from benchmarks.people import record_lines
from benchmarks.rows import Limit, Row, Spread
from matcher.reading import person_from_json
from matcher.tokens import record_tokens
from node.acts.runtime.long_work import encode_records
from node.crypto.voprf import Mode, evaluate, hash_to_group, libsodium, random_key_pair
from node.exchange.token import token_bytes

RECORDS = 300


def measure() -> list[Row]:
    """One pair of measurements a record, turn by turn."""
    key = random_key_pair()
    took: list[float] = []
    floor: list[float] = []
    ratios: list[float] = []
    lines = record_lines(RECORDS, seed=11)
    for line in lines:
        tokens = record_tokens(person_from_json(json.loads(line), id_key="record_id")[1])
        inputs = [token_bytes(token) for token in tokens]
        begun = time.thread_time()
        for x in inputs:
            libsodium.multiply(key.secret, hash_to_group(x, Mode.VOPRF))
        between = time.thread_time()
        for token in tokens:
            evaluate(key, token_bytes(token))
        took.append((time.thread_time() - between) * 1e3)
        floor.append((between - begun) * 1e3)
        ratios.append(took[-1] / floor[-1])
    begun = time.thread_time()
    encode_records(key.secret, lines)
    encoded = (time.thread_time() - begun) / len(lines) * 1e3
    measured, least = Spread.of(took, "ms"), Spread.of(floor, "ms")
    notes = {
        "ratio of each record": Spread.of(ratios, "x").text(),
        "a record from its JSON line to its evaluations": f"{encoded:.3g} ms",
    }
    limit = Limit(1.3, "x")
    return [Row("evaluating a record's tokens", measured, least, measured.p50 / least.p50, limit, notes)]
