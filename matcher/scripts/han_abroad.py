"""Chinese names from the Latin side: what a spelling from Hong Kong, Taiwan or the South Seas may be in Hanyu Pinyin.

Surnames are rows of resources/han_surnames.tsv and han_surnames_mekong.tsv (Tan, Cheung, Taing: Chen, Zhang, Chen);
Taiwan's given names wade_giles.tsv and tongyong.tsv; those of Hokkien, Teochew and Hakka families han_given_abroad.tsv.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product

from matcher.scripts import han, latin
from matcher.tables import pairs

_MOST_WAYS = 8
_MOST_CUT = 5  # letters of the longest syllable in han_given_abroad.tsv
_LONE = frozenset("aeo")
_SPELLINGS = ("wade_giles.tsv", "tongyong.tsv")
Reading = tuple[str, ...]


@cache
def _surname_spellings() -> dict[str, Reading]:
    found: dict[str, list[str]] = {}
    for row in pairs("han_surnames.tsv"):
        for spelling in (*row[2].split(), *_hong_kong_surname(row[0])):
            found.setdefault(spelling, []).append(row[1].replace(" ", ""))
    for _, pinyin, thailand, cambodia in pairs("han_surnames_mekong.tsv"):
        for spelling in (*thailand.split(), *cambodia.split()):
            found.setdefault(spelling, []).append(pinyin)
    return {spelling: tuple(dict.fromkeys(readings)) for spelling, readings in found.items()}


def _hong_kong_surname(surname: str) -> Reading:
    found = han.read_by(surname, han.cantonese_of)
    return ("".join(found),) if found else ()


def surname_readings(part: str) -> Reading:
    """The pinyin surnames that are spelt like this in Hong Kong, Taiwan or the South Seas: tan -> chen, tan."""
    return _surname_spellings().get(part, ())


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
def syllables() -> frozenset[str]:
    """Syllables of Chinese given names that are spelt otherwise than in pinyin: in Hong Kong, in Taiwan."""
    return frozenset({han.cantonese_of(char) for char in han.characters()} | set(_taiwanese())) - {""}


@cache
def _taiwanese() -> dict[str, Reading]:
    return _reversed((pinyin, spellings.split()) for table in _SPELLINGS for pinyin, spellings in pairs(table))


@cache
def _southern() -> dict[str, Reading]:
    return _reversed((row[0], " ".join(row[2:]).split()) for row in pairs("han_given_abroad.tsv"))


def _reversed(rows: Iterator[tuple[str, Sequence[str]]]) -> dict[str, Reading]:
    found: dict[str, dict[str, None]] = {}
    for pinyin, spellings in rows:
        for spelling in spellings:
            found.setdefault(spelling, {})[pinyin] = None
    return {spelling: tuple(pinyin) for spelling, pinyin in found.items()}


def from_taiwan(parts: Reading) -> tuple[Reading, ...]:
    """The pinyin names that these parts may be in Wade-Giles or Tongyong, at most 8; none where a part is neither.

    A part that is a syllable of pinyin as well stays as it is, after what it is in the others.
    """
    if not 2 <= len(parts) <= 4:
        return ()
    return tuple(found for found in _ways(parts, _taiwanese()) if found != parts)


def given_from_south(parts: Reading) -> tuple[Reading, ...]:
    """The pinyin given names that these parts may be in Hokkien, Teochew or Hakka spelling, at most 8.

    One part may hold two syllables (Kahkee). None where they are pinyin as they stand.
    """
    if not 1 <= len(parts) <= 2 or all(map(_is_pinyin, parts)):
        return ()
    cut = parts if len(parts) == 2 else _cut(parts[0])
    return _ways(cut, _southern()) if cut else ()


def _is_pinyin(part: str) -> bool:
    """Whether a part is syllables of pinyin, none a lone vowel: Chee is rather not Che-e."""
    cut = latin.pinyin_syllables(part)
    return bool(cut) and not any(syllable in _LONE for syllable in cut[1:])


def _cut(part: str) -> Reading:
    """One part in two syllables that the table knows, or as the one that it is; empty where it is neither."""
    known = _southern()
    for at in range(min(_MOST_CUT, len(part) - 2), 1, -1):
        if part[:at] in known and part[at:] in known:
            return part[:at], part[at:]
    return (part,) if part in known else ()


def _ways(parts: Reading, table: Mapping[str, Reading]) -> tuple[Reading, ...]:
    """All readings of the parts together, the likeliest of each first; none where a part has none."""
    ways: list[Reading] = []
    for part in parts:
        own = (part,) if latin.pinyin_syllables(part) == (part,) else ()
        ways.append(tuple(dict.fromkeys((*table.get(part, ()), *own))))
    return tuple(found for found, _ in zip(product(*ways), range(_MOST_WAYS), strict=False)) if all(ways) else ()
