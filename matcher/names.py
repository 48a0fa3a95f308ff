"""From a name as written to its readings: scripts found, honorifics stripped, every part in a-z."""

from __future__ import annotations

import heapq
import re
from functools import cache, lru_cache

from matcher.phonetics import loose, strict, whole
from matcher.scripts import detect, han, han_abroad, khmer, lao, latin, mrz, myanmar, slips, thai, vietnamese
from matcher.tables import pairs

MAX_PARTS = 8
Reading = tuple[str, ...]


_LANGUAGES = {"Thai": "th", "Laoo": "lo", "Khmr": "km", "Mymr": "my", "Hani": "zh"}


@cache
def _latin_honorifics(language: str | None) -> dict[tuple[str, ...], bool]:
    """Latin honorifics of a language, or of all, as their words; True where the word is never a name."""
    rows = (row for row in pairs("honorifics.tsv") if row[0].isascii())
    return {tuple(row[0].split()): row[2] == "always" for row in rows if language is None or language in row[1].split()}


@cache
def _native_honorifics() -> dict[str, list[tuple[str, str]]]:
    """Honorifics in other scripts and their use, by their first sign, the longest first."""
    rows = [(row[0], row[2]) for row in pairs("honorifics.tsv") if not row[0].isascii()]
    found: dict[str, list[tuple[str, str]]] = {}
    for honorific, use in sorted(rows, key=lambda row: -len(row[0])):
        found.setdefault(honorific[0], []).append((honorific, use))
    return found


MAX_READINGS = 4
# PhamNgocDuong, PhamNGOC: a capital within a word begins a part.
_RUN_TOGETHER = re.compile("(?<=[a-z])(?=[A-Z])")
MAX_WAYS = 12
MAX_SEARCHED = 16
MAX_MENDED = 2
MAX_TAIWANESE = 4
MAX_SOUTHERN = 4
_CLAN = "sae"
_SEVERAL = {"Thai": thai.readings, "Laoo": lao.readings}


@lru_cache(maxsize=1 << 14)
def searched_readings(text: str, script: str | None = None) -> tuple[Reading, ...]:
    """The readings of a name that is searched: those of a record, and what a Latin spelling may stand for in Chinese.

    A name made of pinyin syllables is also cut into them (Zhiyan: Zhi Yan); a surname as spelt in Hong Kong or the
    South Seas (Tan, Cheung) is also read as its pinyin; a slip of the keyboard is mended. At most 16.
    """
    plain = readings(text, script)
    parted = _RUN_TOGETHER.sub(" ", text)
    if parted != text:
        plain = tuple(dict.fromkeys((*plain, *readings(parted, script))))
    found = list(plain)
    scripts = {name for name, _ in detect.runs(text)}
    if "Hani" not in scripts:
        for parts in plain:
            if _CLAN not in parts:
                found.extend(_chinese(parts))
    if scripts == {"Latn"}:
        for parts in plain:
            found.extend(latin.respelt(parts))
        found.extend(_run_together(parts) for parts in plain)
        if mrz.is_cut(text):
            found.extend(parts[:-1] for parts in plain if len(parts) > 2)
        for parts in plain[:2]:
            for near in slips.mended(parts)[:MAX_MENDED]:
                found.append(near)
                found.extend(_chinese(near)[:2])
    return _distinct(found)[:MAX_SEARCHED]


def _distinct(found: list[Reading]) -> tuple[Reading, ...]:
    """Without those that sound like an earlier one part by part: they would be asked in nearly the same tokens."""
    heard: dict[tuple[str, ...], Reading] = {}
    for parts in found:
        heard.setdefault(tuple(map(strict, parts)), parts)
    return tuple(heard.values())


def _run_together(parts: Reading) -> Reading:
    """The parts that sound otherwise where they are written as one word written so: Bun Heng as Bunheng."""
    found = list(parts[:1])
    for part in parts[1:]:
        if whole((strict(found[-1] + part),)) == whole((strict(found[-1]), strict(part))):
            found.append(part)
        else:
            found[-1] += part
    return tuple(found)


def _chinese(parts: Reading) -> list[Reading]:
    """What Latin parts may stand for in pinyin: its syllables, Taiwan's spellings, names as spelt elsewhere."""
    found: list[Reading] = []
    cut = [latin.pinyin_syllables(part) for part in parts]
    if 2 <= len(parts) <= 4 and all(cut) and any(len(pieces) > 1 for pieces in cut):
        found.append(tuple(piece for pieces in cut for piece in pieces))
    for surname, others, pieces_of in ((parts[0], parts[1:], cut[1:]), (parts[-1], parts[:-1], cut[:-1])):
        if not 1 <= len(others) <= 3:
            continue
        given = tuple(piece for pieces in pieces_of for piece in pieces)
        if all(pieces_of) and len(given) <= 2:
            found.extend((reading, *given) for reading in han_abroad.surname_readings(surname))
        south = han_abroad.given_from_south(others)[:MAX_SOUTHERN]
        of_south = [(reading, *way) for reading in han_abroad.surname_readings(surname)[:2] for way in south]
        found.extend(of_south)
        if of_south:
            break
    found.extend(han_abroad.from_taiwan(parts)[:MAX_TAIWANESE])
    return found


