"""Budgets: never exceeded under any order of charges and clocks, never given back, refused with the truth."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.pool import StaticPool

from node.errors import Code, LancangError
from node.model.roster import Budget
from node.policy import budgets
from node.policy.budgets import BUCKET_MS
from node.storage.engine import open_database
from node.storage.schema_asks import budget_use
from node.storage.writer import Writer

_HOUR, _DAY = 3_600_000, 86_400_000
_MS = 1_800_000_000_000 // _DAY * _DAY
_BUDGET = Budget(member_hour=100, member_day=300, member_epoch=700, officer_hour=60, officer_day=150, officer_epoch=400)


@contextmanager
def _counters() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        budget_use.create(connection)
        yield connection
    engine.dispose()


@pytest.fixture
def connection() -> Iterator[Connection]:
    with _counters() as connection:
        yield connection


def _charge(
    connection: Connection, amount: int, now_ms: int, officer: str = "a", epoch: int = 1, budget: Budget = _BUDGET
) -> LancangError | None:
    try:
        budgets.charge(connection, "cn", officer, epoch, amount, budget, now_ms)
    except LancangError as error:
        if error.code is not Code.BUDGET_SPENT:
            raise
        return error
    return None


def _spent(connection: Connection) -> int:
    return connection.scalar(select(func.sum(budget_use.c.used))) or 0


def test_an_officer_is_stopped_before_the_member(connection: Connection) -> None:
    assert _charge(connection, 60, _MS) is None
    refused = _charge(connection, 1, _MS)
    assert refused is not None
    assert "this officer" in refused.detail
    assert _charge(connection, 40, _MS, officer="b") is None
    refused = _charge(connection, 1, _MS, officer="c")
    assert refused is not None
    assert "this member" in refused.detail


def test_a_refused_charge_costs_nothing(connection: Connection) -> None:
    _charge(connection, 50, _MS)
    before = _spent(connection)
    assert _charge(connection, 11, _MS) is not None
    assert _spent(connection) == before


def test_requesters_do_not_share_a_budget(connection: Connection) -> None:
    _charge(connection, 60, _MS)
    budgets.charge(connection, "vn", "a", 1, 60, _BUDGET, _MS)


def test_an_hour_around_the_full_hour_holds_one_budget(connection: Connection) -> None:
    assert _charge(connection, 60, _MS + _HOUR - 1) is None
    assert _charge(connection, 1, _MS + _HOUR) is not None


def test_a_refusal_says_when_it_fits(connection: Connection) -> None:
    _charge(connection, 40, _MS)
    _charge(connection, 20, _MS + 2 * BUCKET_MS)
    refused = _charge(connection, 30, _MS + 3 * BUCKET_MS)
    assert refused is not None
    assert refused.retry_after_ms == 13 * BUCKET_MS - 3 * BUCKET_MS
    at = _MS + 13 * BUCKET_MS
    assert _charge(connection, 30, at - 1) is not None
    assert _charge(connection, 30, at) is None


@pytest.mark.parametrize(("amount", "epoch_used"), [(61, 0), (10, 395)])
def test_no_time_is_given_where_waiting_does_not_help(connection: Connection, amount: int, epoch_used: int) -> None:
    for at in range(0, epoch_used, 5):
        assert _charge(connection, 5, _MS - _DAY * (100 - at // 5)) is None
    refused = _charge(connection, amount, _MS)
    assert refused is not None
    assert refused.retry_after_ms is None


def test_the_longest_of_several_waits_is_given(connection: Connection) -> None:
    tight = replace(_BUDGET, officer_day=60)
    _charge(connection, 60, _MS, budget=tight)
    refused = _charge(connection, 1, _MS, budget=tight)
    assert refused is not None
    assert refused.detail == "the daily budget of this officer"
    assert refused.retry_after_ms == 289 * BUCKET_MS


def test_a_new_epoch_has_an_epoch_budget_of_its_own_but_the_same_hour(connection: Connection) -> None:
    _charge(connection, 60, _MS, epoch=1)
    assert _charge(connection, 1, _MS, epoch=2) is not None
    assert budgets.left(connection, "cn", "a", 2, _BUDGET, _MS) == budgets.Left(0, 90, 400)


def test_what_is_left_is_what_can_be_charged(connection: Connection) -> None:
    _charge(connection, 25, _MS)
    left = budgets.left(connection, "cn", "a", 1, _BUDGET, _MS + 5)
    assert (left.hour, left.day, left.epoch, left.least) == (35, 125, 375, 35)
    assert budgets.left(connection, "cn", "", 1, _BUDGET, _MS) == budgets.Left(75, 275, 675)
    assert _charge(connection, left.least + 1, _MS + 5) is not None
    assert _charge(connection, left.least, _MS + 5) is None


def test_a_clock_set_back_reaches_no_emptier_window(connection: Connection) -> None:
    _charge(connection, 60, _MS)
    for back in (BUCKET_MS, _HOUR, _DAY, 400 * _DAY):
        refused = _charge(connection, 1, _MS - back)
        assert refused is not None
        assert refused.retry_after_ms == back + 13 * BUCKET_MS


@pytest.mark.parametrize(("amount", "officer"), [(0, "a"), (-5, "a"), (1, "")])
def test_nothing_is_charged_without_amount_and_officer(connection: Connection, amount: int, officer: str) -> None:
    with pytest.raises(LancangError) as refused:
        budgets.charge(connection, "cn", officer, 1, amount, _BUDGET, _MS)
    assert refused.value.code is Code.INPUT_INVALID


def test_forgetting_old_counters_changes_no_answer(connection: Connection) -> None:
    for hour in range(40):
        assert _charge(connection, 3, _MS + hour * _HOUR) is None
    now = _MS + 39 * _HOUR
    before = budgets.left(connection, "cn", "a", 1, _BUDGET, now)
    rows = connection.scalar(select(func.count()).select_from(budget_use)) or 0
    budgets.forget(connection, "cn")
    assert (connection.scalar(select(func.count()).select_from(budget_use)) or 0) < rows
    assert budgets.left(connection, "cn", "a", 1, _BUDGET, now) == before


@dataclass(frozen=True)
class _Step:
    elapsed_ms: int
    officer: str
    amount: int
    epoch: int


_STEPS = st.lists(
    st.builds(
        _Step,
        elapsed_ms=st.one_of(
            st.integers(0, BUCKET_MS), st.integers(0, 2 * _HOUR), st.integers(-3 * _HOUR, 0), st.just(8 * _HOUR)
        ),
        officer=st.sampled_from(["a", "b"]),
        amount=st.integers(1, 50),
        epoch=st.sampled_from([1, 1, 2]),
    ),
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(steps=_STEPS)
def test_no_window_is_ever_exceeded(steps: list[_Step]) -> None:
    """Time as the charges saw it: the highest moment any of them was made at."""
    now, highest = _MS, 0  # before the first charge there is no moment to hold on to
    accepted: list[tuple[int, _Step]] = []
    with _counters() as connection:
        for step in steps:
            now += step.elapsed_ms
            spent = _spent(connection)
            refused = _charge(connection, step.amount, now, step.officer, step.epoch)
            if refused is None:
                highest = max(highest, now)
                accepted.append((highest, step))
                assert _spent(connection) == spent + 4 * step.amount  # two accounts, two counters each
            else:
                assert _spent(connection) == spent
    for officer, hour, day, epoch in (("a", 60, 150, 400), ("b", 60, 150, 400), ("", 100, 300, 700)):
        mine = [(at, step) for at, step in accepted if officer in ("", step.officer)]
        for at, _ in mine:
            assert sum(step.amount for then, step in mine if at - _HOUR < then <= at) <= hour
            assert sum(step.amount for then, step in mine if at - _DAY < then <= at) <= day
        for number in (1, 2):
            assert sum(step.amount for _, step in mine if step.epoch == number) <= epoch


@settings(max_examples=40, deadline=None)
@given(steps=_STEPS, amount=st.integers(1, 60))
def test_a_refused_charge_fits_when_it_said(steps: list[_Step], amount: int) -> None:
    plenty = replace(_BUDGET, member_epoch=10**6, officer_epoch=10**6)
    now = _MS
    with _counters() as connection:
        for step in steps:
            now += step.elapsed_ms
            _charge(connection, step.amount, now, step.officer, budget=plenty)
        refused = _charge(connection, amount, now, budget=plenty)
        if refused is not None:
            assert refused.retry_after_ms is not None
            assert _charge(connection, amount, now + refused.retry_after_ms - 1, budget=plenty) is not None
            assert _charge(connection, amount, now + refused.retry_after_ms, budget=plenty) is None


def test_charges_from_many_threads_never_pass_the_budget(tmp_path: Path) -> None:
    database = open_database(tmp_path / "node.db")
    writer = Writer(database.writing)
    officers = itertools.cycle("abcd")
    futures = [
        writer.submit(lambda connection, who=officer: budgets.charge(connection, "cn", who, 1, 7, _BUDGET, _MS))  # type: ignore[misc]  # a bound default
        for officer, _ in zip(officers, range(60), strict=False)
    ]
    wait(futures, timeout=30)
    done = [future for future in futures if future.exception() is None]
    assert len(done) == 100 // 7
    with database.reading() as reading:
        assert budgets.left(reading, "cn", "", 1, _BUDGET, _MS).hour == 100 - 7 * len(done)
    writer.close()
    database.close()
