"""When two searches are about the same subject, for keeping it apart from a record that is another person's.

The whole subject, or one of its names together with the full birth date. A document, a phone or an account alone is
not enough: whoever misuses an identity carries the other's, and must not be hidden behind an exclusion of his victim.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from matcher.person import Person
from matcher.subject import canonical_subject

MOST_NAMES: Final = 64


def subject_keys(person: Person) -> Iterator[tuple[str, str]]:
    """What identifies a subject: (what it is, its value), to be kept as keyed hashes only."""
    yield "kept apart: whole", canonical_subject(person).hex()
    if person.birth_date is None or not person.birth_date.is_full:
        return
    for name in person.names[:MOST_NAMES]:
        yield "kept apart: name and date", f"{_plain(name.text)} {person.birth_date.iso()}"


def _plain(name: str) -> str:
    """A name without case, width, order and spacing of its parts."""
    parts = unicodedata.normalize("NFKC", name).casefold().replace(",", " ").split()
    return " ".join(sorted(parts))


def shared_with(person: Person, other: Person) -> tuple[str, ...]:
    """In what two people are equal, for people who look for everything about one of them; () if in nothing.

    Wider than an equal subject: a document, a phone or an account alone is named too, and a name alone if one of the
    two has no full birth date.
    """
    ours, theirs = set(subject_keys(person)), set(subject_keys(other))
    found = [what.removeprefix("kept apart: ") for what, _ in sorted(ours & theirs)]
    dated = all(one.birth_date is not None and one.birth_date.is_full for one in (person, other))
    if not dated and {_plain(name.text) for name in person.names} & {_plain(name.text) for name in other.names}:
        found.append("name")
    for what, mine, others in (
        ("document", {one.number for one in person.documents}, {one.number for one in other.documents}),
        ("phone", set(person.phones), set(other.phones)),
        ("account", set(person.accounts), set(other.accounts)),
    ):
        if mine & others:
            found.append(what)
    return tuple(found)
