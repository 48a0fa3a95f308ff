"""A query line <-> a person: JSON read strictly; what is wrong is named by its field, never by its content."""

from __future__ import annotations

from matcher.line import fields_of_line
from matcher.person import Person
from matcher.reading import person_from_json
from matcher.refusal import PersonError
from node.errors import Code, LancangError


def query_from_line(line: bytes) -> tuple[str, Person]:
    """The id and person of one query line. Raises LancangError(INPUT_INVALID)."""
    try:
        return person_from_json(fields_of_line(line), id_key="query_id")
    except PersonError as problem:
        raise LancangError(Code.INPUT_INVALID, f"{problem.field}: {problem.problem}", remedy=problem.remedy) from None
