"""Budgets: how many evaluations a requester and its officers may buy per hour, day and epoch (protocol.md 5).

README.md in this room says how the windows slide, and why a clock that goes back gives nothing back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from node.errors import Code, LancangError
from node.model.roster import Budget
from node.storage.schema import budget_use

BUCKET_MS = 300_000
"""Uses are counted in buckets of five minutes."""

# One bucket more than the window holds: the present one has only begun, so a whole hour touches thirteen.
HOUR_BUCKETS = 13
DAY_BUCKETS = 289

_MEMBER = ""


@dataclass(frozen=True, slots=True)
class Left:
    """Evaluations that may still be bought now, by the member as a whole or by one officer."""

    hour: int
    day: int
    epoch: int

    @property
    def least(self) -> int:
        """What may be bought at once."""
        return min(self.hour, self.day, self.epoch)


@dataclass(frozen=True, slots=True)
class _Limits:
    hour: int
    day: int
    epoch: int


@dataclass(frozen=True, slots=True)
class _Counter:
    requester: str
    officer: str
    window: str
    number: int


@dataclass(frozen=True, slots=True)
class _Use:
    """What one account used. buckets: (number, used) of the last day, oldest first."""

    buckets: Sequence[tuple[int, int]]
    epoch: int

    def since(self, first: int) -> int:
        return sum(used for number, used in self.buckets if number >= first)


def charge(
    connection: Connection, requester: str, officer: str, epoch: int, amount: int, budget: Budget, now_ms: int
) -> None:
    """Charge a requester and one of its officers, both or neither, in the caller's transaction (the writer's).

    epoch: the owner's current one, also for an ask of the epoch before it (both draw on one budget).
    Raises LancangError BUDGET_SPENT with retry_after_ms (None where waiting within this epoch does not help),
    INPUT_INVALID for an amount below 1 or an officer who is not named.
    """
    if amount < 1 or not officer:
        raise LancangError(Code.INPUT_INVALID, "a charge needs an amount and an officer")
    now = _bucket(connection, requester, now_ms)
    accounts = (
        (_MEMBER, "this member", _limits(budget, _MEMBER)),
        (officer, "this officer", _limits(budget, officer)),
    )
    waits = []
    for account, who, limits in accounts:
        used = _used(connection, requester, account, epoch, now)
        waits += _refusals(used, limits, who, amount, now)
    if waits:
        # The longest wait counts; one without an end is the longest of all.
        window, until = max(waits, key=lambda wait: float("inf") if wait[1] is None else wait[1])
        wait_ms = None if until is None else max(1, until * BUCKET_MS - now_ms)
        raise LancangError(Code.BUDGET_SPENT, window, retry_after_ms=wait_ms)
    for account, _, _ in accounts:
        for window, number in (("bucket", now), ("epoch", epoch)):
            _add(connection, _Counter(requester, account, window, number), amount)


def left(connection: Connection, requester: str, officer: str, epoch: int, budget: Budget, now_ms: int) -> Left:
    """What an officer of a requester may still buy, or for officer '' the member as a whole. Takes a reader."""
    now = _bucket(connection, requester, now_ms)
    used, limits = _used(connection, requester, officer, epoch, now), _limits(budget, officer)
    return Left(
        max(0, limits.hour - used.since(now - HOUR_BUCKETS + 1)),
        max(0, limits.day - used.since(now - DAY_BUCKETS + 1)),
        max(0, limits.epoch - used.epoch),
    )


def forget(connection: Connection, requester: str, limit: int = 500) -> None:
    """Delete up to limit counters of a requester that no window can reach any more (BULK). Epoch counters stay."""
    newest = _newest(connection, requester)
    past = (
        budget_use.c.requester == requester,
        budget_use.c.window == "bucket",
        budget_use.c.number <= newest - DAY_BUCKETS,
    )
    doomed = connection.execute(select(budget_use.c.officer, budget_use.c.number).where(*past).limit(limit)).all()
    for officer, number in doomed:
        connection.execute(
            delete(budget_use).where(*past, budget_use.c.officer == officer, budget_use.c.number == number)
        )


def _limits(budget: Budget, account: str) -> _Limits:
    if account == _MEMBER:
        return _Limits(budget.member_hour, budget.member_day, budget.member_epoch)
    return _Limits(budget.officer_hour, budget.officer_day, budget.officer_epoch)


def _newest(connection: Connection, requester: str) -> int:
    """The newest bucket this requester was ever charged in."""
    query = select(func.max(budget_use.c.number)).where(
        budget_use.c.requester == requester, budget_use.c.officer == _MEMBER, budget_use.c.window == "bucket"
    )
    return connection.scalar(query) or 0


def _bucket(connection: Connection, requester: str, now_ms: int) -> int:
    """The present bucket, never before the newest charge: a clock set back must not reach an emptier window."""
    return max(now_ms // BUCKET_MS, _newest(connection, requester))


def _used(connection: Connection, requester: str, account: str, epoch: int, now: int) -> _Use:
    mine = (budget_use.c.requester == requester, budget_use.c.officer == account)
    buckets = (
        select(budget_use.c.number, budget_use.c.used)
        .where(*mine, budget_use.c.window == "bucket", budget_use.c.number > now - DAY_BUCKETS)
        .order_by(budget_use.c.number)
    )
    in_epoch = select(budget_use.c.used).where(*mine, budget_use.c.window == "epoch", budget_use.c.number == epoch)
    return _Use([(number, used) for number, used in connection.execute(buckets)], connection.scalar(in_epoch) or 0)


def _refusals(used: _Use, limits: _Limits, who: str, amount: int, now: int) -> list[tuple[str, int | None]]:
    """The limits that amount would pass: (which, the bucket in which it fits, or None for never)."""
    refusals: list[tuple[str, int | None]] = []
    for name, limit, span in (("hourly", limits.hour, HOUR_BUCKETS), ("daily", limits.day, DAY_BUCKETS)):
        over = used.since(now - span + 1) + amount - limit
        if over > 0:
            refusals.append((f"the {name} budget of {who}", _fits(used, over, span, now)))
    if used.epoch + amount > limits.epoch:
        refusals.append((f"the epoch's budget of {who}", None))
    return refusals


def _fits(used: _Use, over: int, span: int, now: int) -> int | None:
    """The first bucket from which on `over` less is counted, None if even an empty window is too small."""
    for number, amount in used.buckets:
        if number > now - span:
            over -= amount
            if over <= 0:
                return number + span
    return None


def _add(connection: Connection, counter: _Counter, amount: int) -> None:
    grown = connection.execute(
        update(budget_use)
        .where(
            budget_use.c.requester == counter.requester,
            budget_use.c.officer == counter.officer,
            budget_use.c.window == counter.window,
            budget_use.c.number == counter.number,
        )
        .values(used=budget_use.c.used + amount)
    )
    if grown.rowcount == 0:
        connection.execute(insert(budget_use).values(**asdict(counter), used=amount))
