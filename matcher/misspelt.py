"""Misspelt names: what may have been meant by a name as typed, asked by a search beside the name itself.

A record cannot hold every misspelling of itself, and a search has places to spare. Two neighbouring letters exchanged
and one letter too many are undone (Damerau 1964); a blank counts as a letter. Doubled letters and most lost vowels meet
in the skeletons already. How keystrokes of pinyin and Vietnamese are mended: matcher/scripts/slips.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from matcher.names import Reading
from matcher.phonetics import loose

MOST_MEANT = 24


@lru_cache(maxsize=1 << 12)
def meant(reading: Reading) -> tuple[Reading, ...]:
    """What may have been meant by a name as typed: one reading for each new sound, at most 24."""
    text = " ".join(reading)
    heard = {_sound(reading): reading}
    for other in (*_exchanged(text), *_omitted(text)):
        parts = tuple(other.split())
        if parts:
            heard.setdefault(_sound(parts), parts)
    return tuple(heard.values())[1 : MOST_MEANT + 1]


def _exchanged(text: str) -> Iterator[str]:
    for at in range(len(text) - 1):
        if text[at] != text[at + 1]:
            yield text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _omitted(text: str) -> Iterator[str]:
    for at in range(len(text)):
        yield text[:at] + text[at + 1 :]


def _sound(reading: Reading) -> tuple[str, ...]:
    return tuple(map(loose, reading))
