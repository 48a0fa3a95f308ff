"""A copy under attack: what a hostile owner sends between honest deltas is refused by name and changes nothing."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from node.errors import Code, LancangError
from node.exchange.batch import delta_hash, encode_delta, parse_delta
from node.exchange.chain import apply_delta
from node.exchange.terms import Terms
from node.model.batch import Delta
from node.model.scope import Scope
from tests.unit.exchange.builders import DictLookup, Owner, owner, record, tag

TERMS = Terms(postings_per_record=2, records_per_delta=2, list_cap=3, ask_size=8)


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


class HostileOwner(RuleBasedStateMachine):
    """The honest chain is known to the model; the copy has applied a prefix of it."""

    def __init__(self) -> None:
        super().__init__()
        self.owner: Owner = owner([record(tag(0), "a")], terms=TERMS)
        self.state = self.owner.state
        self.copy = DictLookup()
        self.copy.add(self.owner.snapshot.labels, self.owner.snapshot.masked)
        self.applied = 0
        self.labels = len(self.copy.postings)
        self.records = 0

    def refuse(self, delta: Delta, *codes: Code) -> None:
        with pytest.raises(LancangError) as refusal:
            apply_delta(self.state, delta, self.copy)
        assert refusal.value.code in codes

    @property
    def next(self) -> Delta:
        return self.owner.deltas[self.applied]

    @rule(tokens=st.sets(st.sampled_from("abc"), max_size=2), withdraw=st.booleans())
    def publish(self, tokens: set[str], withdraw: bool) -> None:
        self.records += 1
        gone = [tag(self.records - 1)] if withdraw else []
        self.owner.publish(record(tag(self.records), *sorted(tokens)), withdrawn=gone)

    @precondition(lambda self: self.applied < len(self.owner.deltas))
    @rule()
    def follow(self) -> None:
        sent = parse_delta(encode_delta(self.next))
        done = apply_delta(self.state, sent, self.copy)
        self.state = done.state
        self.copy.add(done.labels, done.masked)
        self.applied += 1
        self.labels += len(done.labels)

    @precondition(lambda self: self.applied > 0)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        self.refuse(self.owner.deltas[data.draw(st.integers(0, self.applied - 1))], Code.BATCH_REPLAYED)

    @precondition(lambda self: self.applied + 1 < len(self.owner.deltas))
    @rule(data=st.data())
    def skip(self, data: st.DataObject) -> None:
        at = data.draw(st.integers(self.applied + 1, len(self.owner.deltas) - 1))
        self.refuse(self.owner.deltas[at], Code.BATCH_GAP)

    @precondition(lambda self: self.applied > 0)
    @rule(later=st.integers(1, 1000))
    def show_a_second_history(self, later: int) -> None:
        last = self.owner.deltas[self.applied - 1]
        self.refuse(dataclasses.replace(last, ms=last.ms + later), Code.BATCH_FORK)

    @precondition(lambda self: self.applied < len(self.owner.deltas))
    @rule(previous=st.binary(min_size=32, max_size=32))
    def follow_another_batch(self, previous: bytes) -> None:
        self.refuse(dataclasses.replace(self.next, previous=previous), Code.BATCH_FORK)

    @precondition(lambda self: self.applied < len(self.owner.deltas))
    @rule(data=st.data())
    def send_another_size(self, data: st.DataObject) -> None:
        postings, revocations = pieces(self.next.postings, 16), pieces(self.next.revocations, 14)
        keep = data.draw(st.integers(0, 6).filter(lambda count: count != 4))
        self.refuse(dataclasses.replace(self.next, postings=b"".join((postings * 2)[:keep])), Code.BATCH_MALFORMED)
        keep = data.draw(st.integers(0, 4).filter(lambda count: count != 2))
        self.refuse(
            dataclasses.replace(self.next, revocations=b"".join((revocations * 2)[:keep])), Code.BATCH_MALFORMED
        )

    @precondition(lambda self: self.applied < len(self.owner.deltas))
    @rule(data=st.data())
    def disorder(self, data: st.DataObject) -> None:
        postings = pieces(self.next.postings, 16)
        shuffled = data.draw(st.permutations(postings).filter(lambda order: list(order) != postings))
        self.refuse(dataclasses.replace(self.next, postings=b"".join(shuffled)), Code.BATCH_MALFORMED)
        first, second = pieces(self.next.revocations, 14)
        self.refuse(dataclasses.replace(self.next, revocations=second + first), Code.BATCH_MALFORMED)

    @precondition(lambda self: self.applied < len(self.owner.deltas))
    @rule(data=st.data())
    def repeat_a_label(self, data: st.DataObject) -> None:
        postings = pieces(self.next.postings, 16)
        at = data.draw(st.integers(0, 2))
        twice = [*postings[: at + 1], postings[at][:8] + bytes(8), *postings[at + 2 :]]
        self.refuse(dataclasses.replace(self.next, postings=b"".join(sorted(twice))), Code.BATCH_MALFORMED)
        known = data.draw(st.sampled_from(sorted(self.copy.postings)[::97])).to_bytes(8, "big")
        again = sorted([*postings[:-1], known + postings[-1][8:]])
        self.refuse(dataclasses.replace(self.next, postings=b"".join(again)), Code.BATCH_MALFORMED)

    @precondition(lambda self: self.applied < len(self.owner.deltas))
    @rule()
    def send_another_audiences(self) -> None:
        elsewhere = Scope("mekong", "th", "vn", 3)
        self.refuse(dataclasses.replace(self.next, scope=elsewhere), Code.BATCH_MALFORMED)

    @invariant()
    def the_copy_is_a_prefix_of_the_honest_chain(self) -> None:
        assert self.state.position is not None
        assert self.state.position.seq == self.applied
        if self.applied:
            assert self.state.position.hash == delta_hash(self.owner.deltas[self.applied - 1])
        assert len(self.copy.postings) == self.labels == self.state.postings


HostileOwner.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestHostileOwner = HostileOwner.TestCase
