"""Lao to Latin, modern and old spelling, by its letters (BGN/PCGN 1966, with what families write).

Modern Lao writes every vowel. Old spelling leaves a short a unwritten, writes r, and silences letters of Pali with a
mark; both are read. The tables are rows of resources/lao.tsv.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from matcher.tables import pairs

_C = "ກ-ຮໜໝໞໟ"
_SIGNS = "ະາິີຶືຸູັົຽໍຳ"
_TONES = re.compile("[່້໊໋ໆຯ]")
_SILENCED = re.compile("(?<=.)[ກ-ຮ][ິຸ]?໌|໌")
# An unwritten a at the beginning: two consonants before a vowel sign that no speaker says as one.
_BARE_A = re.compile(f"^([ກ-ຮ])(?=[ກ-ຢສຫອຮ][{_SIGNS}])")


@cache
def _rows(kind: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Rules of one kind, from top to bottom. C stands for a consonant (a group), D for one that closes the syllable."""
    return tuple((_compiled(row[1]), row[2]) for row in pairs("lao.tsv") if row[0] == kind)


def _compiled(pattern: str) -> re.Pattern[str]:
    closing = f"(?=[{_C}](?![{_SIGNS}ອວ]|ຽ))"
    vowel = f"[{_SIGNS}a-z]"
    return re.compile(pattern.replace("C", f"([{_C}]ຼ?)").replace("D", closing).replace("V", vowel))


@cache
def _letters() -> dict[str, str]:
    return {row[1]: row[2] for row in pairs("lao.tsv") if row[0] == "letter"}


def romanise(text: str) -> str:
    """The likeliest reading of Lao text; what is not Lao stays as it is."""
    return readings(text)[0][0]


@lru_cache(maxsize=1 << 15)
def readings(text: str) -> tuple[tuple[str, float], ...]:
    """The readings of one word with what each costs more than the first: as written, then in the second habit."""
    first = _read(text)
    second = first
    for pattern, replacement in _rows("habit"):
        second = pattern.sub(replacement, second)
    return ((first, 0.0),) if second == first else ((first, 0.0), (second, 0.5))


def modern(text: str) -> str:
    """Lao text in today's spelling, without tones, silenced letters and the forms before 1975."""
    text = _SILENCED.sub("", _TONES.sub("", text))
    for rule, reading in _rows("spelling"):
        text = rule.sub(reading, text)
    return _BARE_A.sub(r"\1ະ", text)


def _read(text: str) -> str:
    text = modern(text)
    for shape, reading in _rows("shape"):
        text = shape.sub(reading, text)
    letters = _letters()
    return "".join(letters.get(char, char) for char in text)
