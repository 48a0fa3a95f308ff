"""Plaintext, with nothing hidden: rapidfuzz over every pair, the mean similarity of fields known on both sides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from benchmarks.quality.peers.febrl import FIELDS, Entry, Found, Linkage

_KEPT = 10
_NAME = 2.0  # two fields in one: sorted, since given name and surname may be exchanged


def find(linkage: Linkage, all_fields: bool) -> list[Found]:
    """The ten most similar records of each query. The whole name by token_sort_ratio, other fields by Levenshtein."""
    total = _NAME * _pairs(_names(linkage.queries), _names(linkage.records), fuzz.token_sort_ratio) / 100
    weight = np.full(total.shape, _NAME, dtype=np.float32)
    for field in FIELDS[2:] if all_fields else FIELDS[2:3]:
        asked, held = ([each.values[field] for each in side] for side in (linkage.queries, linkage.records))
        known = np.outer([bool(value) for value in asked], [bool(value) for value in held])
        total += known * _pairs(asked, held, Levenshtein.normalized_similarity)
        weight += known
    total /= weight
    best = np.argpartition(-total, _KEPT, axis=1)[:, :_KEPT]
    return [
        Found(query.id, linkage.records[record].id, float(total[row, record]))
        for row, query in enumerate(linkage.queries)
        for record in best[row]
    ]


def _pairs(queries: list[str], records: list[str], scorer: Callable[..., float]) -> npt.NDArray[np.float32]:
    return process.cdist(queries, records, scorer=scorer, dtype=np.float32, workers=1)


def _names(entries: list[Entry]) -> list[str]:
    return [f"{each.values['given_name']} {each.values['surname']}".strip() for each in entries]
