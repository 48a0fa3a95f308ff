"""Burmese to Latin as Burmese people spell themselves (Kyaw, Myint, Oo), by syllables; Zawgyi is converted first.

The tables in resources/myanmar.tsv hold onsets, rimes, and syllables and words with a spelling of their own. Where two
spellings are alive a text has several readings. Zawgyi is told by its form: Unicode writes a syllable in the order of
its sounds (The Unicode Standard, chapter 16; UTN 11), Zawgyi in the order of its shapes.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import product

import icu

from matcher.scripts.habits import combined
from matcher.tables import pairs

MAX_READINGS = 4
MAX_SYLLABLES = 64
MAX_TEXT = 256  # ICU takes a time that grows with the square of a converted text: 10,000 signs took 40 seconds

_C = "\u1000-\u1021\u103f"
_ZAWGYI = re.compile(
    "[\u1033\u1034\u1060-\u1097]"  # code points only Zawgyi uses in Burmese
    f"|\u1039(?![{_C}])"  # a visible virama
    f"|(?:^|[^{_C}\u1039\u103b-\u103e])\u1031"  # the e sign before its consonant
    f"|(?:^|[^{_C}\u103a-\u103e])[\u103b\u103c]"  # medial ra before its consonant
    "|\u103a[\u102b-\u1032]"  # medial ya written where Unicode has asat
)
# What only Unicode writes: medial ha at its place, the e sign after its consonant.
_UNICODE = re.compile("\u103e|\u1031(?:[\u102b-\u102d\u1036-\u1038]|\\s|$)")
_ASAT, _CREAKY, _WA, _HA = "\u103a", "\u1037", "\u103d", "\u103e"
_JOINT = "+"  # stands where one consonant is stacked on another: the two syllables are written as one word
_STACK = re.compile("\u103a?\u1039")
_INDEPENDENT = str.maketrans(
    {"\u1023": "အိ", "\u1024": "အီ", "\u1025": "အု", "\u1027": "အေ", "\u1029": "အော", "\u102a": "အော်", "\u1038": None}
)
_NASAL_STOPS = re.compile("\u1025(?=\u103a)")  # nya typed as the vowel u that looks like it
_SYLLABLE = (
    f"(?P<base>[{_C}\u1026])(?P<medials>[\u103b-\u103e]*)"
    "(?P<signs>[\u102b-\u1032\u1036\u1037]*\u103a?)"
    f"(?:(?P<final>[{_C}])(?P<creaky_final>\u1037?)\u103a)?(?P<creaky>\u1037?)"
)


def is_zawgyi(text: str) -> bool:
    """Whether Burmese text can only be Zawgyi: it breaks the order that Unicode demands."""
    return _ZAWGYI.search(text) is not None


def is_unicode(text: str) -> bool:
    """Whether Burmese text is plainly Unicode: it holds what Zawgyi never writes."""
    return not is_zawgyi(text) and (_ASAT in text or _UNICODE.search(text) is not None)


def unicode_of(text: str, *, declared: bool = False) -> str:
    """The text in Unicode order, each word for itself: an agency's own form may stand beside another's.

    A word is converted where it is Zawgyi by form, or by declaration and not plainly Unicode. What follows the 256th
    character is dropped.
    """
    return "".join(
        str(_converter().transliterate(word)) if is_zawgyi(word) or (declared and not is_unicode(word)) else word
        for word in re.split(r"(\s+)", text[:MAX_TEXT])
    )


@cache
def _converter() -> icu.Transliterator:
    return icu.Transliterator.createInstance("Zawgyi-my")


@cache
def _table(kind: str) -> dict[str, str]:
    return {row[1]: row[2] for row in pairs("myanmar.tsv") if row[0] == kind}


@cache
def _words() -> dict[str, str]:
    return {_plain(word): cell for word, cell in _table("word").items()}


@cache
def _pieces() -> re.Pattern[str]:
    """A word of the table, unless the signs or the final consonant of a longer syllable follow, or one syllable."""
    longest = sorted(_words(), key=lambda word: (-len(word), word))
    words = "|".join(map(re.escape, longest))
    return re.compile(
        f"(?P<word>{words})(?![\u102b-\u1032\u1036\u1037\u103a-\u103e{_JOINT}]|[{_C}]\u1037?\u103a)|{_SYLLABLE}"
    )


def _plain(text: str) -> str:
    """NFC, without the heavy tone, independent vowels on their carrier, stacks opened with a joint."""
    text = unicodedata.normalize("NFC", text)
    return _STACK.sub(_ASAT + _JOINT, _NASAL_STOPS.sub("ဉ", text).translate(_INDEPENDENT))


def syllables(text: str) -> tuple[str, ...]:
    """The likeliest Latin reading of Unicode Burmese text, a part a syllable or word; see readings()."""
    return readings(text)[0]


@lru_cache(maxsize=1 << 14)
def readings(text: str) -> tuple[tuple[str, ...], ...]:
    """The readings of Unicode Burmese text, the likeliest first: at least 1 (empty where nothing is read), at most 4.

    First each syllable as most write it, then each in its other way, then one by one. What is not Burmese is passed
    over, and so is what follows the 64th syllable.
    """
    choices = [tuple(cell.split("/")) for _, cell in cut(text)]
    return tuple(tuple(part for way in ways for part in way.split()) for ways in combined(choices, MAX_READINGS))


def cut(text: str) -> list[tuple[str, str]]:
    """Unicode Burmese text in syllables and words, each with its spelling, or several with / between them.

    Two that a stacked letter joins are one.
    """
    text = _plain(text)
    pieces: list[tuple[str, str]] = []
    end = -1
    for found in list(_pieces().finditer(text))[:MAX_SYLLABLES]:
        cell = _words()[found["word"]] if found["word"] else _read(found, first=not pieces)
        written = found[0]
        if pieces and end + 1 == found.start() and text[end] == _JOINT:
            before, ways = pieces.pop()
            joined = dict.fromkeys(one + other for one, other in product(ways.split("/"), cell.split("/")))
            written, cell = before + written, "/".join(joined)
        pieces.append((written, cell))
        end = found.end()
    return pieces


def _read(found: re.Match[str], *, first: bool) -> str:
    """The cell of one syllable: its spelling, or several with / between them."""
    own = found.group().replace(_CREAKY, "")
    whole = (_table("first").get(own) if first else None) or _table("syllable").get(own)
    if whole is not None:
        return whole
    base, medials, signs, final = (found[name] or "" for name in ("base", "medials", "signs", "final"))
    creaky = bool(found["creaky_final"] or found["creaky"] or _CREAKY in signs)
    signs = signs.replace(_CREAKY, "")
    rimes = _table("rime")
    rime = None
    if _WA in medials:  # medial wa colours the rime: htun, lwin
        rime = rimes.get(_WA + signs + final)
        medials = medials.replace(_WA, "") if rime is not None else medials
    if rime is None:
        rime = rimes.get(signs + final)
    if rime is None:
        letters = _table("letter")
        rime = "".join(letters.get(sign, "") for sign in signs) + _table("final").get(final, "")
    onset = _onset(base, medials)
    # The creaky tone of a nasal is written -nt: Myint, Nyunt.
    return "/".join(onset + way + ("t" if creaky and way.endswith("n") else "") for way in rime.split("/"))


def _onset(base: str, medials: str) -> str:
    onsets = _table("onset")
    wa = _WA in medials
    medials = medials.replace(_WA, "")
    reading = onsets.get(base + medials)
    if reading is None:
        breath = "h" if _HA in medials else ""
        glide = "y" if "\u103b" in medials or "\u103c" in medials else ""
        reading = breath + onsets.get(base, "") + glide
    return reading + ("w" if wa else "")
