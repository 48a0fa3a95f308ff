"""Vietnamese in Latin letters: the closed set of its syllables, and repair of what typing or storing marks left behind.

Telex (Nguyeenx) and VNI (Nguye64n) keystrokes that no input method turned into marks; VNI Windows read as Latin-1
(Hoaøng). Tables: resources/vietnamese.toml.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from matcher.tables import toml, word_set

_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"(?<=[A-Za-z])[1-9]+")


# Families this far down the list are too like Burmese and Chinese words to vouch for a name.
_RARE = 40


@cache
def syllables() -> frozenset[str]:
    """Every syllable that Vietnamese spelling allows, without marks."""
    onsets = ("", *word_set("vietnamese.toml", "onsets"))
    return frozenset(onset + rhyme for onset in onsets for rhyme in word_set("vietnamese.toml", "rhymes"))


@cache
def families() -> dict[str, int]:
    """Family names without marks, to their rank: 0 is the commonest."""
    return {name: rank for rank, name in enumerate(str(toml("vietnamese.toml")["families"]).split())}


@lru_cache(maxsize=1 << 14)
def repaired(text: str) -> str:
    """The text with Telex, VNI and VNI Windows remains taken out of the words that become Vietnamese by it."""
    windows = toml("vietnamese.toml")["vni_windows"]
    if not text.isascii():
        stored = re.sub(f"(?i)([ae])[{windows['after_ae']}]|([ouyöô])[{windows['after_ouy']}]", r"\1\2", text)
        if stored != text:
            return "".join(windows["letters"].get(char.lower(), char) for char in stored)
    typed = _WORD.sub(lambda found: _typed(found[0]), text)
    words = typed.lower().split()
    # Burmese Daw and Oo, Thai Porn look like keystrokes too: the whole must be a Vietnamese name by it.
    whole = len(words) > 1 and all(word in syllables() or not word.isascii() for word in words)
    return typed if whole and families().get(words[0], _RARE) < _RARE else text


def _typed(word: str) -> str:
    """One word as it was meant; the same where it is a syllable already or does not become one."""
    low = word.lower()
    if not word.isascii() or len(low) > 12 or low in syllables():
        return word
    bare = _DIGITS.sub("", low)
    if bare != low:
        return bare if bare in syllables() else word
    telex = toml("vietnamese.toml")["telex"]
    for double, single in telex["doubled"].items():
        bare = bare.replace(double, single)
    for marks in range(3):
        if bare in syllables():
            return bare if bare != low else word
        # A mark is struck after the vowel it belongs to, often last.
        places = [at for at in range(2, len(bare)) if bare[at] in telex["marks"]]
        if not places or marks == 2:
            return word
        bare = bare[: places[-1]] + bare[places[-1] + 1 :]
    return word
