"""From shared tokens to candidates: information of each (protocol.md 6), log-odds, a posterior, a band.

The score is the posterior probability of a candidate against all others and against "nobody": it falls where several
records fit as well. A kind that contradicts (the other sex) only ever takes away, and is never shown as agreement.
Pure functions; the weights are data (resources/weights.toml).
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
# Days on which one may be born, as fishing counts them; dates that a search tries beside the one said, about.
BIRTHDAYS = 18_250
NEAR_DATES = 13
MOST_BY_CHANCE = 0.01
_MOST_FURTHER = 4
_DIGITS = 9
PARTS = ("agree", "more", "missing")
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
    """A tag that shares tokens. agreed: the kinds, heaviest first. positions: shared places in the ask, ascending.

    Neither names what contradicts: a proof of match opens what agreed.
    """

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


Evidence = dict[int, dict[int, float]]
Feature = tuple[int, str]
CONTRADICTION = 0
_CONTRADICTING = next(kind.number for kind in KINDS if kind.contradicts)


@cache
def weight_table() -> dict[Feature, float]:
    """What resources/weights.toml gives for each feature."""
    table = toml("weights.toml")
    found: dict[Feature, float] = {(CONTRADICTION, "contradiction"): float(table["contradiction"])}
    for kind in KINDS:
        if not kind.contradicts:
            found.update({(kind.number, part): float(table["kinds"][kind.name][part]) for part in PARTS})
    return found


def information(postings_records: float, live: int, kind: Kind, prior: int = PRIOR) -> float:
    """The information in bits of a token that live tags share, in an index of postings_records records.

    prior pseudo-records with the kind's public collision probability keep a small index from making them look rare.
    """
    return max(0.0, log2((postings_records + prior) / (max(1, live) + prior * kind.collision)))


def score(found: Sequence[FoundToken], asked: Sequence[int], population: float, prior: int = PRIOR) -> list[Candidate]:
    """All candidates, best first; equal evidence gives equal scores, in order of tag.

    asked: the kind of every real token of the ask. population: records in the index. KeyError for an unknown kind.
    """
    alike = _alike(found, population, prior)
    if not alike:
        return []
    weights, asked_kinds = weight_table(), tuple(set(asked))
    odds = [
        sum(weights[feature] * value for feature, value in features(each.evidence, asked_kinds).items())
        for each in alike
    ]
    nobody = nobody_log_odds()
    highest = max(nobody, *odds)
    others = sorted(value for value, each in zip(odds, alike, strict=True) for _ in each.tags)
    mass = exp(nobody - highest) + sum(exp(value - highest) for value in others)
    candidates: list[Candidate] = []
    for value, each in zip(odds, alike, strict=True):
        candidates += _candidates(each, round(exp(value - highest) / mass, _DIGITS))
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.tag))


def contributions(
    found: Sequence[FoundToken], asked: Sequence[int], population: float, tag: bytes, prior: int = PRIOR
) -> tuple[Contribution, ...]:
    """The steps by which one candidate's log-odds came about, heaviest first; they add up to what score() weighs."""
    shared = evidence_for(found, population, prior).get(tag, {})
    weights, adds = weight_table(), dict.fromkeys(sorted(set(asked)), 0.0)
    for (kind, part), value in features(shared, asked).items():
        adds[_CONTRADICTING if kind == CONTRADICTION else kind] += weights[kind, part] * value
    counts = {kind: len(bits) for kind, bits in shared.items()}
    counts[_CONTRADICTING] = counts.get(CONTRADICTION, 0)
    steps = []
    for kind, log_odds in adds.items():
        bits = max(shared.get(kind, {}).values(), default=0.0)
        steps.append(Contribution(_BY_NUMBER[kind].name, counts.get(kind, 0), bits, log_odds))
    return tuple(sorted(steps, key=lambda step: -step.log_odds))


def nobody_log_odds() -> float:
    """The log-odds that the person is in no record: what a candidate's evidence must outweigh."""
    return float(toml("weights.toml")["nobody"])


def evidence_for(found: Sequence[FoundToken], population: float, prior: int = PRIOR) -> dict[bytes, Evidence]:
    """For each tag, for each kind, the information of each shared position. A tag twice under one token counts once.

    Kinds that contradict stand under CONTRADICTION, with information 1. Tags under the same tokens share one mapping.
    """
    return {tag: each.evidence for each in _alike(found, population, prior) for tag in each.tags}


