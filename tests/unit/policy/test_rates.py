"""Rate limits: a burst, then an even flow; a refusal says when, and that is true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import Code, LancangError
from node.policy import rates
from node.policy.rates import Rate, RateLimiter

_MS = 1_800_000_000_000


def _wait(limiter: RateLimiter, key: str, now_ms: int) -> int | None:
    """Milliseconds to wait, None if let through."""
    try:
        limiter.check(key, now_ms)
    except LancangError as error:
        if error.code is not Code.RATE_LIMITED:
            raise
        return error.retry_after_ms
    return None


def test_a_burst_then_an_even_flow() -> None:
    limiter = RateLimiter(Rate(per_minute=60, burst=3))
    assert [_wait(limiter, "cn", _MS) for _ in range(4)] == [None, None, None, 1001]
    assert _wait(limiter, "cn", _MS + 999) is not None
    assert _wait(limiter, "cn", _MS + 1001) is None
    assert _wait(limiter, "cn", _MS + 1001) is not None


def test_keys_do_not_share_a_limit() -> None:
    limiter = RateLimiter(Rate(per_minute=1, burst=1))
    assert [_wait(limiter, key, _MS) is None for key in ("cn", "vn", "cn")] == [True, True, False]


def test_a_clock_set_back_gives_nothing_back() -> None:
    limiter = RateLimiter(Rate(per_minute=60, burst=1))
    limiter.check("cn", _MS)
    wait = _wait(limiter, "cn", _MS - 10_000)
    assert wait == 11_001
    assert _wait(limiter, "cn", _MS - 10_000 + wait) is None


def test_forgetting_idle_keys_forgives_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_SWEEP_AT", 3)
    limiter = RateLimiter(Rate(per_minute=1, burst=1))
    for number in range(10):
        limiter.check(f"key {number}", _MS + number * 30_000)
    assert _wait(limiter, "key 9", _MS + 9 * 30_000) is not None
    assert len(limiter._arrivals) <= 4


@pytest.mark.parametrize(("per_minute", "burst"), [(0, 1), (1, 0)])
def test_a_rate_that_lets_nothing_through_is_refused(per_minute: int, burst: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Rate(per_minute, burst)


@given(
    per_minute=st.integers(1, 600),
    burst=st.integers(1, 10),
    steps=st.lists(st.integers(-5_000, 20_000), max_size=60),
)
def test_no_stretch_of_time_holds_more_than_burst_and_rate(per_minute: int, burst: int, steps: list[int]) -> None:
    limiter, now, highest = RateLimiter(Rate(per_minute, burst)), _MS, 0
    through = []
    for step in steps:
        now += step
        highest = max(highest, now)
        wait = _wait(limiter, "cn", now)
        if wait is None:
            through.append(highest)
        else:
            assert wait > 0
    for first in range(len(through)):
        for last in range(first, len(through)):
            allowed = burst + (through[last] - through[first]) * per_minute / 60_000
            assert last - first + 1 <= allowed + 1e-6