@lru_cache(maxsize=1 << 14)
def readings(text: str, script: str | None = None) -> tuple[Reading, ...]:
    """The readings of one name, the likeliest first, at most 4, each a tuple of 1 to 8 parts in a-z.

    Several where the name may begin with an honorific or may be Zawgyi. Empty where nothing can be read.
    """
    found: list[Reading] = []
    # A Khmer Khun and a Chinese Ma are no titles: a name in a script of its own has the titles of its language alone.
    scripts = {name for name, _ in detect.runs(text)}
    language = _LANGUAGES.get(scripts.pop()) if len(scripts) == 1 else None
    for native in _without_native_honorifics(text):
        for parts in _romanised(native, script):
            for plain in _without_latin_honorifics(parts, language):
                found.extend(_clan_apart(plain))
    return tuple(dict.fromkeys(parts[:MAX_PARTS] for parts in found if parts))[:MAX_READINGS]


def _romanised(text: str, script: str | None) -> list[Reading]:
    """The text read as it stands; Burmese as Unicode and as Zawgyi, Han in pinyin, Cantonese and Sino-Vietnamese."""
    scripts = {name for name, _ in detect.runs(text)}
    variants = [text]
    if "Latn" in scripts:
        text = mrz.name_of(text)
        variants = list(dict.fromkeys((text, vietnamese.repaired(text), latin.as_in_passports(text))))
    if "Mymr" in scripts:
        as_unicode = myanmar.unicode_of(text, declared=script == "Qaag")
        as_zawgyi = myanmar.unicode_of(text, declared=True)
        variants = list(dict.fromkeys((as_unicode, as_zawgyi)))
    found = [reading for variant in variants for reading in _read(variant)]
    if scripts == {"Hani"}:
        found.extend(han.other_readings("".join(text.split())))
    return found


def _read(text: str) -> list[Reading]:
    """The ways to read a text whose words may each be read in several ways: the cheapest first, each sounding new."""
    ways: list[tuple[float, Reading]] = [(0.0, ())]
    for script, run in detect.runs(text):
        several = _SEVERAL.get(script)
        if several is not None:
            for word in run.split():
                # One word, one part: whatever the reader left unread may not divide it.
                read = [("".join(latin.parts(reading)), more) for reading, more in several(word)]
                longer = [(spent + more, (*done, part)) for spent, done in ways for part, more in read if part]
                ways = heapq.nsmallest(MAX_WAYS, longer) or ways
        else:
            ways = [(spent, done + more) for more in _run(script, run) for spent, done in ways][:MAX_WAYS]
    heard: dict[str, Reading] = {}
    for _, reading in ways:
        heard.setdefault("".join(map(loose, reading)), reading)
    return list(heard.values())


def _run(script: str, text: str) -> tuple[Reading, ...]:
    """The readings of a stretch in one script, the likeliest first, at least one."""
    if script == "Mymr":
        return myanmar.readings(text)
    if script == "Hani":
        return (han.syllables(text),)
    if script == "Khmr":
        return khmer.readings(text)
    return (latin.parts(latin.scanned(text)),)


def _clan_apart(parts: Reading) -> list[Reading]:
    """A name with Sae before a Chinese family name, as in Thailand: Sae a part of its own, then without it."""
    apart: list[str] = []
    for part in parts:
        clan = part.removeprefix(_CLAN)
        is_joined = clan != part and bool(han_abroad.surname_readings(clan))
        apart.extend((_CLAN, clan) if is_joined else (part,))
    without = tuple(part for part in apart if part != _CLAN)
    return [tuple(apart), without] if _CLAN in apart and without else [parts]


def _without_native_honorifics(text: str) -> list[str]:
    for honorific, use in _native_honorifics().get(text[:1], ()):
        rest = text.removeprefix(honorific)
        # Without a blank after it, a short word is more likely a part of the name.
        if rest != text and rest.strip() and (use != "maybe" or rest[0] == " "):
            return _without_native_honorifics(rest.strip()) if use == "always" else [rest.strip(), text]
    return [text]


def _without_latin_honorifics(parts: Reading, language: str | None) -> list[Reading]:
    honorifics = _latin_honorifics(language)
    for size in (3, 2, 1):
        always = honorifics.get(parts[:size])
        if always is not None and len(parts) > size:
            rest = parts[size:]
            return _without_latin_honorifics(rest, language) if always else [rest, parts]
    return [parts]