@dataclass(frozen=True, slots=True)
class _Alike:
    """Tags that share exactly the same tokens. Most share one and no other: they are weighed together, once.

    bearers: how many records of the index bear their name; None where it is not shared or too common to be counted.
    """

    evidence: Evidence
    tags: tuple[bytes, ...]
    bearers: int | None


def _alike(found: Sequence[FoundToken], population: float, prior: int) -> list[_Alike]:
    """The tags found, without those that only what contradicts has led to."""
    counted = [(token, dict.fromkeys(token.tags)) for token in found if token.tags and not token.common]
    shared: dict[bytes, tuple[int, ...]] = {}
    for place, (_, tags) in enumerate(counted):
        here = (place,)
        for tag in tags:
            shared[tag] = shared[tag] + here if tag in shared else here
    by_places: dict[tuple[int, ...], list[bytes]] = {}
    for tag, places in shared.items():
        by_places.setdefault(places, []).append(tag)
    information_at = [information(population, len(tags), _BY_NUMBER[token.kind], prior) for token, tags in counted]
    alike = []
    for places, group in by_places.items():
        evidence: Evidence = {}
        against = False
        for place in places:
            token = counted[place][0]
            if _BY_NUMBER[token.kind].contradicts:
                against = True
            else:
                evidence.setdefault(token.kind, {})[token.position] = information_at[place]
        if evidence:
            if against:
                evidence[CONTRADICTION] = {0: 1.0}
            names = [len(counted[place][1]) for place in places if _BY_NUMBER[counted[place][0].kind].is_namesake]
            alike.append(_Alike(evidence, tuple(group), min(names, default=None)))
    return alike


def features(evidence: Evidence, asked: Sequence[int]) -> dict[Feature, float]:
    """What the weights multiply: for each kind its best information, its further shared tokens, or that it is missing.

    Taking the best token of a kind, and weighing kinds jointly, is how the same evidence is not counted twice.
    """
    found: dict[Feature, float] = {}
    for kind in sorted(evidence):
        bits = evidence[kind].values()
        if kind == CONTRADICTION:
            found[kind, "contradiction"] = -1.0
            continue
        found[kind, "agree"] = max(bits)
        if len(bits) > 1:
            found[kind, "more"] = float(min(len(bits) - 1, _MOST_FURTHER))
    for kind in sorted(set(asked)):
        if kind not in evidence and not _BY_NUMBER[kind].contradicts:
            found[kind, "missing"] = -1.0
    return found


def _candidates(alike: _Alike, value: float) -> list[Candidate]:
    weights = weight_table()
    shared = {kind: bits for kind, bits in alike.evidence.items() if kind != CONTRADICTION}
    heaviest = sorted(shared, key=lambda kind: (-weights[kind, "agree"] * max(shared[kind].values()), kind))
    band = _band(value, [_BY_NUMBER[kind] for kind in shared], alike.bearers)
    agreed = tuple(_BY_NUMBER[kind].name for kind in heaviest)
    positions = tuple(sorted({position for bits in shared.values() for position in bits}))
    return [Candidate(tag, value, band, agreed, positions) for tag in alike.tags]


def _band(value: float, kinds: Sequence[Kind], bearers: int | None) -> Band:
    """An exact identifier is strong by itself; else strength needs the birth date, the whole name and few who bear it.

    A phone number whose country is left open is possible whatever its score: in an alliance few share its digits.
    """
    bands = toml("weights.toml")["bands"]
    if any(kind.attributes <= IDENTIFIERS and kind.is_exact for kind in kinds):
        return Band.STRONG
    if value >= bands["strong"] and _is_hardly_chance(kinds, bearers):
        return Band.STRONG
    if any(kind.is_identifier for kind in kinds):
        return Band.POSSIBLE
    return Band.POSSIBLE if value >= bands["possible"] else Band.NONE


def _is_hardly_chance(kinds: Sequence[Kind], bearers: int | None) -> bool:
    """Whether among the bearers of the name at most one index in a hundred holds somebody born on a day tried."""
    if bearers is None or not any(kind.dates_whole_name for kind in kinds):
        return False
    tried = 1 if any(kind.dates_as_said for kind in kinds) else NEAR_DATES
    return bearers * tried <= MOST_BY_CHANCE * BIRTHDAYS
