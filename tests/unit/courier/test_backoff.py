"""The pause after a failed try: it doubles up to a quarter of an hour, and a random part of it is waited."""

from __future__ import annotations

from node.acts.courier.backoff import FIRST_MS, LONGEST_MS, next_try


def test_the_pause_grows_to_its_end_and_is_spread_over_all_of_its_window() -> None:
    for attempts in (0, 3, 9, 30, 10_000):
        window = min(LONGEST_MS, FIRST_MS * 2 ** min(attempts, 30))
        waits = [next_try(attempts) for _ in range(400)]
        assert 1 <= min(waits) < window / 4
        assert window * 3 / 4 < max(waits) <= window


def test_nobody_comes_back_before_the_time_it_was_told_but_nobody_is_sent_away_for_days() -> None:
    assert next_try(0, 60_000) >= 60_000
    assert next_try(0, 10**12) == LONGEST_MS
