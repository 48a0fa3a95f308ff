"""The policy an alliance starts from: purposes, small budgets, the protocol's constants; and a wide one for demos."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from node.model.roster import Budget, Policy

PURPOSES = (
    "telecom-fraud",
    "cyber-crime",
    "human-trafficking",
    "missing-person",
    "identification-for-transfer",
    "money-laundering",
    "drug-trafficking",
    "fugitive",
)

# An ask costs 64 evaluations, so these are at most 156 searches an epoch of 90 days for a member, 50 for one officer.
# The tokens are chosen so that 10,000 evaluations recover at most 3% of a population by fishing (protocol.md, fishing):
# a member's epoch stays just under that. A day gives what one case needs in a rush (20 subjects), an hour half of it,
# so that a stolen session is noticed before it has spent much. An officer has a quarter to a half of his member's part.
# Bulk screening and renewed watches draw on quotas that two officers of the owner grant, never on these.
DEFAULT_BUDGET = Budget(
    member_hour=10 * 64,
    member_day=20 * 64,
    member_epoch=156 * 64,
    officer_hour=5 * 64,
    officer_day=10 * 64,
    officer_epoch=50 * 64,
)

# A person searches a few times a minute; a case of twenty subjects may come at once.
DEFAULT_ASKS_PER_MINUTE = 20

_DAY_SECONDS = 86_400


def default_policy() -> Policy:
    """The policy of an alliance that has not decided otherwise."""
    return Policy(purposes=PURPOSES, budget=DEFAULT_BUDGET, asks_per_minute=DEFAULT_ASKS_PER_MINUTE)


def with_daily_budget(policy: Policy, evaluations: int) -> Policy:
    """The policy with so many evaluations a day, for a member and for each officer, and no other budget that binds.

    For demonstrations: an hour may spend the whole day, the epoch holds as many days as it lasts and its grace, and the
    rate limit lets the day's asks come at once. Raises ValueError for a negative number.
    """
    if evaluations < 0:
        raise ValueError("a budget is not negative")
    # One day more than the epoch touches: days are counted by the calendar, an epoch begins at any hour.
    days = ceil((policy.epoch_seconds + policy.grace_seconds) / _DAY_SECONDS) + 1
    budget = Budget(
        member_hour=evaluations,
        member_day=evaluations,
        member_epoch=evaluations * days,
        officer_hour=evaluations,
        officer_day=evaluations,
        officer_epoch=evaluations * days,
    )
    rate = max(policy.asks_per_minute, min(evaluations // policy.ask_size, 1_000_000))
    return replace(policy, budget=budget, asks_per_minute=rate)
