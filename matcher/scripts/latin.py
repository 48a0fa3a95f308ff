"""Latin of any origin: marks stripped, đ and its kin written out, parts split at anything that is no letter."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from anyascii import anyascii

from matcher.tables import pairs, word_set

# A digit that a scanner took for a letter: S0MCHAI, N1D, 5OMPHONE.
_LOOKS_LIKE = {"0": "o", "1": "i", "5": "s"}
_MISREAD = re.compile("(?<=[a-z])[015](?=[a-z])|(?<![a-z0-9])[05](?=[a-z]{2})")
_LETTERS = re.compile("[a-z]+")
# Apostrophes and the like stand inside a part: Ts'ai, O'Brien. A hyphen divides parts: Fu-jun.
_INSIDE = re.compile(r"['`’‘ʼʻ´]")


def parts(text: str) -> tuple[str, ...]:
    """The parts of a name in any alphabet, a-z only. Total: what has no reading gives no part."""
    letters = _MISREAD.sub(lambda found: _LOOKS_LIKE[found[0]], _INSIDE.sub("", plain(text)))
    return tuple(_LETTERS.findall(letters))


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
