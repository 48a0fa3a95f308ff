"""Which script a stretch of text is in, by code point, and the runs of one script in a text (ISO 15924 names)."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

_RANGES = (
    (0x0E00, 0x0E7F, "Thai"),
    (0x0E80, 0x0EFF, "Laoo"),
    (0x1000, 0x109F, "Mymr"),
    (0xA9E0, 0xA9FF, "Mymr"),
    (0xAA60, 0xAA7F, "Mymr"),
    (0x1780, 0x17FF, "Khmr"),
    (0x19E0, 0x19FF, "Khmr"),
    (0x2E80, 0x2FDF, "Hani"),
    (0x3400, 0x4DBF, "Hani"),
    (0x4E00, 0x9FFF, "Hani"),
    (0xF900, 0xFAFF, "Hani"),
    (0x20000, 0x323AF, "Hani"),
)


@lru_cache(maxsize=1 << 13)
def script_of(char: str) -> str:
    """The script of one character: one of the six above, else "Latn" (any alphabet, read by its letters)."""
    point = ord(char)
    if point < 0x0E00:
        return "Latn"
    return next((name for first, last, name in _RANGES if first <= point <= last), "Latn")


@lru_cache(maxsize=1 << 10)
def runs(text: str) -> tuple[tuple[str, str], ...]:
    """The text cut where its script changes, as (script, stretch); punctuation stays with what stands before it."""
    marked: list[tuple[str, str]] = []
    script = "Latn"
    for char in text:
        if char.isalnum() or ord(char) >= 0x0E00:
            script = script_of(char)
        marked.append((script, char))
    grouped = groupby(marked, key=lambda entry: entry[0])
    return tuple((name, "".join(char for _, char in group)) for name, group in grouped)
