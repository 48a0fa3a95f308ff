"""Fits matcher/resources/weights.toml on records and queries whose matches are known, and shows how reliable it is.

    python -m benchmarks.weights RECORDS QUERIES [--folds 5] [--febrl FOLDER --influence 1.0]

A conditional choice (McFadden 1974): a query chooses among its candidates and "nobody", with probabilities proportional
to the exponential of weighted evidence. No weight is negative, so that more agreement never lowers a score.
With --febrl, FEBRL 1 to 3 are fitted on as well: two sets so unlike keep the weights from knowing one by heart. Whoever
is searched in FEBRL is in it, so "nobody" is fitted for it alone. FOLDER is what benchmarks.quality.peers wrote.
The figures are of folds that were not fitted on. Nothing is written: the table is printed, to be looked at first.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.febrl import FITTED_ON, people
from matcher.evaluation import MOST_CANDIDATES, PlainIndex, Scored
from matcher.person import Person
from matcher.reading import person_from_json
from matcher.scoring import (
    CONTRADICTION,
    PARTS,
    Evidence,
    Feature,
    evidence_for,
    features,
    nobody_log_odds,
    weight_table,
)
from matcher.tokens import KINDS

_MOST_CANDIDATES = 25
_RIDGE = 0.02
_STEPS = 400
_EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.995, 1.01)
_LEARNED = ("names", "birth_date", "sex")
Numbers = NDArray[np.float64]
COLUMNS: tuple[Feature, ...] = (
    (CONTRADICTION, "contradiction"),
    *((kind.number, part) for kind in KINDS if not kind.contradicts and not kind.is_identifier for part in PARTS),
)
# Bits run to 30, counts to 4: on one scale the descent is even.
# What may not be fitted: a further token says little after a first, and the development set knows no wrong sex.
# Behind the columns stand how much less likely "nobody" is where all who are searched are known, and "nobody".
_MOST = np.array([{"more": 3.0, "contradiction": 4.6}.get(part, np.inf) for _, part in COLUMNS] + [np.inf] * 2)
_LEAST = np.array([0.0] * len(COLUMNS) + [-np.inf] * 2)
_SCALE = np.array([10.0 if part == "agree" else 1.0 for _, part in COLUMNS])


@dataclass(frozen=True, slots=True)
class Choice:
    """One query. rows: evidence of its distinct candidates, scaled; alike: how many share a row; right: a row or -1.

    known: whether all who are searched in such data are in it. influence: for how many queries it counts.
    """

    rows: Numbers
    alike: Numbers
    right: int
    known: bool = False
    influence: float = 1.0


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight a column, and the log-odds that the person is in no record."""

    columns: Numbers
    nobody: float


def choices(records: Path, queries: Path) -> Iterator[Choice]:
    """The evidence for every query; one without any candidate is a sure "nobody" and left out."""
    held = (person_from_json(_kept(line, "record_id"), id_key="record_id") for line in _lines(records))
    asked = (
        (person_from_json(_kept(line, "query_id"), id_key="query_id")[1], frozenset(line["matches"]))
        for line in _lines(queries)
    )
    yield from chosen_of(held, asked)


def febrl_choices(folder: Path, influence: float) -> Iterator[Choice]:
    """The evidence for every query of FEBRL 1 to 3, name and birth date alone."""
    for name in FITTED_ON:
        held, asked, matches = people(folder, name, "name")
        yield from (
            replace(choice, known=True, influence=influence)
            for choice in chosen_of(held, ((person, frozenset(matches[query_id])) for query_id, person in asked))
        )


def chosen_of(
    records: Iterable[tuple[str, Person]], queries: Iterable[tuple[Person, frozenset[str]]]
) -> Iterator[Choice]:
    """The evidence for every (person, ids of the right records), all records being one index."""
    index = PlainIndex()
    for record_id, person in records:
        index.add(record_id, person)
    for person, matches in queries:
        found, asked = index.look_up(person)
        choice = choice_of(evidence_for(found, index.records), asked, matches)
        if choice is not None:
            yield choice


