"""Prints the curve: recovered people by evaluations spent, the best plan of the attacker each time."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.fishing.attacker import PLANS, Attack, Plan, Statistics, Target
from benchmarks.fishing.people import draw
from matcher.population import COUNTRIES

BUDGETS = (1_000, 3_000, 10_000, 30_000, 100_000, 352_000)
LIMIT_AT, LIMIT = 10_000, 0.03


def curve(target: Target, known: Statistics, budgets: tuple[int, ...]) -> list[tuple[int, float, Plan]]:
    """For each budget the share of people recovered by the plan that recovers most."""
    found = []
    for budget in budgets:
        tries = [(Attack(target, known).run(budget, plan) / target.size, plan) for plan in PLANS]
        most, plan = max(tries, key=lambda pair: pair[0])
        found.append((budget, most, plan))
    return found


def main() -> int:
    """Print; 1 if the limit at 10,000 evaluations is passed anywhere."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fishing", description=__doc__)
    parser.add_argument("--countries", nargs="+", choices=COUNTRIES, default=list(COUNTRIES))
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--budgets", nargs="+", type=int, default=list(BUDGETS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--names", type=Path, help="records whose names the population is drawn from")
    options = parser.parse_args()
    within = True
    for country in options.countries:
        target = Target(draw(country, options.size, options.seed, options.names))
        known = Statistics(draw(country, options.size, options.seed + 1, options.names))
        print(f"{country}: {len(target.people.names)} distinct names", flush=True)
        for budget, share, plan in curve(target, known, tuple(options.budgets)):
            within &= budget > LIMIT_AT or share <= LIMIT
            print(f"  {budget:7} evaluations  {share:7.2%}  {plan}", flush=True)
    return 0 if within else 1


if __name__ == "__main__":
    raise SystemExit(main())
