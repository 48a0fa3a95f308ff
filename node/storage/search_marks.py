"""What alarms count of a search made here, sealed beside it: by whom, when, and keyed marks of whom it was about."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from node.crypto.sealing import Place, Sealer
from node.storage.schema_disclosures import request_out
from node.storage.schema_searches import hit, search

_SIZE = 2_048
NUMBER_MARK_BYTES = 8
ALIKE = 3
"""Marks that a number shares with others like it."""

# Built once: a search does this twice.
_PUT = update(search).where(search.c.search_id == bindparam("of")).values(marks=bindparam("sealed"))


@dataclass(frozen=True, slots=True)
class NumberMarks:
    """One number: a mark of it, and those that it shares with numbers alike but for some neighbouring digits."""

    exact: bytes
    alike: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """What is counted of one search, and with what it was made.

    names: a mark for each name as it sounds; date: one of a full birth date, b'' without; numbers: of documents, phones
    and accounts; all keyed, so no plaintext.
    first_of_january: the date is one that registers write for a day that nobody knows. possible: hits of that band.
    questions: the hash of what the matcher asked then (matcher/questions.py), for an inspector.
    """

    names: tuple[bytes, ...] = ()
    date: bytes = b""
    first_of_january: bool = False
    possible: int = 0
    questions: bytes = b""
    numbers: tuple[NumberMarks, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchSeen:
    """A search as alarms see it. asked_on: a disclosure was requested of one of its hits."""

    officer: str
    ms: int
    marks: Marks
    asked_on: bool = False


def keep(connection: Connection, sealer: Sealer, marks: Mapping[bytes, Marks]) -> None:
    """Put marks beside searches that are stored already, by search id, in place of those they had."""
    if marks:
        connection.execute(
            _PUT, [{"of": search_id, "sealed": _sealed(sealer, search_id, each)} for search_id, each in marks.items()]
        )


def _sealed(sealer: Sealer, search_id: bytes, marks: Marks) -> bytes:
    said = {
        "names": [name.hex() for name in marks.names],
        "date": marks.date.hex(),
        "first_of_january": marks.first_of_january,
        "possible": marks.possible,
        "questions": marks.questions.hex(),
        "numbers": base64.b64encode(b"".join(each.exact + b"".join(each.alike) for each in marks.numbers)).decode(),
    }
    # Of one size, so that it does not tell how many names there were, or hits.
    return sealer.seal(json.dumps(said).encode().ljust(_SIZE), _place(search_id))


def since(connection: Connection, sealer: Sealer, from_ms: int) -> list[SearchSeen]:
    """The searches made from a time on. About 10 µs each. Raises LancangError STORAGE_DAMAGED."""
    query = select(search.c.search_id, search.c.officer, search.c.ms, search.c.marks)
    query = query.where(search.c.ms >= from_ms, search.c.marks.is_not(None))
    asked_on = set(connection.scalars(select(hit.c.search_id).join(request_out, request_out.c.hit_id == hit.c.hit_id)))
    seen = []
    for search_id, officer, ms, sealed in connection.execute(query):
        seen.append(SearchSeen(officer, ms, _open(sealer, search_id, sealed), search_id in asked_on))
    return seen


def get(connection: Connection, sealer: Sealer, search_id: bytes) -> Marks:
    """The marks of one search; empty for one that has none."""
    sealed = connection.scalar(select(search.c.marks).where(search.c.search_id == search_id))
    return Marks() if sealed is None else _open(sealer, search_id, sealed)


def _open(sealer: Sealer, search_id: bytes, sealed: bytes) -> Marks:
    said = json.loads(sealer.open(sealed, _place(search_id)))
    return Marks(
        names=tuple(map(bytes.fromhex, said["names"])),
        date=bytes.fromhex(said["date"]),
        first_of_january=said["first_of_january"],
        possible=said["possible"],
        questions=bytes.fromhex(said["questions"]),
        numbers=tuple(_numbers(base64.b64decode(said.get("numbers", "")))),
    )


def _numbers(joined: bytes) -> Iterator[NumberMarks]:
    size = NUMBER_MARK_BYTES
    marks = [joined[at : at + size] for at in range(0, len(joined), size)]
    for at in range(0, len(marks), 1 + ALIKE):
        yield NumberMarks(marks[at], tuple(marks[at + 1 : at + 1 + ALIKE]))


def _place(search_id: bytes) -> Place:
    return Place("search", search_id, "marks")
