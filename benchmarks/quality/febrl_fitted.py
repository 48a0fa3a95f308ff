"""FEBRL 4 by equal tokens, with the weights fitted on FEBRL 1 to 3 as well as the threshold.

The other methods do as much or more: splink fits its weights to the data that it links. Weights are the requester's own
affair; the tokens are those of every search.
"""

from __future__ import annotations

from functools import reduce
from pathlib import Path

from benchmarks.quality.febrl import FITTED_ON, JUDGED_ON, Method, people
from benchmarks.quality.pairing import Pairing
from benchmarks.weights import Choice, Weights, as_scored, as_weights, choice_of, fit
from matcher.evaluation import PlainIndex
from matcher.scoring import evidence_for

FITTED = "lancang, its weights fitted"
_RIGHT = "right"


def measure(folder: Path) -> Method:
    """Name and birth date. folder: what benchmarks.quality.peers wrote."""
    sets = {data: _choices(folder, data) for data in (*FITTED_ON, JUDGED_ON)}
    weights = as_weights(fit([each for data in FITTED_ON for each in sets[data].values() if each is not None]))
    threshold = reduce(Pairing.together, (_paired(sets[data], weights) for data in FITTED_ON)).best_threshold()
    judged = _paired(sets[JUDGED_ON], weights)
    return Method(FITTED, "name", threshold, judged.at(threshold), judged.at(judged.best_threshold()))


def _choices(folder: Path, data: str) -> dict[str, Choice | None]:
    """The evidence for each query, by its id."""
    held, asked, matches = people(folder, data, "name")
    index = PlainIndex()
    for record_id, person in held:
        index.add(record_id, person)
    found: dict[str, Choice | None] = dict.fromkeys(matches)
    for query_id, person in asked:
        tokens, kinds = index.look_up(person)
        found[query_id] = choice_of(evidence_for(tokens, index.records), kinds, frozenset(matches[query_id]))
    return found


def _paired(choices: dict[str, Choice | None], weights: Weights) -> Pairing:
    scored = (
        each
        for query_id, choice in choices.items()
        if choice is not None
        for each in as_scored(query_id, choice, weights, _RIGHT)
    )
    return Pairing.of([(query_id, _RIGHT) for query_id in choices], scored)
