"""Why two people would or would not meet in a search: readings, skeletons, tokens, the steps of the score, the band.

Both people stand in plain sight; equality of tokens is all that a search sees, so the answer is the search's own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass

from matcher.agreement import PlainAgreement, plain_agreement
from matcher.kinds import NAME
from matcher.names import readings, searched_readings
from matcher.person import Name, Person
from matcher.phonetics import frame, loose, strict
from matcher.romanisation import Stage, stages
from matcher.scoring import Band, Contribution, FoundToken, contributions, nobody_log_odds, score
from matcher.scripts import detect
from matcher.tokens import kind_by_number, not_compared, query_tokens, record_tokens

USUAL_POPULATION = 100_000
LEAD = "A hit is a lead, not an identification: compare it with the owner's record before anyone acts on it."
_TAG = b"explain"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a reading, in a-z, and its skeletons: what spellings of one sound share, at three depths."""

    letters: str
    strict: str
    loose: str
    frame: str


@dataclass(frozen=True, slots=True)
class NameSteps:
    """One name from writing to skeletons.

    scripts: ISO 15924 as found. stages: from the script to a-z. readings: the likeliest first.
    """

    text: str
    scripts: tuple[str, ...]
    stages: tuple[Stage, ...]
    readings: tuple[tuple[Part, ...], ...]


@dataclass(frozen=True, slots=True)
class KindOfToken:
    """How many tokens of a kind the search asks, the record holds, and both share."""

    kind: str
    label: str
    asked: int
    held: int
    shared: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that decides whether a search for one person finds the record of another.

    population: records assumed in the index. bearers: how many of them are assumed to share the tokens that hold a name
    and no more; every other token is assumed to be in this record alone. nobody: log-odds that a candidate must
    outweigh. steps: what each kind adds (natural log-odds). not_compared: attributes known on a
    side that take no part in the score.
    """

    query: tuple[NameSteps, ...]
    record: tuple[NameSteps, ...]
    kinds: tuple[KindOfToken, ...]
    population: int
    bearers: int
    nobody: float
    steps: tuple[Contribution, ...]
    score: float
    band: Band
    not_compared: tuple[str, ...]
    agreement: PlainAgreement

    def as_json(self) -> dict[str, object]:
        """The documented shape for programs, version 1."""
        return {"version": 1, **asdict(self), "note": LEAD}


def explain(query: Person, record: Person, population: int = USUAL_POPULATION, bearers: int = 1) -> Explanation:
    """Explain one search against one record in an index of population records, bearers of whom have its name.

    The other bearers are candidates too, by their name alone. bearers: 1 to 256, as many as a list holds.
    """
    asked, held = query_tokens(query), set(record_tokens(record))
    numbers = [token.kind for token in asked]
    namesakes = tuple(b"namesake %d" % number for number in range(1, bearers))
    found = [
        FoundToken(place, token.kind, (_TAG, *(namesakes if _is_name_only(token.kind) else ())), common=False)
        for place, token in enumerate(asked)
        if token in held
    ]
    ranked = [each for each in score(found, numbers, population) if each.tag == _TAG]
    on_either_side = (*not_compared(query), *not_compared(record))
    return Explanation(
        query=tuple(name_steps(name, searched=True) for name in query.names),
        record=tuple(name_steps(name) for name in record.names),
        kinds=_kinds(Counter(numbers), Counter(token.kind for token in held), Counter(token.kind for token in found)),
        population=population,
        bearers=bearers,
        nobody=nobody_log_odds(),
        steps=contributions(found, numbers, population, _TAG),
        score=ranked[0].score if ranked else 0.0,
        band=ranked[0].band if ranked else Band.NONE,
        not_compared=tuple(dict.fromkeys(on_either_side)),
        agreement=plain_agreement(query, record),
    )


def name_steps(name: Name, *, searched: bool = False) -> NameSteps:
    """One name, step by step. searched: also the readings that only a search tries."""
    read = (searched_readings if searched else readings)(name.text, name.script)
    return NameSteps(
        text=name.text,
        scripts=tuple(dict.fromkeys(script for script, _ in detect.runs(name.text))),
        stages=stages(name.text, name.script),
        readings=tuple(tuple(Part(part, strict(part), loose(part), frame(part)) for part in parts) for parts in read),
    )


def _is_name_only(number: int) -> bool:
    return kind_by_number(number).attributes == {NAME}


def _kinds(asked: Counter[int], held: Counter[int], shared: Counter[int]) -> tuple[KindOfToken, ...]:
    kinds = (kind_by_number(number) for number in sorted({*asked, *held}))
    return tuple(
        KindOfToken(kind.name, kind.label, asked[kind.number], held[kind.number], shared[kind.number]) for kind in kinds
    )
