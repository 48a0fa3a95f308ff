"""The table of kinds against a member who fishes in an index of 100,000 records with the budget of an epoch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.fishing.attacker import LIST_CAP, PLANS, Attack, Statistics, Target
from benchmarks.fishing.people import DAYS, Held, Population, draw
from matcher.population import COUNTRIES

BUDGET = 10_000
PLAN_OF_NAMES = PLANS[1]


def most_recovered(country: str, size: int) -> float:
    target, known = Target(draw(country, size, 1)), Statistics(draw(country, size, 2))
    return max(Attack(target, known).run(BUDGET, plan) for plan in PLANS) / size


# The worst in every run; all of them in the long tests and in benchmarks/fishing.
OFTEN = ("CN",)


@pytest.mark.parametrize(
    "country",
    [country if country in OFTEN else pytest.param(country, marks=pytest.mark.soak) for country in COUNTRIES],
)
def test_the_budget_of_an_epoch_recovers_few_people(country: str) -> None:
    assert 0 < most_recovered(country, 100_000) <= 0.03


def test_the_attack_is_the_same_for_a_seed_and_grows_with_what_is_spent() -> None:
    people, others = draw("TH", 5_000, 1), draw("TH", 5_000, 2)
    found = [Attack(Target(people), Statistics(others)).run(budget, PLAN_OF_NAMES) for budget in (2_000, 2_000, 20_000)]
    assert found[0] == found[1] < found[2]


def test_the_attacker_would_recover_far_more_if_a_common_part_stood_beside_a_date() -> None:
    """What the benchmark is for: a table that is cheap to fish shows itself."""

    def loosened(people: Population) -> Population:
        names = tuple(replace(name, date=(*name.date, (13, "EVERYBODY"))) for name in people.names)
        return replace(people, names=names)

    target, known = Target(loosened(draw("TH", 5_000, 1))), Statistics(loosened(draw("TH", 5_000, 2)))
    assert Attack(target, known).run(BUDGET, PLAN_OF_NAMES) / 5_000 > 0.1


def test_a_list_above_the_cap_gives_nothing() -> None:
    entry = (20, "AAA")
    for bearers, given in ((LIST_CAP, LIST_CAP), (LIST_CAP + 1, 0)):
        people = Population(
            (Held("AAA", (entry,), (), ()),),
            np.zeros(bearers, np.int64),
            np.zeros(bearers, np.int64),
            np.arange(bearers) % DAYS,
        )
        assert len(Target(people).buy(entry)) == given
