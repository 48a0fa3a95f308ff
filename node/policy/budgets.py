"""Budgets: how many evaluations a requester and its officers may buy per hour, day and epoch (protocol.md 5).

README.md in this room says how the windows slide, and why a clock that goes back gives nothing back.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select, update

from node.errors import Code, LancangError
from node.model.roster import Budget
from node.storage.schema_asks import budget_use

BUCKET_MS = 300_000
"""Uses are counted in buckets of five minutes."""

# One bucket more than the window holds: the present one has only begun, so a whole hour touches thirteen.
HOUR_BUCKETS = 13
DAY_BUCKETS = 289

_MEMBER = ""
_BUCKET, _EPOCH = "bucket", "epoch"

# Built once: putting these together takes longer than running them.
_READ = select(budget_use.c.officer, budget_use.c.window, budget_use.c.number, budget_use.c.used).where(
    budget_use.c.requester == bindparam("requester"),
    budget_use.c.officer.in_((literal(_MEMBER), bindparam("account"))),
    ((budget_use.c.window == _BUCKET) & (budget_use.c.number > bindparam("after")))
    | ((budget_use.c.window == _EPOCH) & (budget_use.c.number == bindparam("epoch"))),
)
_GROW = (
    update(budget_use)
    .where(*(column == bindparam(f"of_{column.name}") for column in budget_use.primary_key))
    .values(used=budget_use.c.used + bindparam("more"))
)


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
class _Use:
    """What one account used. buckets: used by number, of the last day; epoch: None before its first charge."""

    buckets: dict[int, int]
    epoch: int | None

    def since(self, first: int) -> int:
        return sum(used for number, used in self.buckets.items() if number >= first)


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What the accounts of one charge used, and the bucket in which they are charged now."""

    now: int
    accounts: dict[str, _Use]


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
    ledger = _ledger(connection, requester, officer, epoch, now_ms)
    waits = []
    for account, used in ledger.accounts.items():
        waits += _refusals(
            used, _limits(budget, account), "this officer" if account else "this member", amount, ledger.now
        )
    if waits:
        # The longest wait counts; one without an end is the longest of all.
        window, until = max(waits, key=lambda wait: float("inf") if wait[1] is None else wait[1])
        wait_ms = None if until is None else max(1, until * BUCKET_MS - now_ms)
        raise LancangError(Code.BUDGET_SPENT, window, retry_after_ms=wait_ms)
    _book(connection, requester, epoch, amount, ledger)


def exhaust(connection: Connection, requester: str, budget: Budget, now_ms: int) -> None:
    """Count a member's whole day as spent now: after a restore nobody knows what was charged since the backup."""
    bucket = max(now_ms // BUCKET_MS, _newest(connection, requester))
    key = {"requester": requester, "officer": _MEMBER, "window": _BUCKET, "number": bucket}
    spent = max(budget.member_day, budget.member_hour)
    there = [budget_use.c[name] == value for name, value in key.items()]
    if connection.execute(update(budget_use).where(*there).values(used=spent)).rowcount == 0:
        connection.execute(insert(budget_use).values(**key, used=spent))


def left(connection: Connection, requester: str, officer: str, epoch: int, budget: Budget, now_ms: int) -> Left:
    """What an officer of a requester may still buy, or for officer '' the member as a whole. Takes a reader."""
    ledger = _ledger(connection, requester, officer, epoch, now_ms)
    used, limits = ledger.accounts[officer], _limits(budget, officer)
    return Left(
        max(0, limits.hour - used.since(ledger.now - HOUR_BUCKETS + 1)),
        max(0, limits.day - used.since(ledger.now - DAY_BUCKETS + 1)),
        max(0, limits.epoch - (used.epoch or 0)),
    )


def forget(connection: Connection, requester: str, limit: int = 500) -> None:
    """Delete up to limit counters of a requester that no window can reach any more (BULK). Epoch counters stay."""
    newest = _newest(connection, requester)
    past = (
        budget_use.c.requester == requester,
        budget_use.c.window == _BUCKET,
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
        budget_use.c.requester == requester, budget_use.c.officer == _MEMBER, budget_use.c.window == _BUCKET
    )
    return connection.scalar(query) or 0


def _ledger(connection: Connection, requester: str, officer: str, epoch: int, now_ms: int) -> _Ledger:
    """Read the accounts of the member and of the officer at once.

    The present bucket is never before the member's newest: a clock set back must not reach an emptier window.
    """
    now = now_ms // BUCKET_MS
    wanted = {"requester": requester, "account": officer, "after": now - DAY_BUCKETS, "epoch": epoch}
    buckets: dict[str, dict[int, int]] = {_MEMBER: {}, officer: {}}
    epochs: dict[str, int] = {}
    for account, window, number, used in connection.execute(_READ, wanted):
        if window == _BUCKET:
            buckets[account][number] = used
        else:
            epochs[account] = used
    now = max([now, *buckets[_MEMBER]])
    return _Ledger(now, {account: _Use(each, epochs.get(account)) for account, each in buckets.items()})


def _book(connection: Connection, requester: str, epoch: int, amount: int, ledger: _Ledger) -> None:
    """Add amount to every counter of the ledger's accounts."""
    new, grown = [], []
    for account, used in ledger.accounts.items():
        for window, number, known in (
            (_BUCKET, ledger.now, used.buckets.get(ledger.now)),
            (_EPOCH, epoch, used.epoch),
        ):
            key = {"requester": requester, "officer": account, "window": window, "number": number}
            if known is None:
                new.append({**key, "used": amount})
            else:
                grown.append({**{f"of_{name}": value for name, value in key.items()}, "more": amount})
    if new:
        connection.execute(insert(budget_use), new)
    if grown:
        connection.execute(_GROW, grown)


def _refusals(used: _Use, limits: _Limits, who: str, amount: int, now: int) -> list[tuple[str, int | None]]:
    """The limits that amount would pass: (which, the bucket in which it fits, or None for never)."""
    refusals: list[tuple[str, int | None]] = []
    for name, limit, span in (("hourly", limits.hour, HOUR_BUCKETS), ("daily", limits.day, DAY_BUCKETS)):
        over = used.since(now - span + 1) + amount - limit
        if over > 0:
            refusals.append((f"the {name} budget of {who}", _fits(used, over, span, now)))
    if (used.epoch or 0) + amount > limits.epoch:
        refusals.append((f"the epoch's budget of {who}", None))
    return refusals


def _fits(used: _Use, over: int, span: int, now: int) -> int | None:
    """The first bucket from which on `over` less is counted, None if even an empty window is too small."""
    for number, amount in sorted(used.buckets.items()):
        if number > now - span:
            over -= amount
            if over <= 0:
                return number + span
    return None
