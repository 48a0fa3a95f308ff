"""Khmer to Latin: two series of consonants decide the vowels, subscripts cluster, finals fall silent.

After UNGEGN 1972 and the spellings families use; the tables are resources/khmer.tsv.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from matcher.scripts.habits import combined
from matcher.tables import pairs

_BASE = "[\u1780-\u17b3]"
_STACK = "(?:\u17d2[\u1780-\u17b3])*"
STANDARD, FAMILY, OPEN = range(3)
MAX_READINGS = 4
MAX_WORD = 64
_COENG = "\u17d2"
_BANTOC = "\u17cb"
_TREISAP = "\u17ca"
_MUUSIKATOAN = "\u17c9"
# A letter under the mark that silences it, with whatever belongs to it: leak in three letters.
_SILENCED = re.compile(f"(?<=.){_BASE}{_STACK}[\u17b7\u17bb]?\u17cd|\u17cd")
# A short vowel that ends a Pali word after a long one is silent: cheat, phum, het.
_SILENT_VOWEL = re.compile("(?<=[\u17b6\u17b8\u17bc\u17c1\u17c4])([\u178f\u1791\u1798])[\u17b7\u17bb]$")
_HIATUS = re.compile("ei(?=[aou])")  # a glide stands between two vowels: Sreyoun
_LIQUIDS = "\u179a\u179b"
_NEVER_CLOSE = "\u17a0"  # ha: Seihanu
_LATE_SHIFTER = re.compile("((?:\u17d2[\u1780-\u17b3])*)([\u17b6-\u17c8]+)([\u17c9\u17ca])")


@cache
def _table(kind: str) -> dict[str, tuple[str, str]]:
    return {row[1]: (row[2], row[-1]) for row in pairs("khmer.tsv") if row[0] == kind}


@cache
def _clusters() -> re.Pattern[str]:
    """A consonant, what stands below it, what shifts its series, its vowel signs.

    A row "vowel" may end in a consonant: the two sound otherwise together than apart (ang, iv, ey).
    """
    closed = sorted((row for row in _table("vowel") if row and row[-1] < "\u17b4"), key=lambda row: (-len(row), row))
    together = "|".join(closed)
    return re.compile(
        f"({_BASE})({_STACK})([\u17c9\u17ca]?)((?:{together})(?![\u17b6-\u17d3])|[\u17b6-\u17c8\u17cb-\u17d1]*)"
    )


@cache
def _words() -> re.Pattern[str]:
    # Not before a sign or subscript that belongs to the last letter.
    longest = sorted(_table("word"), key=lambda word: (-len(word), word))
    return re.compile(f"(?:{'|'.join(longest)})(?![\u17b6-\u17d3])")


@lru_cache(maxsize=1 << 14)
def readings(text: str) -> tuple[tuple[str, ...], ...]:
    """The readings of Khmer text, a part a word, the likeliest first: 1 (empty where nothing is read) to 4.

    Each word as the standards spell it, each as families do, then one word the other way: both habits meet in one name.
    The open habit is tried last: between two vowels a bare consonant may keep its own (Khemra, Khemara).
    """
    habits = (STANDARD, OPEN, FAMILY)
    words = [tuple(dict.fromkeys(romanise(word, habit) for habit in habits)) for word in text.split()]
    return combined([ways for ways in words if all(ways)], MAX_READINGS)


def romanise(word: str, habit: int = STANDARD) -> str:
    """Read one Khmer word; what is not Khmer falls out. habit: STANDARD, FAMILY or OPEN.

    What follows the 64th character is not read.
    """
    return _HIATUS.sub("ey", "".join(reading for _, reading in cut(word, habit)))


def cut(word: str, habit: int = STANDARD) -> list[tuple[str, str]]:
    """One Khmer word in clusters, each with its reading; a word of the table is one reading without its letters."""
    word = _words().sub(lambda found: _habitual(_table("word")[found.group()][0], habit), word[:MAX_WORD])
    word = _SILENT_VOWEL.sub(r"\1", _SILENCED.sub("", _LATE_SHIFTER.sub(r"\1\3\2", word)))
    out: list[tuple[str, str]] = []
    at = 0
    open_bare = False  # the syllable before ended in an inherent vowel, or has none yet: a bare consonant closes it
    clusters = list(_clusters().finditer(word))
    for place, found in enumerate(clusters):
        out.append(("", _latin(word[at : found.start()])))
        at = found.end()
        base, subscripts, shifter, signs = found.groups()
        is_last = place == len(clusters) - 1
        bare = not signs.strip(_BANTOC) and not shifter
        follows = None if is_last else clusters[place + 1]
        may_close = not subscripts and follows is not None and not _begins_late(clusters, place + 1)
        if bare and open_bare and may_close and _BANTOC not in signs and (habit == OPEN or base in _NEVER_CLOSE):
            out.append((found[0], _open(base, follows, habit)))
            continue
        if bare and open_bare and (is_last or _BANTOC in signs or may_close):
            out.append((found[0], _final(base)))
            open_bare = False
            continue
        reading, open_bare = _syllable(base, subscripts, shifter, signs, is_last=is_last, habit=habit)
        if bare and not subscripts and follows is not None:
            reading = _before_stack(base, follows, habit) or reading
        out.append((found[0], reading))
    out.append(("", _latin(word[at:])))
    return [piece for piece in out if any(piece)]


def _habitual(cell: str, habit: int) -> str:
    """The reading of a habit in a cell of the table: "standard/family/open", where fewer stand "standard/family"."""
    choices = cell.split("/")
    if habit == OPEN and len(choices) < 3:
        return choices[0]
    return choices[min(habit, len(choices) - 1)]


def _open(base: str, follows: re.Match[str] | None, habit: int) -> str:
    """A bare consonant that keeps its own vowel: a before a written one (Khemara)."""
    reading, series = _table("consonant").get(base, ("", "a"))
    if follows is not None and follows[4].strip(_BANTOC):
        return reading + "a"
    return reading + _habitual(_table("vowel")[""][series == "o"], habit)


def _before_stack(base: str, follows: re.Match[str], habit: int) -> str:
    """A bare consonant before a stack that closes its syllable and opens the next; empty where no row says how."""
    subscripts = follows[2]
    cells = _table("stack").get(follows[1]) if subscripts and subscripts[-1] not in _LIQUIDS else None
    if cells is None or base not in _table("consonant"):
        return ""
    reading, series = _table("consonant")[base]
    return reading + _habitual(cells[series == "o"], habit)


def _begins_late(clusters: list[re.Match[str]], place: int) -> bool:
    """Whether the cluster at place needs a vowel before it: it is the last bare one, or a stack that is split."""
    _, subscripts, shifter, signs = clusters[place].groups()
    if signs.strip(_BANTOC):
        return bool(subscripts) and subscripts[-1] not in _LIQUIDS  # pr, kl and their like are said as one
    return not shifter and (place == len(clusters) - 1 or _BANTOC in signs)


def _latin(text: str) -> str:
    return "".join(char for char in text.lower() if char.isascii() and char.isalpha())


def _final(base: str) -> str:
    return _table("final").get(base, (_table("consonant").get(base, ("", ""))[0], ""))[0]


def _syllable(base: str, subscripts: str, shifter: str, signs: str, *, is_last: bool, habit: int) -> tuple[str, bool]:
    """The reading of one cluster, and whether a bare consonant after it would close it."""
    independent = _table("independent").get(base)
    if independent is not None:
        return _habitual(independent[0], habit), True
    consonants = _table("consonant")
    under = [char for char in subscripts if char != _COENG]
    reading, series = consonants.get(base, ("", "a"))
    if base == "\u1794":  # ba: p where shifted by muusikatoan or in a cluster
        reading = "p" if shifter == _MUUSIKATOAN or under else "b"
    if shifter:
        series = "o" if shifter == _TREISAP else "a"
    for char in under:
        lower, lower_series = consonants.get(char, ("", "a"))
        reading += lower
        if lower[:1] not in {"r", "l", "y", "v", "n", "m"}:
            series = lower_series
    closed = any(sign in "\u17c6\u17c7\u17cb" for sign in signs)
    vowels = signs.replace("\u17cb", "").replace("\u17cc", "").replace("\u17ce", "").replace("\u17cf", "")
    vowel = _table("vowel").get(vowels)
    if vowel is None:
        vowel = ("".join(_habitual(_table("vowel").get(sign, ("", ""))[0], habit) for sign in vowels),) * 2
    if is_last and under and not vowels:
        return _final(base) if not reading.endswith("r") else _final(base) + "r", False
    return reading + _habitual(vowel[0 if series == "a" else 1], habit), not closed