def choice_of(evidence: dict[bytes, Evidence], asked: list[int], matches: frozenset[str]) -> Choice | None:
    """The evidence for one query as rows of COLUMNS; None where no record has any."""
    evidence = _best(evidence)
    tags = list(evidence)
    if not tags:
        return None
    table = np.array([_row(evidence[tag], asked) for tag in tags])
    rows, place, alike = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    right = next((at for at, tag in enumerate(tags) if tag.decode() in matches), -1)
    return Choice(rows, alike.astype(float), int(place.ravel()[right]) if right >= 0 else -1)


def fit(chosen: list[Choice]) -> Numbers:
    """The weights of greatest likelihood, "nobody" last, by accelerated projected descent (Beck and Teboulle 2009)."""
    sizes = [len(choice.rows) for choice in chosen]
    starts = np.cumsum([0, *sizes[:-1]])
    group = np.repeat(np.arange(len(chosen)), sizes)
    known = np.array([float(choice.known) for choice in chosen])[group]
    rows = np.hstack([np.vstack([choice.rows for choice in chosen]), known[:, None]])
    alike = np.log(np.concatenate([choice.alike for choice in chosen]))
    influence = np.array([choice.influence for choice in chosen])
    stranger = np.array([choice.right < 0 for choice in chosen])
    right = np.array([start + choice.right for start, choice in zip(starts, chosen, strict=True) if choice.right >= 0])
    counts = influence[~stranger]

    def slope(weights: Numbers) -> tuple[float, Numbers]:
        odds = rows @ weights[:-1]
        most = np.maximum(np.maximum.reduceat(odds + alike, starts), weights[-1])
        each = np.exp(odds + alike - most[group])
        nobody = np.exp(weights[-1] - most)
        mass = nobody + np.add.reduceat(each, starts)
        loss = float(influence @ (most + np.log(mass)) - counts @ odds[right] - weights[-1] * influence[stranger].sum())
        chance = each * (influence / mass)[group]
        np.subtract.at(chance, right, counts)
        of_nobody = float(influence @ (nobody / mass - stranger))
        down = np.append(rows.T @ chance + _RIDGE * weights[:-1], of_nobody)
        return loss + _RIDGE / 2 * float(weights[:-1] @ weights[:-1]), down

    return _descend(slope, np.append(np.full(rows.shape[1], 0.5), 7.0))


def _descend(slope: Callable[[Numbers], tuple[float, Numbers]], begin: Numbers) -> Numbers:
    """Nesterov steps with a step length found by halving, kept within _LEAST and _MOST."""
    here, ahead = begin, begin
    pace, length = 1.0, 1e-3
    for _ in range(_STEPS):
        loss, down = slope(ahead)
        while True:
            there = np.clip(ahead - length * down, _LEAST, _MOST)
            moved = there - ahead
            if slope(there)[0] <= loss + float(down @ moved) + float(moved @ moved) / (2 * length):
                break
            length /= 2
        faster = (1 + np.sqrt(1 + 4 * pace * pace)) / 2
        if float((ahead - there) @ (there - here)) > 0:  # O'Donoghue and Candes 2015: overshot, begin anew
            faster, pace = 1.0, 1.0
        ahead = there + (pace - 1) / faster * (there - here)
        here, pace, length = there, float(faster), length * 1.1
    return here


def posterior(choice: Choice, weights: Weights) -> Numbers:
    """The probability of each row of a query, one of those alike."""
    odds = choice.rows @ weights.columns
    most = max(float(odds.max()), weights.nobody)
    each = np.exp(odds - most)
    result: Numbers = each / (float(each @ choice.alike) + np.exp(weights.nobody - most))
    return result


