"""People for the matcher's tests, in a few words."""

from __future__ import annotations

from matcher.person import Name, Person, parse_birth_date


def person(
    text: str,
    birth_date: str | None = "1986-12-09",
    *,
    nationality: str | None = None,
    phones: tuple[str, ...] = (),
) -> Person:
    """A person with one name, born on 9 December 1986 unless told."""
    born = None if birth_date is None else parse_birth_date(birth_date)
    return Person(names=(Name(text),), birth_date=born, nationality=nationality, phones=phones)
