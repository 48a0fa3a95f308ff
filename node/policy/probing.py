"""What looks like probing, and from which number on: counted from the node's own tables, against the roster's policy.

At the owner, which sees no subject: how a peer asks. At the requester, which does: whom its own officers ask about. At
both ends: what a peer signed twice, and budgets that are spent. What somebody has acknowledged is not counted again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from sqlalchemy import Connection

from node.errors import Code
from node.model.alarm import AlarmKind, Concern, Measured
from node.model.roster import Alarms
from node.storage import ask_counts
from node.storage.search_marks import SearchSeen

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
MOST_OF_ONE: Final = 5
"""Names that one person may have, or numbers of one block."""

PAST_DAYS: Final = 14
"""Over so many days before this one a peer's own rate is taken."""

Counts = Mapping[tuple[str, str], int]
Counter = Callable[[int, int], Counts]
"""(from_ms, until_ms) -> how many, by peer and officer."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One thing that is counted: over which time, how, and from which number on it is an alarm."""

    kind: AlarmKind
    from_ms: int
    until_ms: int
    counter: Counter
    threshold: Callable[[str], int]


def measure(watched: Sequence[Watched], acknowledged: Mapping[Concern, int]) -> list[Measured]:
    """What has reached its threshold. acknowledged: when each concern was last looked at; what came before is done."""
    found = []
    for each in watched:
        for (peer, officer), counted in each.counter(each.from_ms, each.until_ms).items():
            concern = Concern(each.kind, peer, officer)
            seen = acknowledged.get(concern, 0)
            again = each.counter(seen + 1, each.until_ms) if seen >= each.from_ms else None
            number = counted if again is None else again.get((peer, officer), 0)
            found.append(Measured(concern, number, each.threshold(peer)))
    return [measured for measured in found if measured.reached]


def owner_side(connection: Connection, rules: Alarms, now: int) -> list[Watched]:
    """How the peers ask here."""
    night = night_start(now, rules)
    night_end = min(now, night + rules.night_hours * HOUR_MS) + 1
    until, day, window = now + 1, now - DAY_MS, now - rules.window_seconds * 1000
    peers = _by_peer(lambda start, end: ask_counts.by_requester(connection, start, end))
    # For several peers the same: read once a look.
    past = cache(lambda days: ask_counts.by_requester(connection, day - days * DAY_MS, day))

    def unusual(peer: str) -> int:
        return _unusual(ask_counts.first_ask(connection, peer), past, rules, peer, day)

    return [
        Watched(AlarmKind.NIGHT, night, night_end, peers, _always(rules.night_asks)),
        Watched(AlarmKind.RATE, day, until, peers, unusual),
        Watched(
            AlarmKind.OFFICER,
            day,
            until,
            lambda start, end: ask_counts.by_officer(connection, start, end),
            _always(rules.officer_asks),
        ),
        Watched(
            AlarmKind.CASES,
            window,
            until,
            _by_peer(lambda start, end: ask_counts.single_ask_cases(connection, start, end)),
            _always(rules.single_ask_cases),
        ),
    ]


def requester_side(seen: Sequence[SearchSeen], rules: Alarms, now: int) -> list[Watched]:
    """Whom this node's own officers ask about."""
    window, until = now - rules.window_seconds * 1000, now + 1

    def counting(count: Callable[[Sequence[SearchSeen]], int]) -> Counter:
        def counter(start: int, end: int) -> Counts:
            by_officer: defaultdict[str, list[SearchSeen]] = defaultdict(list)
            for each in seen:
                if start <= each.ms < end:
                    by_officer[each.officer].append(each)
            return {("", officer): count(made) for officer, made in by_officer.items()}

        return counter

    return [
        Watched(AlarmKind.DATES, window, until, counting(dates_over_one_name), _always(rules.dates_per_name)),
        Watched(AlarmKind.NAMES, window, until, counting(names_over_one_date), _always(rules.names_per_date)),
        Watched(AlarmKind.NUMBERS, window, until, counting(numbers_alike), _always(rules.numbers_alike)),
        Watched(AlarmKind.POSSIBLE, window, until, counting(possible_hits), _always(rules.possible_hits)),
    ]


def dates_over_one_name(made: Sequence[SearchSeen]) -> int:
    """How many birth dates were asked with the name that was asked with most of them."""
    dates: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for each in made:
        for name in each.marks.names:
            dates[name] |= {each.marks.date} - {b""}
    return max(map(len, dates.values()), default=0)


def names_over_one_date(made: Sequence[SearchSeen]) -> int:
    """How many people were asked about with the birth date that was asked with most of them, by all their names."""
    asked: defaultdict[bytes, list[frozenset[bytes]]] = defaultdict(list)
    for each in made:
        if each.marks.date and not each.marks.first_of_january:
            asked[each.marks.date].append(frozenset(each.marks.names))
    return max(map(_beyond_one, asked.values()), default=0)


def numbers_alike(made: Sequence[SearchSeen]) -> int:
    """How many people were asked about by numbers that differ in the same neighbouring digits."""
    asked: defaultdict[bytes, list[frozenset[bytes]]] = defaultdict(list)
    for each in made:
        shared: defaultdict[bytes, set[bytes]] = defaultdict(set)
        for number in each.marks.numbers:
            for mark in number.alike:
                shared[mark].add(number.exact)
        for mark, numbers in shared.items():
            asked[mark].append(frozenset(numbers))
    return max(map(_beyond_one, asked.values()), default=0)


def _beyond_one(searches: Sequence[frozenset[bytes]]) -> int:
    """So many people, as far as names or numbers tell: all of them, less the aliases or numbers that one may have.

    Who keeps one name and adds another in each search is counted by what he adds, and who packs many into one search by
    what is too much for one person.
    """
    every = frozenset[bytes]().union(*searches)
    of_one = min(max(map(len, searches), default=0), MOST_OF_ONE)
    return len(every) - of_one + 1 if every else 0


def possible_hits(made: Sequence[SearchSeen]) -> int:
    """How many possible hits came of these searches, without those after which somebody asked on."""
    return sum(each.marks.possible for each in made if not each.asked_on)


def night_start(now: int, rules: Alarms) -> int:
    """When the present night began, or the last one if it is day. Days are counted in UTC."""
    start = now // DAY_MS * DAY_MS + rules.night_from_hour * HOUR_MS
    return start if start <= now else start - DAY_MS


def _unusual(first: int | None, past: Callable[[int], Mapping[str, int]], rules: Alarms, peer: str, before: int) -> int:
    """So many asks a day are more than this peer's own past explains. One that is new has no past: a fixed number.

    first: when it first asked. past: by peer, how many asks came in so many days before.
    """
    days = min(PAST_DAYS, (before - first) // DAY_MS) if first is not None else 0
    if days < 1:
        return rules.rate_asks
    return max(rules.rate_asks, -(-past(days).get(peer, 0) * rules.rate_factor // days))


def _by_peer(count: Callable[[int, int], Mapping[str, int]]) -> Counter:
    return lambda start, end: {(peer, ""): number for peer, number in count(start, end).items()}


def _always(number: int) -> Callable[[str], int]:
    return lambda _peer: number


TWO_HISTORIES: Final = frozenset({Code.BATCH_FORK.value, Code.EPOCH_CHAIN.value, Code.ROSTER_FORK.value})
"""Codes of what a peer has said in two ways."""

TOO_FAST: Final = frozenset({Code.EPOCH_PACE.value})
"""Codes of what a peer does more often than the policy allows."""
