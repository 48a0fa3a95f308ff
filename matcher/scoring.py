"""From shared tokens to candidates: information of each (protocol.md 6), log-odds, a posterior, a band.

The score is the posterior probability of a candidate against all others and against "nobody": it falls where several
records fit as well. Pure functions; the weights are data (resources/weights.toml).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import exp, log2

from matcher.kinds import IDENTIFIERS, KINDS, Kind
from matcher.tables import toml

PRIOR = 1 << 16
_MOST_FURTHER = 4
_DIGITS = 9
_BY_NUMBER = {kind.number: kind for kind in KINDS}


class Band(StrEnum):
    """What people are shown instead of a bare score."""

    STRONG = "strong"
    POSSIBLE = "possible"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FoundToken:
    """One asked token that was found in an index copy: its place in the ask, its kind, the live tags under it.

    common: the owner's list was cut; such a token weighs nothing.
    """

    position: int
    kind: int
    tags: tuple[bytes, ...]
    common: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tag that shares tokens. agreed: the kinds, heaviest first. positions: shared places in the ask, ascending."""

    tag: bytes
    score: float
    band: Band
    agreed: tuple[str, ...]
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one asked kind adds to a candidate's log-odds. bits: of its best shared token; 0 where none is shared."""

    kind: str
    shared: int
    bits: float
    log_odds: float


@dataclass(frozen=True, slots=True)
class _Weight:
    agree: float
    more: float
    missing: float


@cache
def _weights() -> dict[int, _Weight]:
    rows = toml("weights.toml")["kinds"]
    return {kind.number: _Weight(**rows[kind.name]) for kind in KINDS}


def information(postings_records: float, live: int, kind: Kind, prior: int = PRIOR) -> float:
    """The information in bits of a token that live tags share, in an index of postings_records records.

    prior pseudo-records with the kind's public collision probability keep a small index from making them look rare.
    """
    return max(0.0, log2((postings_records + prior) / (max(1, live) + prior * kind.collision)))


def score(found: Sequence[FoundToken], asked: Sequence[int], population: float, prior: int = PRIOR) -> list[Candidate]:
    """All candidates, best first; equal evidence gives equal scores, in order of tag.

    asked: the kind of every real token of the ask. population: records in the index. KeyError for an unknown kind.
    """
    evidence = _evidence(found, population, prior)
    asked_kinds = sorted(set(asked))
    odds = {tag: _log_odds(shared, asked_kinds) for tag, shared in evidence.items()}
    if not odds:
        return []
    nobody = nobody_log_odds()
    highest = max(nobody, *odds.values())
    mass = exp(nobody - highest) + sum(exp(value - highest) for value in sorted(odds.values()))
    candidates = [
        _candidate(tag, round(exp(odds[tag] - highest) / mass, _DIGITS), shared) for tag, shared in evidence.items()
    ]
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.tag))


def contributions(
    found: Sequence[FoundToken], asked: Sequence[int], population: float, tag: bytes, prior: int = PRIOR
) -> tuple[Contribution, ...]:
    """The steps by which one candidate's log-odds came about, heaviest first; they add up to what score() weighs."""
    shared = _evidence(found, population, prior).get(tag, {})
    steps = []
    for kind in sorted(set(asked)):
        bits = shared.get(kind, {})
        value = _log_odds({kind: bits} if bits else {}, (kind,))
        steps.append(Contribution(_BY_NUMBER[kind].name, len(bits), max(bits.values(), default=0.0), value))
    return tuple(sorted(steps, key=lambda step: -step.log_odds))


def nobody_log_odds() -> float:
    """The log-odds that the person is in no record: what a candidate's evidence must outweigh."""
    return float(toml("weights.toml")["nobody"])


def _evidence(found: Sequence[FoundToken], population: float, prior: int) -> dict[bytes, dict[int, dict[int, float]]]:
    """For each tag, for each kind, the information of each shared position. A tag twice under one token counts once."""
    evidence: dict[bytes, dict[int, dict[int, float]]] = {}
    for token in found:
        if token.common or not token.tags:
            continue
        tags = dict.fromkeys(token.tags)
        bits = information(population, len(tags), _BY_NUMBER[token.kind], prior)
        for tag in tags:
            evidence.setdefault(tag, {}).setdefault(token.kind, {})[token.position] = bits
    return evidence


def _log_odds(shared: dict[int, dict[int, float]], asked_kinds: Sequence[int]) -> float:
    weights = _weights()
    total = 0.0
    for kind in sorted(shared):
        weight, bits = weights[kind], shared[kind]
        total += weight.agree * max(bits.values()) + weight.more * min(len(bits) - 1, _MOST_FURTHER)
    for kind in asked_kinds:
        if kind not in shared:
            total -= weights[kind].missing
    return total


def _candidate(tag: bytes, value: float, shared: dict[int, dict[int, float]]) -> Candidate:
    weights = _weights()
    heaviest = sorted(shared, key=lambda kind: (-weights[kind].agree * max(shared[kind].values()), kind))
    return Candidate(
        tag=tag,
        score=value,
        band=_band(value, [_BY_NUMBER[kind] for kind in shared]),
        agreed=tuple(_BY_NUMBER[kind].name for kind in heaviest),
        positions=tuple(sorted({position for bits in shared.values() for position in bits})),
    )


def _band(value: float, kinds: Sequence[Kind]) -> Band:
    """An exact identifier is strong by itself; else strength needs more than a name, which is possible at most."""
    bands = toml("weights.toml")["bands"]
    if any(kind.attributes <= IDENTIFIERS and kind.is_exact for kind in kinds):
        return Band.STRONG
    if value >= bands["strong"] and any(kind.beyond_name for kind in kinds):
        return Band.STRONG
    return Band.POSSIBLE if value >= bands["possible"] else Band.NONE
