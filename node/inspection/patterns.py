"""What only shows beyond the rules: one subject under several cases, one name with many dates, one date with many
names, many people in one subject.

None of these breaks a rule by itself. Brothers share a name, twins a date, and two cases may meet in one person. They
are what a requester that fishes with whole persons cannot avoid, so they are named and want an explanation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from matcher.person import Person, canonical_subject
from matcher.sounds import sounds
from node.inspection.findings import Finding, Found

ENOUGH: Final = 3
"""So many dates over one name, or names over one date, are a pattern: chance alone gives two in a few hundred asks."""
ENOUGH_HEAPED: Final = 12
"""On 1 January, which registers write for a day that nobody knows, many real people meet."""
MOST_NAMES: Final = 5
"""Names of one person that sound unlike each other: the true one, a former one, a nickname, two false ones."""
MOST_NUMBERS: Final = 12
"""Documents, phones and accounts of one person."""


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """Whom an ask was about, as its opening says. case: the owner's handle."""

    ask_id: bytes
    owner: str
    case: bytes
    person: Person


def across(subjects: Sequence[Subject]) -> list[Found]:
    """Every pattern in these asks."""
    return [*_cases(subjects), *_dates(subjects), *_names(subjects), *_packed(subjects)]


def _cases(subjects: Iterable[Subject]) -> list[Found]:
    same: dict[tuple[str, bytes], list[Subject]] = defaultdict(list)
    for each in subjects:
        # A person may be a suspect in one case and a witness in another: still the same person.
        same[each.owner, canonical_subject(replace(each.person, category=None))].append(each)
    return [
        Found(Finding.CASES, _ids(group), f"{cases} cases")
        for group in same.values()
        if (cases := len({each.case for each in group})) > 1
    ]


def _dates(subjects: Iterable[Subject]) -> list[Found]:
    """Names are compared as the matcher hears them: another spelling is no other name."""
    by_name: dict[str, list[Subject]] = defaultdict(list)
    for each in subjects:
        if _full_date(each) is not None:
            for sound in sounds(each.person):
                by_name[sound].append(each)
    found: dict[tuple[str, ...], Found] = {}
    for group in by_name.values():
        dates = {_full_date(each) for each in group}
        if len(dates) >= ENOUGH:
            # Names with several parts or readings come to the same asks more than once.
            found.setdefault(_ids(group), Found(Finding.DATES, _ids(group), f"{len(dates)} birth dates"))
    return list(found.values())


def _names(subjects: Iterable[Subject]) -> list[Found]:
    by_date: dict[str, list[Subject]] = defaultdict(list)
    for each in subjects:
        date = _full_date(each)
        if date is not None and each.person.names:
            by_date[date].append(each)
    found = []
    for group in by_date.values():
        born = group[0].person.birth_date
        enough = ENOUGH_HEAPED if born is not None and born.may_be_placeholder else ENOUGH
        names = _distinct(group)
        if names >= enough:
            found.append(Found(Finding.NAMES, _ids(group), f"{names} names"))
    return found


def _packed(subjects: Iterable[Subject]) -> list[Found]:
    """Whoever puts many people into one subject asks about all of them for the price of one."""
    found = []
    for each in subjects:
        person = each.person
        names = _distinct(replace(each, person=replace(person, names=(name,))) for name in person.names)
        numbers = len(person.documents) + len(person.phones) + len(person.accounts)
        if names > MOST_NAMES:
            found.append(Found(Finding.PACKED, _ids([each]), f"{names} names"))
        elif numbers > MOST_NUMBERS:
            found.append(Found(Finding.PACKED, _ids([each]), f"{numbers} numbers"))
    return found


def _distinct(group: Iterable[Subject]) -> int:
    """How many subjects share no name with another one: an alias joins two spellings of one person."""
    clusters: list[set[str]] = []
    for each in group:
        heard = set(sounds(each.person))
        joined = [cluster for cluster in clusters if cluster & heard]
        clusters = [cluster for cluster in clusters if not cluster & heard]
        clusters.append(heard.union(*joined))
    return len(clusters)


def _full_date(subject: Subject) -> str | None:
    date = subject.person.birth_date
    return date.iso() if date is not None and date.is_full else None


def _ids(group: Iterable[Subject]) -> tuple[str, ...]:
    return tuple(sorted({each.ask_id.hex() for each in group}))
