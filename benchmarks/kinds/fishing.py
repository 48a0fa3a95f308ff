"""What fishing brings, country by country: the curve, and what the attacker loses at the limit without a kind.

Without a kind the attacker keeps to the plan that served it best with all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.fishing.__main__ import BUDGETS, LIMIT_AT
from benchmarks.fishing.attacker import PLANS, Attack, Plan, Statistics, Target
from benchmarks.fishing.people import Population, draw, with_kinds
from matcher.kinds import KINDS, NAME
from matcher.population import COUNTRIES

_SEED = 1
_PLANS_KEPT = 1
# Identifiers are guessed by other means, and the other sex is never what a guess begins with.
FISHED = tuple(kind for kind in KINDS if NAME in kind.attributes and not kind.contradicts)


@dataclass(frozen=True, slots=True)
class Fished:
    """The share of a country's people recovered. curve: by evaluations. without: at the limit, by the kind left out."""

    country: str
    curve: dict[int, float]
    without: dict[int, float]


def measure(size: int) -> list[Fished]:
    """Every country in turn; some minutes."""
    return [_country(country, size) for country in COUNTRIES]


def _country(country: str, size: int) -> Fished:
    people, others = draw(country, size, _SEED), draw(country, size, _SEED + 1)
    target, known = Target(people), Statistics(others)
    by_plan = {budget: {plan: _recovered(target, known, budget, plan) for plan in PLANS} for budget in BUDGETS}
    best = sorted(PLANS, key=lambda plan: -by_plan[LIMIT_AT][plan])[:_PLANS_KEPT]
    return Fished(
        country,
        {budget: max(plans.values()) for budget, plans in by_plan.items()},
        {kind.number: _without(people, others, kind.number, best) for kind in FISHED},
    )


def _without(people: Population, others: Population, kind: int, plans: Iterable[Plan]) -> float:
    left_out = frozenset({kind})
    target, known = Target(with_kinds(people, left_out)), Statistics(with_kinds(others, left_out))
    return max(_recovered(target, known, LIMIT_AT, plan) for plan in plans)


def _recovered(target: Target, known: Statistics, budget: int, plan: Plan) -> float:
    return Attack(target, known).run(budget, plan) / target.size
