"""Readings of a text whose pieces may each be spelt in several living ways: which of the many combinations count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def combined(choices: Sequence[Sequence[str]], most: int) -> tuple[tuple[str, ...], ...]:
    """At most so many distinct combinations, the likeliest first; one empty combination where there are no choices.

    The first of every choice, then the last of every one (who spells one piece the other way often spells all so),
    then a single choice the other way.
    """
    return tuple(list(dict.fromkeys(_in_order(choices)))[:most])


def _in_order(choices: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    first = tuple(ways[0] for ways in choices)
    yield first
    yield tuple(ways[-1] for ways in choices)
    for at, ways in enumerate(choices):
        for other in ways[1:]:
            yield (*first[:at], other, *first[at + 1 :])
