"""An owner killed at random moments: after the state is rebuilt from disk, no slot, and so no mask, is used twice."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.exchange.batch import snapshot_hash
from node.exchange.chain import ChainState, apply_delta, describe_snapshot, next_delta
from node.exchange.delta import DeltaContent, build_deltas
from node.exchange.posting import COMMON, decode_postings, posting_context, posting_key, record_content, slot
from node.exchange.snapshot import Snapshot, build_snapshot
from node.exchange.walk import walk_many
from node.model.batch import ChainPosition, Delta
from node.storage.index_files import IndexCopy, RunName, write_run
from tests.unit.exchange.builders import MS, SCOPE, TERMS, TagSet, evaluation, listed, record, seeded, tag

TOKENS = "abcdef"


@dataclass
class Disk:
    """What outlives a kill: the database's rows (each written whole) and the run files."""

    directory: Path
    snapshot: Snapshot
    runs: list[RunName]
    deltas: list[Delta] = field(default_factory=list)

    def open(self) -> IndexCopy:
        """Rebuild the published labels, as a node does when it starts."""
        index = IndexCopy(self.directory, self.runs)
        for delta in self.deltas[index.last_seq :]:
            index.apply_delta(delta.seq, *decode_postings(delta.postings))
        return index


def create(directory: Path, seed: int) -> tuple[Disk, ChainState]:
    snapshot = build_snapshot([record(tag(0), "a", "b")], SCOPE, TERMS, seeded(seed))
    write_run(directory, RunName(0, 0), snapshot.labels, snapshot.masked)
    info = describe_snapshot(snapshot, SCOPE, MS)
    state = ChainState(SCOPE, TERMS, ChainPosition(0, snapshot_hash(info)), info.postings)
    return Disk(directory, snapshot, [RunName(0, 0)]), state


class Masks:
    """The outsider's book: what was ever sent under each slot of each token."""

    def __init__(self, snapshot: Snapshot) -> None:
        context = posting_context(snapshot.secret, SCOPE)
        self.places = {
            slot(posting_key(evaluation(token), context), i).label: (token, i)
            for token in TOKENS
            for i in range(TERMS.list_cap + 9)
        }
        self.sent: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
        self.labels: list[int] = snapshot.labels.tolist()

    def see(self, delta: Delta) -> None:
        labels, masked = (part.tolist() for part in decode_postings(delta.postings))
        self.labels += labels
        for label, content in zip(labels, masked, strict=True):
            if label in self.places:
                self.sent[self.places[label]].add(content)


class Node:
    """An owner's node that can be killed at each step of publishing and merging."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.disk, self.state = create(directory, seed)
        self.index = self.disk.open()
        self.masks = Masks(self.disk.snapshot)
        self.random = seeded(seed + 1)
        self.expected: defaultdict[str, list[bytes]] = defaultdict(list, a=[tag(0)], b=[tag(0)])

    def restart(self) -> None:
        """All that was in memory is gone."""
        self.index = self.disk.open()

    def publish(self, number: int, tokens: set[str], death: str) -> None:
        """Build, store, send, apply."""
        told = DeltaContent([listed(record(tag(number), *sorted(tokens)), self.disk.snapshot.secret)])
        (body,) = build_deltas([told], taken=self.index, used_tags=TagSet(), terms=TERMS, random=self.random).bodies
        delta = next_delta(self.state, body, MS + number)
        if death == "before storing":  # nobody ever sees this delta
            return self.restart()
        applied = apply_delta(self.state, delta, self.index)
        self.disk.deltas.append(delta)
        self.state = applied.state
        self.masks.see(delta)
        for token in tokens:
            self.expected[token].append(tag(number))
        if death == "before applying":
            return self.restart()
        return self.index.apply_delta(delta.seq, applied.labels, applied.masked)

    def merge(self, death: str) -> None:
        """Write, record, install, remove."""
        done = self.index.merge()
        if done is None:
            return None
        if death == "before recording":  # the file is there, but the database does not know it
            return self.restart()
        self.disk.runs = [name for name in self.disk.runs if name not in done.obsolete] + [done.written]
        if death == "before removing":  # recorded, but the old files are still there
            return self.restart()
        self.index.install(done)
        return self.index.remove(done.obsolete)


PUBLISH = st.tuples(
    st.sets(st.sampled_from(TOKENS), max_size=4), st.sampled_from(["", "before storing", "before applying"])
)
MERGE = st.tuples(st.none(), st.sampled_from(["", "before recording", "before removing"]))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.lists(PUBLISH | MERGE, min_size=1, max_size=25))
def test_no_mask_is_used_twice_whenever_the_node_dies(
    tmp_path_factory: pytest.TempPathFactory, seed: int, steps: list[tuple[set[str] | None, str]]
) -> None:
    node = Node(tmp_path_factory.mktemp("owner"), seed)
    for number, (tokens, death) in enumerate(steps, 1):
        if tokens is None:
            node.merge(death)
        else:
            node.publish(number, tokens, death)
    assert len(node.masks.labels) == len(set(node.masks.labels))
    assert all(len(contents) == 1 for contents in node.masks.sent.values())
    node.restart()
    assert node.index.postings == len(node.masks.labels)
    context = posting_context(node.disk.snapshot.secret, SCOPE)
    keys = [posting_key(evaluation(token), context) for token in TOKENS]
    for token, found in zip(TOKENS, walk_many(node.index, keys, TERMS.list_cap), strict=True):
        common = len(node.expected[token]) > TERMS.list_cap
        assert (list(found.tags), found.common) == ([] if common else node.expected[token], common)


def test_the_book_would_notice_a_counter_wound_back(tmp_path: Path) -> None:
    """What the test above rules out: an owner that forgets a delta it has sent uses its masks again."""
    disk, state = create(tmp_path, 5)
    masks = Masks(disk.snapshot)
    for number in (1, 2):
        told = DeltaContent([listed(record(tag(number), "c"), disk.snapshot.secret)])
        (body,) = build_deltas([told], taken=disk.open(), used_tags=TagSet(), terms=TERMS, random=seeded(number)).bodies
        masks.see(next_delta(state, body, MS))
    first, second = masks.sent["c", 0]
    assert first ^ second == record_content(tag(1)) ^ record_content(tag(2)), "and gives both tags away"
    assert first ^ second != COMMON
