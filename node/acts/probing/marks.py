"""What alarms count of a search: keyed marks of its names, its birth date and its numbers. No plaintext of either.

A number is marked whole, and three times with one third of it masked: numbers that are alike but for a few neighbouring
digits, as those that are tried one after the other, share a mark.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from matcher.person import Person
from matcher.questions import questions_hash
from matcher.sounds import sounds
from node.acts.runtime.node import Node
from node.storage.search_marks import NUMBER_MARK_BYTES, Marks, NumberMarks

MOST_NAMES = 16
MOST_NUMBERS = 16
_THIRDS = 3


def marks_of(node: Node, person: Person) -> Marks:
    """What is counted of a search for this person, and with what it was asked."""
    born = person.birth_date
    full = born is not None and born.is_full
    return Marks(
        names=tuple(node.row_keys.subject("name", sound) for sound in sounds(person)[:MOST_NAMES]),
        date=node.row_keys.subject("date", born.iso()) if born is not None and full else b"",
        numbers=tuple(_marked(node, kind, number) for kind, number in list(_numbers(person))[:MOST_NUMBERS]),
        questions=questions_hash(),
        first_of_january=full and born is not None and born.may_be_placeholder,
    )


def _numbers(person: Person) -> Iterator[tuple[str, str]]:
    """Each number with what it is of: a passport of one issuer is not compared with another's."""
    for document in person.documents:
        yield f"{document.type.value} {document.issuer}", document.number
    for phone in person.phones:
        yield "phone", phone
    for account in person.accounts:
        yield "account", account


def masked(number: str) -> list[str]:
    """The number with each of its thirds masked in turn, the place and length of the mask kept."""
    edges = [len(number) * third // _THIRDS for third in range(_THIRDS + 1)]
    return [number[:a] + "*" * (b - a) + number[b:] for a, b in itertools.pairwise(edges)]


def _marked(node: Node, kind: str, number: str) -> NumberMarks:
    def mark(text: str) -> bytes:
        return node.row_keys.subject("number", f"{kind} {text}")[:NUMBER_MARK_BYTES]

    return NumberMarks(mark(number), tuple(mark(each) for each in masked(number)))
