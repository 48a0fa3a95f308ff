"""Han to Latin: simplified or traditional, surname first, compound surnames and surname readings, Hanyu Pinyin.

How a surname is spelt elsewhere (Tan, Cheung, Liau) is data, resources/han_surnames.tsv, read from the Latin side.
"""

from __future__ import annotations

from functools import cache, lru_cache

import icu
from pypinyin import Style, lazy_pinyin

from matcher.scripts import latin
from matcher.tables import pairs


@cache
def _simplifier() -> icu.Transliterator:
    return icu.Transliterator.createInstance("Hant-Hans")


@cache
def _surnames() -> dict[str, str]:
    """Surname (simplified, one or two characters) to its reading where the dictionary would read it otherwise."""
    return {row[0]: row[1] for row in pairs("han_surnames.tsv") if row[0] != "-"}


@cache
def _spellings() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in pairs("han_surnames.tsv"):
        for spelling in row[2].split():
            found.setdefault(spelling, []).append(row[1])
    return {spelling: tuple(dict.fromkeys(readings)) for spelling, readings in found.items()}


@lru_cache(maxsize=1 << 16)
def syllables(text: str) -> tuple[str, ...]:
    """The parts of a Chinese name in pinyin without tones: the surname (also a compound one), then each syllable."""
    text = "".join(char for char in str(_simplifier().transliterate(text)) if not char.isspace())
    surname = next((text[:size] for size in (2, 1) if text[:size] in _surnames() and len(text) > size), "")
    parts = [_surnames()[surname].replace(" ", "")] if surname else []
    rest = text[len(surname) :]
    if rest:
        parts.extend(lazy_pinyin(rest, style=Style.NORMAL, errors="default", v_to_u=False))
    return tuple(clean for part in parts if (clean := "".join(latin.parts(part))))


def surname_readings(part: str) -> tuple[str, ...]:
    """The pinyin surnames that are spelt like this in Hong Kong, Taiwan or the South Seas: tan -> chen, tan."""
    return _spellings().get(part, ())
