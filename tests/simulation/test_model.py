"""Puts, changes, withdrawals and imports in random order at one owner, against a plain dict of what stands."""

from __future__ import annotations

import random
from itertools import count

import pytest

from node.v1 import operator_pb2
from tests.support.people import Line, numbered
from tests.support.rough_line import OWNER, RoughLine

_phones = count(9_000_000)


def _record(draw: random.Random, record_id: str) -> Line:
    """A version of a record, with a phone that no other version has."""
    (made,) = numbered("TH", 1, draw.randrange(1 << 30), first=next(_phones))
    return made | {"record_id": record_id}


def _run(rough: RoughLine, draw: random.Random, steps: int) -> None:
    run = draw.randrange(1 << 30)
    mine: dict[str, str] = {}
    gone: set[str] = set()

    def load(ids: list[str]) -> None:
        records = [_record(draw, record_id) for record_id in ids]
        known = [mine[record_id] for record_id in ids if record_id in mine]
        summary = rough.imported(records)
        assert (summary.added, summary.changed) == (len(ids) - len(known), len(known))
        gone.update(known)
        mine.update({record["record_id"]: record["phones"][0] for record in records})

    for step in range(steps):
        action = draw.choice(["put", "change", "withdraw", "import", "restart"] if step else ["import"])
        if action == "put" or not mine:
            load([f"M{run}-{step}"])
        elif action == "change":
            load([draw.choice(sorted(mine))])
        elif action == "withdraw":
            record_id = draw.choice(sorted(mine))
            with rough.running.officer(OWNER) as stub:
                stub.WithdrawRecord(operator_pb2.WithdrawRecordRequest(record_id=record_id), timeout=10.0)
            gone.add(mine.pop(record_id))
            del rough.held[record_id]
        elif action == "import":
            fresh = [f"M{run}-{step}-{place}" for place in range(draw.randint(1, 9))]
            load(fresh + draw.sample(sorted(mine), min(len(mine), draw.randint(0, 4))))
        elif draw.random() < 0.2:
            rough.restart()
    rough.check_all(draw, 4)
    rows = draw.sample(sorted(mine.items()), min(24, len(mine)))
    old = draw.sample(sorted(gone), min(16, len(gone)))
    found = rough.found("cn", [phone for _, phone in rows] + old)
    assert {phone for phone, tags in found.items() if tags} == {phone for _, phone in rows}
    for record_id, phone in rows[:5]:
        assert [rough.record_of("cn", tag) for tag in found[phone]] == [record_id]


def test_whatever_the_order_of_changes_a_peer_finds_what_stands(rough: RoughLine, draw: random.Random) -> None:
    _run(rough, draw, 20)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_whatever_the_order_of_many_changes(rough: RoughLine, draw: random.Random) -> None:
    for _ in range(25):
        _run(rough, draw, 80)
