"""Slips of the keyboard, mended where a language has a closed set of syllables: pinyin and Vietnamese.

A searched name that is no Chinese or Vietnamese name, but becomes one by a single slip (a letter more, less, other, or
two exchanged, the space counted as a letter), is also read as that name: Egn Lei as Eng Lei, ThanhT oan as Thanh Toan.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from matcher.scripts import han_abroad, latin, vietnamese
from matcher.tables import pairs

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONGEST = 32
_MOST = 6
_VOWELS = frozenset("aeiouy")
Reading = tuple[str, ...]


@lru_cache(maxsize=1 << 12)
def mended(parts: Reading) -> tuple[Reading, ...]:
    """The Chinese and Vietnamese names one slip away from these parts, the likeliest first, at most 6.

    None where the parts are such a name as they stand, or all of them are syllables of one.
    """
    text = " ".join(parts)
    bad = [place for place, part in enumerate(parts) if not _is_syllable(part)]
    far = not bad or bad[-1] - bad[0] > 1
    if far or not 4 <= len(text) <= _LONGEST or _is_name(parts) or _is_burmese(parts):
        return ()
    first = max(0, len(" ".join(parts[: bad[0]])) - 1)
    last = len(" ".join(parts[: bad[-1] + 1])) + 1
    found: dict[Reading, int] = {}
    for cost, slip in _slips(text, first, last):
        near = tuple(slip.split())
        if near not in found and _is_name(near):
            found[near] = cost + _rarity(near)
    return tuple(sorted(found, key=lambda near: (found[near], near))[:_MOST])


def _is_syllable(part: str) -> bool:
    """Whether a part is whole syllables of some Chinese spelling or of Vietnamese: then it is no slip."""
    return part in han_abroad.syllables() or part in vietnamese.syllables() or bool(latin.pinyin_syllables(part))


def _is_name(parts: Reading) -> bool:
    return _is_vietnamese(parts) or _is_chinese(parts)


def _is_burmese(parts: Reading) -> bool:
    """Win Min Tun is no slip for a Chinese name."""
    return all(part in _burmese_syllables() for part in parts)


@cache
def _burmese_syllables() -> frozenset[str]:
    rows = [row for row in pairs("myanmar.tsv") if len(row) > 2]
    of = {
        kind: {way for row in rows if row[0] == kind for way in row[2].split("/")}
        for kind in ("onset", "rime", "syllable")
    }
    return frozenset(onset + rime for onset in ("", *of["onset"]) for rime in of["rime"]) | of["syllable"]


def _is_vietnamese(parts: Reading) -> bool:
    known = vietnamese.syllables()
    return 2 <= len(parts) <= 6 and _has_family(parts) and all(part in known for part in parts)


def _has_family(parts: Reading) -> bool:
    families = vietnamese.families()
    return parts[0] in families or parts[-1] in families


def _is_chinese(parts: Reading) -> bool:
    """A surname, in pinyin or as spelt elsewhere, before or after one or two syllables of pinyin."""
    if not 2 <= len(parts) <= 4:
        return False
    for surname, given in ((parts[0], parts[1:]), (parts[-1], parts[:-1])):
        # Asked first, of hundreds of slips a name: a look-up is cheap, and cutting into syllables is not.
        if han_abroad.is_surname(surname) or han_abroad.surname_readings(surname):
            cut = [latin.pinyin_syllables(part) for part in given]
            if all(cut) and sum(map(len, cut)) <= 2:
                return True
    return False


def _rarity(parts: Reading) -> int:
    """0 for the commonest family names at either end, 2 for a rare one."""
    ranks = [vietnamese.families().get(part, 99) for part in (parts[0], parts[-1])]
    ranks += [han_abroad.surname_rank(part) for part in (parts[0], parts[-1])]
    best = min(ranks)
    return 0 if best < 20 else 1 if best < 80 else 2


def _slips(text: str, first: int, last: int) -> Iterator[tuple[int, str]]:
    """All texts one slip away between two places, each with its cost: exchanged and doubled letters cost least."""
    for at in range(first, min(last, len(text))):
        before, after = text[:at], text[at + 1 :]
        if after and after[0] != text[at]:
            yield 0, before + after[0] + text[at] + after[1:]
        yield (0 if after[:1] == text[at] or before[-1:] == text[at] else 1), before + after
        for letter in _LETTERS:
            same_sort = (letter in _VOWELS) == (text[at] in _VOWELS)
            yield (1 if same_sort else 2), before + letter + after
    for at in range(first, min(last, len(text)) + 1):
        for letter in (" ", *_LETTERS):
            yield (0 if letter == " " else 1), text[:at] + letter + text[at:]
