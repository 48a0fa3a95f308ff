"""Latin of any origin: marks stripped, đ and its kin written out, parts split at anything that is no letter."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

from matcher.tables import word_set

_LETTERS = re.compile("[a-z]+")
# Apostrophes and the like stand inside a part: Ts'ai, O'Brien. A hyphen divides parts: Fu-jun.
_INSIDE = re.compile(r"['`’‘ʼʻ´]")


def parts(text: str) -> tuple[str, ...]:
    """The parts of a name in any alphabet, a-z only. Total: what has no reading gives no part."""
    return tuple(_LETTERS.findall(_INSIDE.sub("", plain(text))))


def plain(text: str) -> str:
    """Lower-case ASCII without marks: Nguyễn -> nguyen, Đặng -> dang."""
    if text.isascii():
        return text.lower()
    stripped = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return stripped.lower() if stripped.isascii() else str(anyascii(stripped)).lower()


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