def as_scored(query_id: str, choice: Choice, weights: Weights, right: str) -> list[Scored]:
    """The best candidates of a query, at most ten. right: the id of its record; others need no names."""
    chance = posterior(choice, weights)
    found: list[Scored] = []
    for row in np.argsort(-chance, kind="stable"):
        ids = [right] if row == choice.right else []
        ids += [f"{row}.{number}" for number in range(int(choice.alike[row]) - len(ids))]
        found += [Scored(query_id, each, round(float(chance[row]), 9)) for each in ids]
        if len(found) >= MOST_CANDIDATES:
            break
    return [each for each in found[:MOST_CANDIDATES] if each.score > 0]


def held_out(chosen: list[Choice], also: list[Choice], folds: int) -> list[tuple[float, bool]]:
    """(probability, whether right) of each query's best row, by weights fitted without its fold."""
    out: list[tuple[float, bool]] = []
    for fold in range(folds):
        weights = as_weights(fit([choice for at, choice in enumerate(chosen) if at % folds != fold] + also))
        for choice in chosen[fold::folds]:
            chance = posterior(choice, weights)
            best = int(chance.argmax())
            out.append((float(chance[best]), best == choice.right and choice.alike[best] == 1))
    return out


def reliability(judged: list[tuple[float, bool]], edges: tuple[float, ...]) -> Iterator[tuple[float, float, int]]:
    """For each stretch between edges: the mean probability promised, the share that was right, how many."""
    for low, high in pairwise(edges):
        within = [(chance, right) for chance, right in judged if low <= chance < high]
        if within:
            promised, kept = (sum(column) / len(within) for column in zip(*within, strict=True))
            yield promised, kept, len(within)


def as_weights(found: Numbers) -> Weights:
    """Weights in the units of the evidence."""
    return Weights(found[: len(COLUMNS)], float(found[-1]))


def committed() -> Weights:
    """The weights of weights.toml, in the units of the evidence."""
    found = weight_table()
    return Weights(np.array([found[column] for column in COLUMNS]) * _SCALE, nobody_log_odds())


def as_toml(weights: Weights) -> str:
    """The fitted rows of weights.toml."""
    value = {column: weight / scale for column, weight, scale in zip(COLUMNS, weights.columns, _SCALE, strict=True)}
    rows = [f"nobody = {weights.nobody:.1f}", f"# contradiction {value[CONTRADICTION, 'contradiction']:.1f}"]
    for kind in KINDS:
        if (kind.number, "agree") in value:
            parts = ", ".join(f"{part} = {value[kind.number, part]:.2f}" for part in PARTS)
            rows.append(f'"{kind.name}" = {{ {parts} }}')
    return "\n".join(rows)


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--febrl", type=Path)
    parser.add_argument("--influence", type=float, default=1.0, help="of a query of FEBRL, beside one of QUERIES")
    options = parser.parse_args()
    chosen = list(choices(options.records, options.queries))
    also = list(febrl_choices(options.febrl, options.influence)) if options.febrl else []
    print(as_toml(as_weights(fit(chosen + also))))
    print("\n promised   kept  queries")
    for promised, kept, count in reliability(held_out(chosen, also, options.folds), _EDGES):
        print(f"   {promised:.3f}  {kept:.3f}  {count:7}")


def _row(evidence: Evidence, asked: list[int]) -> Numbers:
    found = features(evidence, asked)
    row: Numbers = np.array([found.get(column, 0.0) for column in COLUMNS]) / _SCALE
    return row


def _best(evidence: dict[bytes, Evidence]) -> dict[bytes, Evidence]:
    """The candidates with most information, and those as good as the last of them."""
    if len(evidence) <= _MOST_CANDIDATES:
        return evidence
    bits = {tag: sum(max(each.values()) for each in shared.values()) for tag, shared in evidence.items()}
    least = sorted(bits.values(), reverse=True)[_MOST_CANDIDATES - 1]
    return {tag: shared for tag, shared in evidence.items() if bits[tag] >= least}


def _kept(line: dict[str, Any], id_key: str) -> dict[str, Any]:
    return {key: line[key] for key in (id_key, *_LEARNED) if key in line}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as source:
        yield from map(json.loads, source)


if __name__ == "__main__":
    main()
