"""Names of machine-readable zones (ICAO 9303-3 to -6): taken out of their line, and known where they were cut short."""

from __future__ import annotations

import re

# Passports and visas begin their first line with a code and a state, then 39 or 31 places of name; cards have 30 alone.
_NAME = "(?=[A-Z]+(?:<[A-Z]+)*<<)"
_LINE = re.compile(f"[PVIAC][A-Z<][A-Z<]{{3}}(?P<name>{_NAME}(?:[A-Z<]{{39}}|[A-Z<]{{31}}))")
_PLACES = frozenset({39, 31, 30})


def name_of(text: str) -> str:
    """The name in a line of a machine-readable zone; any other text as it is."""
    found = _LINE.fullmatch(text.replace(" ", ""))
    return found["name"] if found is not None else text


def is_cut(text: str) -> bool:
    """Whether such a name fills all its places, so that its last part may have been cut short."""
    name = name_of(text)
    return "<<" in name and len(name) in _PLACES and name[-1] != "<"
