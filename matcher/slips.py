"""Slips of the pen that a search allows for: two neighbouring letters exchanged (Damerau 1964).

A record cannot hold every misspelling of itself, and a search has places to spare: it asks for the names that may have
been meant. Doubled letters and most lost vowels meet in the skeletons already.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from matcher.names import Reading
from matcher.phonetics import least_rotation, loose

MOST_SLIPS = 16


@lru_cache(maxsize=1 << 12)
def meant(reading: Reading) -> tuple[Reading, ...]:
    """What may have been meant by a name as typed, a blank counting as a letter; one reading for each new sound."""
    heard = {_sound(reading): reading}
    for other in _exchanged(" ".join(reading)):
        heard.setdefault(_sound(other), other)
    return tuple(heard.values())[1 : MOST_SLIPS + 1]


def _exchanged(text: str) -> Iterator[Reading]:
    for at in range(len(text) - 1):
        if text[at] != text[at + 1]:
            yield tuple((text[:at] + text[at + 1] + text[at] + text[at + 2 :]).split())


def _sound(reading: Reading) -> str:
    return least_rotation("".join(map(loose, reading)))
