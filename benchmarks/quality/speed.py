"""Records to tokens, on one core, in CPU time: names that were not seen before, as at an import."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from benchmarks.people import record_lines
from matcher.evaluation import read_line
from matcher.names import readings
from matcher.person import Person
from matcher.tokens import record_tokens

RECORDS = 6000
_WARM = 200


def invented() -> list[Person]:
    """Invented people of all six countries in turn."""
    return [read_line(json.loads(line), "record_id")[1] for line in record_lines(RECORDS, seed=77)]


def records_a_second(people: Sequence[Person]) -> float:
    """Tables are loaded before; what earlier names left in caches is dropped."""
    for person in people[:_WARM]:
        record_tokens(person)
    readings.cache_clear()
    begun = time.process_time()
    for person in people:
        record_tokens(person)
    return len(people) / (time.process_time() - begun)
