"""The people of the demo, invented by matcher/population, none of them real; and how officers elsewhere hear them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from matcher.population import generate

PER_NODE = 60


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """An invented person: the record line of the country that holds it, and a Latin spelling written by ear."""

    line: bytes
    record_id: str
    name: str
    script: str
    birth_date: str
    heard: str

    def query(self, query_id: str) -> bytes:
        """What an officer elsewhere asks: the name as heard, and the birth date."""
        names = [{"text": self.heard, "script": "Latn"}]
        asked = {"query_id": query_id, "names": names, "birth_date": self.birth_date}
        return json.dumps(asked, ensure_ascii=False).encode()

    def query_by_name(self, query_id: str) -> bytes:
        """What an officer asks who has read the name, in its own script, and knows nothing more."""
        return json.dumps({"query_id": query_id, "names": [{"text": self.name}]}, ensure_ascii=False).encode()


def invent(node_id: str, seed: int, count: int = PER_NODE) -> list[Person]:
    """The population of one node, the same for the same seed."""
    return [_person(dict(each.record), each.heard) for each in generate(node_id.upper(), count, seed)]


def _person(record: dict[str, object], heard: str) -> Person:
    names = record["names"]
    first = names[0] if isinstance(names, list) else {}
    return Person(
        line=json.dumps(record, ensure_ascii=False).encode(),
        record_id=str(record["record_id"]),
        name=str(first.get("text", "")),
        script=str(first.get("script", "")),
        birth_date=str(record.get("birth_date", "")),
        heard=heard,
    )


def choose(people: list[Person]) -> Person:
    """Whom the demo asks about: the first with a full birth date whose name is written otherwise than it is heard."""
    return next(
        person
        for person in people
        if len(person.birth_date) == 10 and person.heard.casefold() != person.name.casefold()
    )
