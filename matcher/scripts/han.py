"""Han to Latin: simplified or traditional, surname first, compound surnames and surname readings.

Hanyu Pinyin first, then Cantonese as Hong Kong's government spells it, then Sino-Vietnamese
(resources/han_readings.tsv). How a surname is spelt elsewhere (Tan, Cheung, Liau) is data,
resources/han_surnames.tsv, read from the Latin side, as is Wade-Giles (resources/wade_giles.tsv).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import product

import icu
from pypinyin import Style, lazy_pinyin

from matcher.scripts import latin
from matcher.tables import pairs, toml

_JYUTPING = re.compile("(gw|kw|ng|[bpmfdtnlgkhzcsjw])?([a-z]*)")
_MOST_WAYS = 8


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
        pinyin = row[1].replace(" ", "")
        for spelling in (*row[2].split(), *_hong_kong_surname(row[0])):
            found.setdefault(spelling, []).append(pinyin)
    return {spelling: tuple(dict.fromkeys(readings)) for spelling, readings in found.items()}


def _hong_kong_surname(surname: str) -> tuple[str, ...]:
    found = _read_by(surname, cantonese_of)
    return ("".join(found),) if found else ()


def _simplified(text: str) -> str:
    return "".join(char for char in str(_simplifier().transliterate(text)) if not char.isspace())


@lru_cache(maxsize=1 << 16)
def syllables(text: str) -> tuple[str, ...]:
    """The parts of a Chinese name in pinyin without tones: the surname (also a compound one), then each syllable."""
    text = _simplified(text)
    surname = next((text[:size] for size in (2, 1) if text[:size] in _surnames() and len(text) > size), "")
    parts = [_surnames()[surname].replace(" ", "")] if surname else []
    rest = text[len(surname) :]
    if rest:
        parts.extend(lazy_pinyin(rest, style=Style.NORMAL, errors="default", v_to_u=False))
    return tuple(clean for part in parts if (clean := "".join(latin.parts(part))))


@lru_cache(maxsize=1 << 15)
def other_readings(text: str) -> tuple[tuple[str, ...], ...]:
    """The same name in Cantonese and in Sino-Vietnamese, as far as every character has such a reading."""
    plain = _simplified(text)
    if not 2 <= len(plain) <= 4:
        return ()
    return tuple(found for read in (cantonese_of, vietnamese_of) if (found := _read_by(plain, read)))


def cantonese_of(char: str) -> str:
    """A simplified character as Hong Kong's government usually spells it: 嘉 -> ka. Empty if in no table."""
    return hong_kong(_readings().get(char, ("", ""))[0])


def vietnamese_of(char: str) -> str:
    """A simplified character's Sino-Vietnamese reading without marks. Empty where it is not in the table."""
    return "".join(latin.parts(_readings().get(char, ("", ""))[1]))


@cache
def _readings() -> dict[str, tuple[str, str]]:
    return {row[0]: (f"{row[1]} ".split(" ")[0], f"{row[2]} ".split(" ")[0]) for row in _padded()}


def _padded() -> list[tuple[str, ...]]:
    return [(*row, "", "")[:3] for row in pairs("han_readings.tsv")]


def _read_by(text: str, read: Callable[[str], str]) -> tuple[str, ...]:
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


def surname_readings(part: str) -> tuple[str, ...]:
    """The pinyin surnames that are spelt like this in Hong Kong, Taiwan or the South Seas: tan -> chen, tan."""
    return _spellings().get(part, ())


@cache
def _ranks() -> dict[str, int]:
    ranks: dict[str, int] = {}
    for rank, row in enumerate(pairs("han_surnames.tsv")):
        for spelling in (row[1].replace(" ", ""), *row[2].split()):
            ranks.setdefault(spelling, rank)
    return ranks


def surname_rank(part: str) -> int:
    """The place of a surname so spelt in the table, whose order is roughly that of frequency; 999 for none."""
    return _ranks().get(part, 999)


def is_surname(part: str) -> bool:
    """Whether some Chinese surname is spelt like this, in pinyin or elsewhere."""
    return part in _ranks()


@cache
def abroad() -> frozenset[str]:
    """Syllables of Chinese given names that are spelt otherwise than in pinyin: in Hong Kong, in Wade-Giles."""
    return frozenset({cantonese_of(char) for char in _readings()} | set(_wade_giles())) - {""}


@cache
def _wade_giles() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for pinyin, spellings in pairs("wade_giles.tsv"):
        for spelling in spellings.split():
            found.setdefault(spelling, []).append(pinyin)
    return {spelling: tuple(pinyin) for spelling, pinyin in found.items()}


def from_wade_giles(parts: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The pinyin names that these parts may be in Wade-Giles, at most 8; none where a part is no syllable of it.

    A part that is a syllable of pinyin as well stays as it is, after what it is in Wade-Giles.
    """
    ways: list[tuple[str, ...]] = []
    for part in parts:
        own = (part,) if latin.pinyin_syllables(part) == (part,) else ()
        ways.append((*_wade_giles().get(part, ()), *own))
    if not 2 <= len(parts) <= 4 or not all(ways):
        return ()
    return tuple(found for found, _ in zip(product(*ways), range(_MOST_WAYS), strict=False) if found != parts)
