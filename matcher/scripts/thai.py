"""Thai to Latin after RTGS 1999: the cheapest ways to cut a word into syllables and elements of names.

Thai writes no short a or o between consonants and no end of a syllable, so a word may be cut in several ways. Every
syllable and element has a cost (how unusual it is); the cheapest sums win. Letters, rimes, clusters, silent endings and
elements of names are rows of resources/thai.tsv.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from functools import cache, lru_cache

from matcher.tables import pairs

MAX_WORD = 48
MAX_READINGS = 4
_PATHS = 6  # kept at each place of the word
_SLACK = 1.7  # a reading that costs so much more than the best is none

_SIGNS = frozenset("ะัาำิีึืฺุู็์ๅํ")
_LEADING = "เแโใไ"
_TONES = re.compile("[่้๊๋ๆฯฺ๎]")
_SONORANTS = frozenset("งญณนมยรลวฬ")
_STOPS = frozenset("กขคฆจชซฎฏฐฑฒดตถทธบปพภศษส")
_BEFORE_SILENT_R = frozenset("กดตทชฎ")
_HIGH = frozenset("ขฉถผฝศสช")

# Costs. One is a plain syllable with a written vowel; the rest says how much less likely a way of reading is.
_WRITTEN = 1.0
_BARE_CLOSED = 1.3  # two consonants around an unwritten o
_BARE_OPEN = 1.9  # one consonant with an unwritten a
_BARE_OPEN_AT_END = 1.6  # more, at the end of a word
_BARE_VOWEL_CARRIER = 1.5  # more, where อ would carry an unwritten vowel inside a word
_ELEMENT = 0.6
_OTHER_READING = 0.5  # an element before another, without its linking vowel
_UNREAD = 6.0
_LINK_IN_ROOT = 0.3  # a final stop also opens a syllable before a sonorant: rat-ta-na
_LINK = 1.1
_RA = 0.4
_NOT_CLOSED = 1.2
_SPLIT_SURE = 0.3  # a leading vowel before two consonants that carry its other half: cha-loem
_SPLIT = 0.5


def romanise(word: str) -> str:
    """The likeliest reading of one Thai word; what is not Thai stays as it is."""
    return readings(word)[0][0]


@lru_cache(maxsize=1 << 15)
def readings(word: str) -> tuple[tuple[str, float], ...]:
    """The readings of one word with what each costs more than the best, which comes first. At least 1, at most 4."""
    text = _plain(word)[:MAX_WORD]
    best: list[list[tuple[float, str]]] = [[(0.0, "")], *[[] for _ in text]]
    for start in range(len(text)):
        if not best[start]:
            continue
        for end, piece, cost in _steps(text, start):
            best[end].extend((spent + cost, done + piece) for spent, done in best[start])
        for end in range(start + 1, len(text) + 1):
            if len(best[end]) > 4 * _PATHS or end == start + 1:
                best[end] = _cheapest(best[end], _PATHS)
    ways = _cheapest(best[-1], MAX_READINGS)
    return tuple((reading, spent - ways[0][0]) for spent, reading in ways if spent - ways[0][0] <= _SLACK)


def cut(word: str) -> list[tuple[str, str]]:
    """The likeliest cut of one word: elements and syllables, each with its reading; silent letters have none."""
    text = _plain(word)[:MAX_WORD]
    best: list[tuple[float, tuple[tuple[str, str], ...]]] = [(0.0, ())]
    best += [(_UNREAD * MAX_WORD * 2, ())] * len(text)
    for start in range(len(text)):
        spent, done = best[start]
        for end, piece, cost in _steps(text, start):
            if spent + cost < best[end][0]:
                best[end] = spent + cost, (*done, (text[start:end], piece))
    return list(best[-1][1])


def _cheapest(ways: list[tuple[float, str]], most: int) -> list[tuple[float, str]]:
    found: dict[str, float] = {}
    for spent, reading in ways:
        if spent < found.get(reading, _UNREAD * MAX_WORD * 2):
            found[reading] = spent
    return heapq.nsmallest(most, ((spent, reading) for reading, spent in found.items()))


def _plain(word: str) -> str:
    """The word without tone marks, its old and odd spellings set right (rows "spelling"), in this order."""
    for pattern, replacement in _spellings():
        word = pattern.sub(replacement, word)
    return _TONES.sub("", word)


@cache
def _spellings() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(row[1]), row[2]) for row in pairs("thai.tsv") if row[0] == "spelling")


@cache
def _letters(kind: str) -> dict[str, str]:
    return {row[1]: row[2] for row in pairs("thai.tsv") if row[0] == kind}


@cache
def _clusters() -> dict[str, tuple[str, float]]:
    return {row[1]: (row[2], float(row[3])) for row in pairs("thai.tsv") if row[0] == "cluster"}


@cache
def _rimes() -> dict[str, tuple[tuple[str, str, str, float], ...]]:
    """Rimes by leading vowel: (what follows the onset, reading, "open", "closed" or "both", cost)."""
    found: dict[str, list[tuple[str, str, str, float]]] = {}
    for row in pairs("thai.tsv"):
        if row[0] == "rime":
            leading, _, follows = row[1].partition("-")
            found.setdefault(leading, []).append((follows, row[2], row[3], float(row[4]) if len(row) > 4 else 0.0))
    return {leading: tuple(rows) for leading, rows in found.items()}


@cache
def _elements() -> dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]]:
    """Elements by their first two letters: (element, reading at the end, readings before something else)."""
    found: dict[str, list[tuple[str, str, tuple[str, ...]]]] = {}
    for row in pairs("thai.tsv"):
        if row[0] == "element":
            element = _plain(row[1])
            before = row[3].split("|") if len(row) > 3 else []
            found.setdefault(element[:2], []).append((element, row[2], tuple(dict.fromkeys([*before, row[2]]))))
    return {head: tuple(rows) for head, rows in found.items()}


@cache
def _silent() -> re.Pattern[str]:
    groups = sorted(_letters("silent"), key=lambda group: (-len(group), group))
    return re.compile("|".join(groups))


def _steps(text: str, start: int) -> Iterator[tuple[int, str, float]]:
    """Every way to read on from start: (where it ends, what it reads, what it costs)."""
    char = text[start]
    silent = _silent().match(text, start) if start else None
    if silent:
        yield silent.end(), "", 0.0
    if not "\u0e00" <= char <= "\u0e7f":
        yield start + 1, char, 0.0
        return
    for element, final, before in _elements().get(text[start : start + 2], ()):
        end = start + len(element)
        if text.startswith(element, start) and _may_end(text, end):
            at_end = end == len(text) or _silent().match(text, end) is not None
            for rank, reading in enumerate((final,) if at_end else before):
                yield end, reading, _ELEMENT + rank * _OTHER_READING
    yield from _syllables(text, start)
    yield start + 1, _letters("onset").get(char, "") or _letters("stray").get(char, ""), _UNREAD


def _may_end(text: str, end: int) -> bool:
    return end == len(text) or text[end] not in _SIGNS


def _syllables(text: str, start: int) -> Iterator[tuple[int, str, float]]:
    leading = text[start] if text[start] in _LEADING else ""
    after_leading = start + len(leading)
    for size, onset, onset_cost in _onsets(text, after_leading, bool(leading)):
        at = after_leading + size
        unlikely = size == 2 and bool(leading) and text[at - 1] not in "รล"
        for follows, reading, closing, cost in _rimes()[leading]:
            if not text.startswith(follows, at):
                continue
            end = at + len(follows)
            spent = _WRITTEN + onset_cost + cost
            if closing != "closed" and _may_end(text, end):
                # Two consonants after a leading vowel and nothing more: the second rather closes (saeng, kaeo).
                yield end, onset + reading, spent + (_NOT_CLOSED if unlikely and not follows else 0.0)
            if closing != "open":
                yield from _closed(text, end, onset + reading, spent)
        if not leading and not text.startswith("รร", at):
            bare = onset_cost + (_BARE_VOWEL_CARRIER if start and text[at - 1] == "อ" else 0.0)
            if text[at : at + 1] not in {"ว", "ย"}:
                yield from _closed(text, at, onset + "o", _BARE_CLOSED + bare)
            if _may_end(text, at) and not _silent().match(text, at):
                ending = _BARE_OPEN_AT_END if at == len(text) else 0.0
                yield at, onset + "a", _BARE_OPEN + ending + bare
                if text.startswith("ร", at):  # wo-ra-, so-ra-, tho-ra-
                    yield at, onset + "o", _BARE_OPEN + bare


def _onsets(text: str, at: int, leading: bool) -> Iterator[tuple[int, str, float]]:
    """The onsets that may begin here: (letters taken, reading, cost)."""
    onset = _letters("onset")
    first, second = text[at : at + 1], text[at + 1 : at + 2]
    if first in onset:
        yield 1, onset[first], 0.0
    cluster = _clusters().get(first + second)
    if cluster is not None:
        yield 2, cluster[0], cluster[1]
    elif leading and first in onset and second in onset and second != "อ":
        carries = text[at + 2 : at + 3]
        if carries in _SIGNS and carries not in {"ะ", "์"} and carries:
            yield 2, onset[first] + "a" + onset[second], _SPLIT_SURE
        elif first in _HIGH and second in _SONORANTS:
            yield 2, onset[first] + "a" + onset[second], _SPLIT


def _closed(text: str, end: int, opened: str, spent: float) -> Iterator[tuple[int, str, float]]:
    """The syllable closed by the letter at end; also with that letter opening a syllable with an unwritten a."""
    letter = text[end : end + 1]
    coda = _letters("coda").get(letter)
    if coda is None or not _may_end(text, end + 1):
        return
    end += 1
    if end == len(text) or _silent().match(text, end):
        yield end, opened + coda, spent
        return
    if letter == "ร":  # inside a word it is more often ra of its own: pa-ra-da
        yield end, opened + "ra", spent + _RA
    yield end, opened + coda, spent + (_RA if letter == "ร" else 0.0)
    onset = _letters("onset")[letter]
    if letter in _STOPS:
        in_root = text[end] in _SONORANTS and text[end + 1 : end + 2] in {"า", "ี", "ิ", "ะ"}
        yield end, opened + coda + onset + "a", spent + (_LINK_IN_ROOT if in_root else _LINK)
        if (
            letter in _BEFORE_SILENT_R and text[end] == "ร" and _may_end(text, end + 1)
        ):  # tr, dr, kr after a vowel: the r is not heard
            yield end + 1, opened + coda, spent + 0.1
            if end + 1 < len(text):
                yield end + 1, opened + coda + onset.removesuffix("a") + "ra", spent + 0.6
    elif letter in "ลนมยญ":
        yield end, opened + coda + onset + "a", spent + _LINK + 0.3
