"""One line of a file as a JSON object. A key given twice is refused: only a person can say which of them is meant."""

from __future__ import annotations

import json
from collections import Counter

from matcher.refusal import PersonError


class RepeatedKeyError(PersonError):
    """A key that stands twice in a line, or in an object of it."""


def fields_of_line(line: bytes | str) -> dict[str, object]:
    """The object on a line. Raises PersonError if there is none, RepeatedKeyError if a key of it is given twice."""
    try:
        fields = json.loads(line, object_pairs_hook=_unrepeated)
    except RepeatedKeyError:
        raise
    except (ValueError, RecursionError):
        raise PersonError("line", "not a JSON object in UTF-8", "Write one JSON object a line") from None
    if not isinstance(fields, dict):
        raise PersonError("line", "not a JSON object", "Write one JSON object a line")
    return fields


def _unrepeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        key = Counter(key for key, _ in pairs).most_common(1)[0][0]
        shown = key[:40] if key.isprintable() else "(unprintable)"
        raise RepeatedKeyError("line", f"the key {shown!r} is given twice", "Keep the one that is meant")
    return found
