"""Latin of any origin: marks stripped, đ and its kin written out, parts split at anything that is no letter."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from anyascii import anyascii

from matcher.tables import pairs, word_set

_CAPITAL_I = re.compile("(?<=[a-z])(?<!Mc)(?<!Mac)I(?=[a-z])")
_LETTERS = re.compile("[a-z]+")
# Apostrophes and the like stand inside a part: Ts'ai, O'Brien. A hyphen divides parts: Fu-jun.
_INSIDE = re.compile(r"['`’‘ʼʻ´]")


def parts(text: str) -> tuple[str, ...]:
    """The parts of a name in any alphabet, a-z only. Total: what has no reading gives no part."""
    return tuple(_LETTERS.findall(_INSIDE.sub("", plain(text))))


def scanned(text: str) -> str:
    """The text with what a scanner took for other letters put right (resources/scanned.tsv).

    In small letters where anything was. A capital I within small letters is an l (SaIly), but not after Mc.
    """
    text = _CAPITAL_I.sub("l", text)
    if not _suspect().search(text.lower()):
        return text
    text = plain(text)
    for pattern, replacement in _confusions():
        text = pattern.sub(replacement, text)
    return text


@cache
def _suspect() -> re.Pattern[str]:
    return re.compile("|".join(pattern.pattern for pattern, _ in _confusions()))


@cache
def _confusions() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(row[0]), row[1]) for row in pairs("scanned.tsv"))


@cache
def _passport_letters() -> dict[int, str]:
    capitals = {row[0]: row[1] if len(row) > 1 else "" for row in pairs("icao_9303.tsv")}
    return str.maketrans(capitals | {letter.lower(): way.lower() for letter, way in capitals.items()})


def as_in_passports(text: str) -> str:
    """The text as a machine-readable zone spells it, where that is more than to leave marks out: Müller, Mueller."""
    return unicodedata.normalize("NFC", text).translate(_passport_letters())


def plain(text: str) -> str:
    """Lower-case ASCII without marks: Nguyễn -> nguyen, Đặng -> dang."""
    if text.isascii():
        return text.lower()
    stripped = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return stripped.lower() if stripped.isascii() else str(anyascii(stripped)).lower()


@cache
def _respellings() -> tuple[tuple[re.Pattern[str], str, frozenset[str]], ...]:
    return tuple((re.compile(row[0]), row[1], frozenset(row[2].split())) for row in pairs("respellings.tsv"))


def respelt(name: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """What else the parts of a name may have stood for, where one Latin spelling serves two sounds (Sang: Saeng).

    All rules of one language together, then each rule alone; none where no rule applies.
    """
    languages = sorted({language for _, _, languages in _respellings() for language in languages})
    together = dict.fromkeys(languages, name)
    alone = []
    for pattern, replacement, spoken in _respellings():
        alone.append(tuple(pattern.sub(replacement, part) for part in name))
        for language in spoken:
            together[language] = tuple(pattern.sub(replacement, part) for part in together[language])
    return tuple(way for way in dict.fromkeys((*together.values(), *alone)) if way != name and all(way))


@lru_cache(maxsize=1 << 14)
def pinyin_syllables(part: str) -> tuple[str, ...]:
    """A Latin part cut into syllables of Hanyu Pinyin, longest first; empty where it is none."""
    if not part:
        return ()
    ways: list[tuple[str, ...]] = [(), *[()] * len(part)]
    known = word_set("pinyin.toml", "syllables")
    for end in range(1, len(part) + 1):
        for start in range(max(0, end - 6), end):
            piece = part[start:end]
            if piece in known and (start == 0 or ways[start]):
                way = (*ways[start], piece)
                # Fewest syllables; of these the one whose later syllables begin with a consonant (xian, not xi-an).
                if not ways[end] or (len(way), _vowel_starts(way)) < (len(ways[end]), _vowel_starts(ways[end])):
                    ways[end] = way
    return ways[len(part)]


def _vowel_starts(way: tuple[str, ...]) -> int:
    return sum(syllable[0] in "aeo" for syllable in way[1:])
