"""Han to Latin: simplified or traditional, surname first, compound surnames and surname readings.

Hanyu Pinyin first, then Cantonese as Hong Kong's government spells it, then Sino-Vietnamese
(resources/han_readings.tsv). What is read from the Latin side (Tan, Chang Chih-wei) is in han_abroad.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

import icu
from pypinyin import Style, lazy_pinyin

from matcher.scripts import latin
from matcher.tables import pairs, toml

_JYUTPING = re.compile("(gw|kw|ng|[bpmfdtnlgkhzcsjw])?([a-z]*)")


@cache
def _simplifier() -> icu.Transliterator:
    return icu.Transliterator.createInstance("Hant-Hans")


@cache
def _surnames() -> dict[str, str]:
    """Surname (simplified, one or two characters) to its reading where the dictionary would read it otherwise."""
    return {row[0]: row[1] for row in pairs("han_surnames.tsv") if row[0] != "-"}


@cache
def _hong_kong_surnames() -> dict[str, str]:
    """Surname to its usual spelling in Hong Kong, where that is not what its characters are read: 区 au."""
    rows = [(row[0], row[2].split()) for row in pairs("han_surnames.tsv") if row[0] != "-" and row[2]]
    return {surname: ways[0] for surname, ways in rows if "".join(read_by(surname, cantonese_of)) not in ways}


def simplified(text: str) -> str:
    """The text in simplified characters, without blanks."""
    return "".join(char for char in str(_simplifier().transliterate(text)) if not char.isspace())


@lru_cache(maxsize=1 << 16)
def syllables(text: str) -> tuple[str, ...]:
    """The parts of a Chinese name in pinyin without tones: the surname (also a compound one), then each syllable."""
    text = simplified(text)
    surname = surname_of(text)
    parts = [_surnames()[surname].replace(" ", "")] if surname else []
    rest = text[len(surname) :]
    if rest:
        parts.extend(lazy_pinyin(rest, style=Style.NORMAL, errors="default", v_to_u=False))
    return tuple(clean for part in parts if (clean := "".join(latin.parts(part))))


def surname_of(text: str) -> str:
    """The surname that a name in simplified characters begins with; empty where none is known."""
    return next((text[:size] for size in (2, 1) if text[:size] in _surnames() and len(text) > size), "")


@lru_cache(maxsize=1 << 15)
def other_readings(text: str) -> tuple[tuple[str, ...], ...]:
    """The same name in Cantonese and in Sino-Vietnamese, as far as every character has such a reading."""
    plain = simplified(text)
    if not 2 <= len(plain) <= 4:
        return ()
    surname = surname_of(plain)
    given = read_by(plain[len(surname) :], cantonese_of)
    usual = _hong_kong_surnames().get(surname)
    cantonese = (usual, *given) if given and usual else read_by(plain, cantonese_of)
    return tuple(found for found in (cantonese, read_by(plain, vietnamese_of)) if found)


def cantonese_of(char: str) -> str:
    """A simplified character as Hong Kong's government usually spells it: 嘉 -> ka. Empty if in no table."""
    return hong_kong(characters().get(char, ("", ""))[0])


def vietnamese_of(char: str) -> str:
    """A simplified character's Sino-Vietnamese reading without marks. Empty where it is not in the table."""
    return "".join(latin.parts(characters().get(char, ("", ""))[1]))


@cache
def characters() -> dict[str, tuple[str, str]]:
    """Every character of the table to its Jyutping and its Sino-Vietnamese reading; either may be empty."""
    return {row[0]: (f"{row[1]} ".split(" ")[0], f"{row[2]} ".split(" ")[0]) for row in _padded()}


def _padded() -> list[tuple[str, ...]]:
    return [(*row, "", "")[:3] for row in pairs("han_readings.tsv")]


def read_by(text: str, read: Callable[[str], str]) -> tuple[str, ...]:
    """Each character read so; empty where one has no such reading."""
    parts = tuple(read(char) for char in text)
    return parts if all(parts) else ()


@cache
def hong_kong(jyutping: str) -> str:
    """A syllable of Jyutping without its tone, in the spelling of the Hong Kong government (zoeng -> cheung)."""
    table = toml("cantonese.toml")
    if jyutping in table["syllables"]:
        return str(table["syllables"][jyutping])
    found = _JYUTPING.fullmatch(jyutping)
    if found is None:
        return jyutping
    onset, rhyme = found[1] or "", found[2]
    return str(table["initials"].get(onset, onset)) + str(table["finals"].get(rhyme, rhyme))
