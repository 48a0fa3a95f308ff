"""Where lists end: the same whatever was noted of them; a note is believed only while its last label stands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from node.exchange.ends import EndsNoted, ListEnds, list_ends
from node.exchange.posting import slot, slots
from tests.unit.exchange.builders import TERMS, Owner, TagSet, owner, record, tag

CAP = TERMS.list_cap
LENGTHS = {"none": 0, "one": 1, "some": 3, "full": CAP, "common": CAP + 1}


@pytest.fixture
def chain() -> Owner:
    """Lists of each length."""
    made = owner()
    number = 0
    for token, length in LENGTHS.items():
        for _ in range(length):
            number += 1
            made.publish(record(tag(number), token))
    return made


def _ends(chain: Owner, noted: EndsNoted) -> ListEnds:
    keys = [chain.key(token) for token in LENGTHS]
    labels, masks = slots((key, 0) for key in keys)
    array = np.frombuffer(b"".join(keys), dtype="V32")
    return list_ends(chain.taken, array, labels, masks, TagSet(chain.tags), noted)


def _notes(chain: Owner, notes: dict[str, tuple[int, int]]) -> EndsNoted:
    """By token: the next index, and the index of the slot whose label is noted as the last."""
    noted = EndsNoted()
    for token, (next_index, last) in notes.items():
        key = chain.key(token)
        _note(noted, [slot(key, 0).label], [next_index], [slot(key, last).label])
    return noted


def _note(noted: EndsNoted, labels: Sequence[int], ends: Sequence[int], lasts: Sequence[int]) -> None:
    noted.note(np.array(labels, dtype=np.uint64), np.array(ends, dtype=np.int64), np.array(lasts, dtype=np.uint64))


@pytest.mark.parametrize(
    "notes",
    [
        {},
        {"some": (3, 2), "full": (CAP, CAP - 1)},
        {"some": (2, 1), "full": (2, 1), "common": (2, 1)},
        {"one": (2, 1), "some": (5, 4), "full": (CAP + 3, CAP + 2)},
    ],
    ids=["nothing noted", "noted rightly", "noted before the last records", "noted what was never stored"],
)
def test_ends_are_found_whatever_was_noted(chain: Owner, notes: dict[str, tuple[int, int]]) -> None:
    ends = _ends(chain, _notes(chain, notes))
    assert dict(zip(LENGTHS, ends.next_index.tolist(), strict=True)) == LENGTHS
    assert [token for token, common in zip(LENGTHS, ends.common, strict=True) if common] == ["common"]
    for token, label, mask in zip(LENGTHS, ends.labels.tolist(), ends.masks.tolist(), strict=True):
        end = slot(chain.key(token), LENGTHS[token])
        assert (label, mask) == (end.label, end.mask)


def test_the_newest_note_of_a_list_counts() -> None:
    noted = EndsNoted(8)
    _note(noted, [2, 1], [6, 5], [16, 15])
    _note(noted, [3, 1], [8, 7], [18, 17])
    ends, lasts = noted.of(np.array([1, 2, 3, 4], dtype=np.uint64))
    assert (ends.tolist(), lasts.tolist()) == ([7, 6, 8, 0], [17, 16, 18, 0])


def test_lists_noted_long_ago_are_forgotten_and_the_latest_are_not() -> None:
    noted = EndsNoted(2)
    for first in range(0, 40, 2):
        _note(noted, [first, first + 1], [5, 6], [15, 16])
    remembered = np.flatnonzero(noted.of(np.arange(40, dtype=np.uint64))[0]).tolist()
    assert remembered == list(range(min(remembered), 40))
    assert 2 <= len(remembered) <= 8
