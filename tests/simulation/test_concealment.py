"""What two real disks tell: an owner's of the searches made at it, and a requester's copy of the records behind it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from node.v1 import operator_pb2
from tests.support import disk
from tests.support.federation import MEMBERS
from tests.support.people import Line, invented
from tests.support.six_nodes import SixNodes

T, D = 24, 8
CASE = "KX-77120-3391"


def of_a_hit(owner: str) -> Line:
    """A query that finds someone."""
    person = invented(owner)[1]
    return {"names": [{"text": person.heard}], "birth_date": person.birth_date, "phones": [person.phone]}


OF_NOBODY: Line = {
    "names": [{"text": "Zephyrine Quillfeather"}, {"text": "Zephyr Q."}],
    "birth_date": "1993-02-27",
    "documents": ["passport:GB:562390117"],
}


def needles(query: Line) -> list[bytes]:
    """What of a query must stand in no file of the owner."""
    words = [word for name in query["names"] for word in name["text"].split() if len(word) > 3]
    numbers = [
        number.lstrip("+").rpartition(":")[2] for key in ("phones", "documents") for number in query.get(key, [])
    ]
    return [text.encode() for text in (*words, *numbers, query["birth_date"], CASE)]


@pytest.mark.parametrize("query", [of_a_hit("th"), OF_NOBODY], ids=["hit", "nobody"])
def test_nothing_at_the_owner_tells_the_subject(six: SixNodes, query: Line) -> None:
    answer = six.search("cn", query, case=CASE, peers=["th"]).answers[0]
    assert answer.outcome == ("none" if query is OF_NOBODY else "hit")
    home = six.running.node("th").home
    assert disk.files_holding(home, needles(query)) == []
    log = "".join(f"{act.actor} {act.peer} {act.detail}" for act in six.running.acts("th"))
    assert [needle for needle in needles(query) if needle.decode() in log] == []
    # The question is kept at the requester, but sealed there too: a stolen disk tells it no more than the owner's.
    assert disk.files_holding(six.running.node("cn").home, needles(query)) == []


def test_at_the_owner_a_hit_and_a_miss_look_alike(six: SixNodes) -> None:
    home = six.running.node("th").home
    six.search("vn", OF_NOBODY, case=CASE, peers=["th"])
    seen = []
    for query in (of_a_hit("th"), OF_NOBODY, {"names": [{"text": "Ba"}]}):
        acts, sizes = six.running.acts("th"), disk.table_sizes(home)
        six.search("vn", query, case=CASE, peers=["th"])
        after = disk.table_sizes(home)
        grown = {table: after[table] - sizes[table] for table in after if after[table] != sizes[table]}
        # A new bucket of five minutes may begin between any two asks.
        grown.pop("budget_use", None)
        # How many nodes of its tree a leaf completes depends on its number alone.
        grown.pop("log_node", None)
        new = [form_of(act) for act in six.running.acts("th")[len(acts) :]]
        asked = disk.rows(home, "SELECT length(elements), length(signature), charged, purpose FROM ask ORDER BY ms")[-1]
        seen.append((grown, new, asked))
    assert seen[0] == seen[1] == seen[2]
    assert [kind for kind, *_ in seen[0][1]] == ["ask-received", "ask-answered"]


def form_of(act: operator_pb2.Act) -> tuple[str, str, int, dict[str, Any]]:
    """An act without its random values: they count by their length."""
    detail = {key: len(value) if _random(key) else value for key, value in json.loads(act.detail).items()}
    return act.kind, act.peer, len(act.actor), detail


def _random(key: str) -> bool:
    return key in {"ask_id", "case_handle", "search_id"}


def test_an_owner_s_records_lie_in_no_file_in_the_clear(six: SixNodes) -> None:
    for owner in MEMBERS:
        person = invented(owner)[0]
        words = [person.native.encode(), person.phone.lstrip("+").encode(), person.passport.encode()]
        for holder in MEMBERS:
            assert disk.files_holding(six.running.node(holder).home, words) == []


def test_two_audiences_copies_of_one_index_share_nothing(six: SixNodes) -> None:
    twins = [
        {"record_id": f"MM-71{place}", "names": [{"text": "ဇော်ဝင်းထွန်း"}], "birth_date": "1980-08-08",
         "phones": ["+95911112222"]}
        for place in range(4)
    ]  # fmt: skip
    assert six.load("mm", twins).lines == 4
    home = six.running.node("mm").home
    chains = {audience: disk.chain(home, audience) for audience in MEMBERS if audience != "mm"}
    everything = np.concatenate([chain.labels() for chain in chains.values()])
    assert len(np.unique(everything)) == len(everything)
    masked = np.concatenate([_masked(chain) for chain in chains.values()])
    # Four records share their tokens, each has some 20 tokens with one tag: nothing of that shows, all is distinct.
    assert len(np.unique(masked)) == len(masked)
    assert len({chain.secret for chain in chains.values()}) == len(chains)
    hits = {peer: {hit.tag for hit in six.answer(peer, "mm", {"phones": ["+95911112222"]}).hits} for peer in chains}
    assert [len(tags) for tags in hits.values()] == [4] * len(chains)
    assert len(set.union(*hits.values())) == 4 * len(chains)


def test_a_copy_has_the_size_of_its_padding_and_the_look_of_noise(six: SixNodes) -> None:
    owner = six.running.node("mm").home
    for audience in ("cn", "th"):
        chain = disk.chain(owner, audience)
        assert len(chain.snapshot.labels) % (1024 * T) == 0
        assert {len(postings) for postings in chain.deltas} == {T * D * 16}
        assert _sorted(np.asarray(chain.snapshot.labels))
        assert all(_sorted(np.frombuffer(postings, dtype=">u8")[0::2]) for postings in chain.deltas)
        noise = chain.snapshot.labels.tobytes() + chain.snapshot.masked.tobytes() + b"".join(chain.deltas)
        assert _chi_squared(noise) < 255 + 9 * (2 * 255) ** 0.5


def test_no_tag_stands_in_a_copy_in_the_clear(six: SixNodes) -> None:
    owner, requester = six.running.node("th").home, six.running.node("cn").home
    tags = [tag for (tag,) in disk.rows(owner, "SELECT tag FROM tag JOIN chain USING (chain_no) WHERE audience = 'cn'")]
    assert len(tags) >= len(invented("th"))
    runs = b"".join(path.read_bytes() for path in disk.files(requester) if path.suffix == ".run")
    assert [tag.hex() for tag in tags if tag in runs or tag[::-1] in runs] == []
    batches = b"".join(row for (row,) in disk.rows(requester, "SELECT postings FROM copy_delta WHERE owner = 'th'"))
    assert [tag.hex() for tag in tags if tag in batches] == []


def _masked(chain: disk.PublishedChain) -> disk.Labels:
    parts = [np.asarray(chain.snapshot.masked)]
    parts += [np.frombuffer(postings, dtype=">u8")[1::2].astype(np.uint64) for postings in chain.deltas]
    return np.concatenate(parts)


def _sorted(labels: disk.Labels) -> bool:
    return bool((labels[1:] > labels[:-1]).all())


def _chi_squared(data: bytes) -> float:
    """Of the bytes against a uniform distribution: 255 on average, nine standard deviations beyond it never."""
    mean = len(data) / 256
    return sum((count - mean) ** 2 / mean for count in Counter(data).values())
