"""The matcher over plain files, without cryptography: equality of tokens is all that the protocol keeps.

All records are one index, its information from it, its lists capped as in an index (protocol.md 3). Of each line only
the id, the names, birth_date and sex count; other keys are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from matcher.person import Person, PersonError
from matcher.reading import person_from_json
from matcher.scoring import PRIOR, FoundToken, score
from matcher.tokens import Token, query_tokens, record_tokens

LIST_CAP = 256
MOST_CANDIDATES = 10
_KEYS = ("names", "birth_date", "sex")


class PlainIndex:
    """Tokens of records in memory, searched as an index copy is. Record ids stand for tags."""

    def __init__(self) -> None:
        self._lists: dict[Token, list[str]] = {}
        self._records = 0

    def add(self, record_id: str, person: Person) -> None:
        """Put a record into the index."""
        self._records += 1
        for token in record_tokens(person):
            self._lists.setdefault(token, []).append(record_id)

    def search(self, person: Person) -> list[tuple[str, float]]:
        """At most ten (record id, score), best first; those with score 0 are left out."""
        asked = query_tokens(person)
        found = []
        for position, token in enumerate(asked):
            records = self._lists.get(token)
            if records is not None:
                common = len(records) > LIST_CAP
                tags = () if common else tuple(record.encode() for record in records)
                found.append(FoundToken(position, token.kind, tags, common))
        ranked = score(found, [token.kind for token in asked], self._records, PRIOR)
        return [(entry.tag.decode(), entry.score) for entry in ranked[:MOST_CANDIDATES] if entry.score > 0]


def candidates(
    records: Iterable[Mapping[str, object]], queries: Iterable[Mapping[str, object]]
) -> Iterator[dict[str, object]]:
    """{"query_id", "record_id", "score"} for every candidate of every query. A refused line has no candidates."""
    index = PlainIndex()
    for line in records:
        read = _read(line, "record_id")
        if read is not None:
            index.add(*read)
    for line in queries:
        read = _read(line, "query_id")
        if read is not None:
            for record_id, value in index.search(read[1]):
                yield {"query_id": read[0], "record_id": record_id, "score": value}


def evaluate(records: Path, queries: Path, out: Path) -> int:
    """Write the candidates for two files of JSON lines to out, one a line; the number of lines written."""
    written = 0
    with out.open("w", encoding="utf-8") as target:
        for line in candidates(_lines(records), _lines(queries)):
            target.write(json.dumps(line, ensure_ascii=False) + "\n")
            written += 1
    return written


def _lines(path: Path) -> Iterator[dict[str, object]]:
    with path.open(encoding="utf-8") as source:
        for line in source:
            if line.strip():
                yield json.loads(line)


def _read(line: Mapping[str, object], id_key: Literal["record_id", "query_id"]) -> tuple[str, Person] | None:
    try:
        return person_from_json({key: line[key] for key in (id_key, *_KEYS) if key in line}, id_key=id_key)
    except PersonError:
        return None
