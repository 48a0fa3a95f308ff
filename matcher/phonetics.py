"""Phonetic skeletons: where the spellings of one name meet. The merges are data (resources/phonetics.toml).

Three depths: strict (sounds written in several ways), loose (sounds that people confuse), frame (consonants only).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from matcher.tables import toml

_VOWELS = re.compile("[AEO]")
_DOUBLED = re.compile(r"(.)\1+")


@cache
def _rules(depth: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(rule["from"]), str(rule["to"])) for rule in toml("phonetics.toml")[depth])


@lru_cache(maxsize=1 << 17)
def strict(part: str) -> str:
    """Merge what is one sound written in several ways. part: a-z; so is the result, never empty for a letter."""
    return _apply("strict", part) or part


@lru_cache(maxsize=1 << 17)
def loose(part: str) -> str:
    """Merge what people confuse as well: r/l, b/p, d/t, all vowels to A, E or O."""
    return _apply("loose", strict(part)) or part


@lru_cache(maxsize=1 << 17)
def frame(part: str) -> str:
    """The consonants of the loose skeleton; empty for a part that is all vowel."""
    text = _VOWELS.sub("", loose(part))
    return _DOUBLED.sub(r"\1", text)


def least_rotation(text: str) -> str:
    """The alphabetically first rotation of a string: it frees joined parts of a name from their order and spacing."""
    doubled, size = text + text, len(text)
    return min((doubled[start : start + size] for start in range(size)), default="")


def whole(parts: tuple[str, ...]) -> str:
    """The parts of a name at one depth as one string, the same in whatever order and with whatever blanks.

    A sound that ends a part and begins the next is one sound where they are written together (Som Mit, Sommit), also
    from the last part to the first.
    """
    text = _DOUBLED.sub(r"\1", "".join(parts))
    return least_rotation(text[:-1] if len(text) > 1 and text[0] == text[-1] else text)


def _apply(depth: str, text: str) -> str:
    for pattern, replacement in _rules(depth):
        text = pattern.sub(replacement, text)
    return text
