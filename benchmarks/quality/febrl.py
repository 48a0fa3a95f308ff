"""FEBRL 4 by equal tokens, beside the peers: the threshold is chosen on FEBRL 1 to 3, and nothing else.

The matcher's tokens and weights are those of searches among six countries; nothing in them was fitted to FEBRL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Literal

from benchmarks.quality.pairing import Linked, Pairing
from matcher.evaluation import Scored, candidates
from matcher.person import Person
from matcher.reading import person_from_json
from matcher.refusal import PersonError

FITTED_ON = ("febrl1", "febrl2", "febrl3")
JUDGED_ON = "febrl4"
OURS = "lancang"
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Method:
    """How one method did on FEBRL 4. fields: "name" (and birth date) or "all".

    chosen: at the threshold of FEBRL 1 to 3. best: at the one that is best on FEBRL 4 itself: what the choice cost.
    """

    name: str
    fields: str
    threshold: float
    chosen: Linked
    best: Linked


def measure(folder: Path, peers: tuple[str, ...]) -> list[Method]:
    """Every method, ours first. folder: what benchmarks.quality.peers wrote."""
    return [_method(folder, name, fields) for fields in ("name", "all") for name in (OURS, *peers)]


def _method(folder: Path, name: str, fields: str) -> Method:
    def paired(data: str) -> Pairing:
        held, asked, matches = people(folder, data, fields)
        if name == OURS:
            found = candidates(held, asked)
        else:
            found = (Scored(**line) for line in _lines(folder / f"{data}.{name}.{fields}.jsonl"))
        return Pairing.of([(query_id, right[0]) for query_id, right in matches.items()], found)

    threshold = reduce(Pairing.together, map(paired, FITTED_ON)).best_threshold()
    judged = paired(JUDGED_ON)
    return Method(name, fields, threshold, judged.at(threshold), judged.at(judged.best_threshold()))


def people(
    folder: Path, data: str, fields: str
) -> tuple[Iterator[tuple[str, Person]], Iterator[tuple[str, Person]], dict[str, list[str]]]:
    """Records, queries, and of every query the ids of its right records. folder: as in measure()."""
    records, queries = _lines(folder / f"{data}.records.jsonl"), _lines(folder / f"{data}.queries.jsonl")
    matches = {line["id"]: line["matches"] for line in queries}
    return _people(records, "record_id", fields), _people(queries, "query_id", fields), matches


def _people(lines: list[_Line], id_key: Literal["record_id", "query_id"], fields: str) -> Iterator[tuple[str, Person]]:
    """Those that can be read: one without any name and number cannot, and is not found."""
    for line in lines:
        name = f"{line['given_name']} {line['surname']}".strip()
        known: _Line = {id_key: line["id"], "names": [{"text": name}] if name else []}
        if fields == "all" and line["soc_sec_id"]:
            known["documents"] = [{"type": "national-id", "issuer": "AU", "number": line["soc_sec_id"]}]
        for date in _dates(line["date_of_birth"]):
            try:
                yield person_from_json({**known, "birth_date": date}, id_key=id_key)
            except PersonError:
                continue
            break


def _dates(text: str) -> Iterator[str | None]:
    """The date as it stands; where no such day exists its year alone; where that is nothing, no date."""
    found = _DATE.fullmatch(text)
    if found:
        yield "-".join(found.groups())
        yield found[1]
    yield None


def _lines(path: Path) -> list[_Line]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
