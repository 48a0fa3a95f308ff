"""The matcher over plain files, without cryptography: equality of tokens is all that the protocol keeps.

All records are one index, its information from it, its lists capped as in an index (protocol.md 3). Of each line only
the id, the names, birth_date and sex count; other keys are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from matcher.person import Person
from matcher.reading import person_from_json
from matcher.scoring import PRIOR, FoundToken, score
from matcher.tokens import Token, query_tokens, record_tokens

LIST_CAP = 256
MOST_CANDIDATES = 10
_COUNTED = ("names", "birth_date", "sex")


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate: a record that shares tokens with a query, and its score, 0 to 1."""

    query_id: str
    record_id: str
    score: float


class PlainIndex:
    """Tokens of records in memory, searched as an index copy is. Record ids stand for tags."""

    def __init__(self) -> None:
        self._lists: dict[Token, list[str]] = {}
        self.records = 0

    def add(self, record_id: str, person: Person) -> None:
        """Put a record into the index."""
        self.records += 1
        for token in record_tokens(person):
            self._lists.setdefault(token, []).append(record_id)

    def search(self, person: Person) -> list[tuple[str, float]]:
        """At most ten (record id, score), best first; those with score 0 are left out."""
        found, asked = self.look_up(person)
        ranked = score(found, asked, self.records, PRIOR)
        return [(entry.tag.decode(), entry.score) for entry in ranked[:MOST_CANDIDATES] if entry.score > 0]

    def look_up(self, person: Person) -> tuple[list[FoundToken], list[int]]:
        """The tokens of a search that are in the index, and the kinds of all that were asked."""
        asked = query_tokens(person)
        found = []
        for position, token in enumerate(asked):
            records = self._lists.get(token)
            if records is not None:
                common = len(records) > LIST_CAP
                tags = () if common else tuple(record.encode() for record in records)
                found.append(FoundToken(position, token.kind, tags, common))
        return found, [token.kind for token in asked]


def read_line(line: Mapping[str, object], id_key: Literal["record_id", "query_id"]) -> tuple[str, Person]:
    """One line as (id, person); keys that take no part are passed over. Raises PersonError."""
    return person_from_json({key: line[key] for key in (id_key, *_COUNTED) if key in line}, id_key=id_key)


def candidates(records: Iterable[tuple[str, Person]], queries: Iterable[tuple[str, Person]]) -> Iterator[Scored]:
    """The candidates of every query, in the order of queries; all records are read before the first query."""
    index = PlainIndex()
    for record_id, person in records:
        index.add(record_id, person)
    for query_id, person in queries:
        for record_id, value in index.search(person):
            yield Scored(query_id, record_id, value)
