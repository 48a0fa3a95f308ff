"""Burmese to Latin as Burmese people spell themselves (Kyaw, Myint, Oo), by syllables; Zawgyi is converted first.

The tables in resources/myanmar.tsv hold onsets, rimes and whole syllables with a spelling of their own.
"""

from __future__ import annotations

import re
from functools import cache

import icu

from matcher.tables import pairs

_C = "\u1000-\u1021\u103f"
_ZAWGYI = re.compile(
    "[\u1033\u1034\u1060-\u1097]"  # code points only Zawgyi uses in Burmese
    f"|\u1039(?![{_C}])"  # a visible virama
    f"|(?:^|[^{_C}\u1039\u103b-\u103e])\u1031"  # the e sign before its consonant
    f"|(?:^|[^{_C}\u103a-\u103e])[\u103b\u103c]"  # medial ra before its consonant
    "|\u103a[\u102b-\u1032]"  # medial ya written where Unicode has asat
)
_STACK = re.compile("(\u103a?)\u1039")
_TONE = re.compile("[\u1038]")
_SYLLABLE = re.compile(
    f"([{_C}\u1022-\u102a])([\u103b-\u103e]*)"  # onset
    "([\u102b-\u1032\u1036\u1037]*\u103a?)"  # vowel signs
    f"(?:([{_C}])(\u1037?)\u103a)?(\u1037?)"  # final consonant
)
_ORDER = str.maketrans("", "", "\u1037")


def is_zawgyi(text: str) -> bool:
    """Whether Burmese text can only be Zawgyi: it breaks the order that Unicode demands."""
    return _ZAWGYI.search(text) is not None


def unicode_of(text: str, *, declared: bool = False) -> str:
    """The text in Unicode order; converted where it is Zawgyi by form, or by declaration and not plainly Unicode."""
    if is_zawgyi(text) or (declared and "\u103a" not in text):
        return str(_converter().transliterate(text))
    return text


@cache
def _converter() -> icu.Transliterator:
    return icu.Transliterator.createInstance("Zawgyi-my")


@cache
def _table(kind: str) -> dict[str, str]:
    return {row[1]: row[2] for row in pairs("myanmar.tsv") if row[0] == kind}


def syllables(text: str) -> tuple[str, ...]:
    """The Latin readings of the syllables of Unicode Burmese text; what is not Burmese is passed over."""
    text = _STACK.sub("\u103a", _TONE.sub("", text))
    return tuple(reading for found in _SYLLABLE.finditer(text) if (reading := _read(found)))


def _read(found: re.Match[str]) -> str:
    whole = _table("syllable").get(found.group().translate(_ORDER))
    if whole is not None:
        return whole
    base, medials, signs, final, creaky_final, creaky = (part or "" for part in found.groups())
    signs = signs.translate(_ORDER) if (creaky_vowel := "\u1037" in signs) else signs
    rimes = _table("rime")
    rime = None
    if "\u103d" in medials:  # medial wa colours the rime: htun, lwin
        rime = rimes.get("\u103d" + signs + final)
        medials = medials.replace("\u103d", "") if rime is not None else medials
    if rime is None:
        rime = rimes.get(signs + final)
    if rime is None:
        letters = _table("letter")
        rime = "".join(letters.get(sign, "") for sign in signs) + _table("final").get(final, "")
    if (creaky_final or creaky or creaky_vowel) and rime.endswith("n"):
        rime += "t"  # the creaky tone of a nasal is written -nt: Myint, Nyunt
    return _onset(base, medials) + rime


def _onset(base: str, medials: str) -> str:
    onsets = _table("onset")
    wa = "\u103d" in medials
    medials = medials.replace("\u103d", "")
    reading = onsets.get(base + medials)
    if reading is None:
        breath = "h" if "\u103e" in medials else ""
        glide = "y" if "\u103b" in medials or "\u103c" in medials else ""
        reading = breath + onsets.get(base, "") + glide
    return reading + ("w" if wa else "")
