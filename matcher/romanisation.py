"""How a name comes from its script into a-z, stage by stage: for whoever wants to see why it was read so.

The readers of scripts/ do the work; here it is only told. What a stage leaves as it was is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from matcher.scripts import detect, han, khmer, lao, latin, mrz, myanmar, thai, vietnamese


@dataclass(frozen=True, slots=True)
class Stage:
    """what: what was done, in plain words. text: what stands afterwards; pieces are divided by " | "."""

    what: str
    text: str


def stages(text: str, script: str | None = None) -> tuple[Stage, ...]:
    """The stages of one name as far as its likeliest reading; empty where it is plain letters already."""
    found: list[Stage] = []
    for name, run in detect.runs(text):
        told = _TELLERS.get(name, _latin)
        found.extend(told(run.strip(), script))
    return tuple(stage for stage in found if stage.text)


def _thai(text: str, _: str | None) -> Iterator[Stage]:
    yield Stage("cut into syllables and elements of names", _words(text, thai.cut))


def _khmer(text: str, _: str | None) -> Iterator[Stage]:
    yield Stage("cut into clusters, as the standards spell", _words(text, khmer.cut))
    families = " ".join(khmer.romanise(word, khmer.FAMILY) for word in text.split())
    yield Stage("as families spell", families)


def _lao(text: str, _: str | None) -> Iterator[Stage]:
    today = " ".join(map(lao.modern, text.split()))
    if today != text:
        yield Stage("in today's spelling, without tones", today)
    yield Stage("letter by letter", " ".join(map(lao.romanise, text.split())))


def _burmese(text: str, script: str | None) -> Iterator[Stage]:
    converted = myanmar.unicode_of(text, declared=script == "Qaag")
    if converted != text:
        yield Stage("Zawgyi, in Unicode", converted)
    yield Stage("cut into syllables, as Burmese people spell", _pieces(myanmar.cut(converted)))


def _han(text: str, _: str | None) -> Iterator[Stage]:
    plain = han.simplified(text)
    if plain != text:
        yield Stage("in simplified characters", plain)
    surname = han.surname_of(plain)
    if surname:
        yield Stage("family name and given name", f"{surname} | {plain[len(surname) :]}")
    yield Stage("in Hanyu Pinyin", " ".join(han.syllables(text)))


def _latin(text: str, _: str | None) -> Iterator[Stage]:
    given = text
    text = mrz.name_of(given)
    if text != given:
        yield Stage("name in a line of a machine-readable zone", text)
    typed = vietnamese.repaired(text)
    if typed != text:
        yield Stage("without keystrokes of Vietnamese input", typed)
    seen = latin.scanned(typed)
    if seen != typed:
        yield Stage("letters that a scanner took for others put right", seen)
    letters = " ".join(latin.parts(seen))
    if letters != " ".join(seen.lower().split()):
        yield Stage("without marks and signs", letters)


def _words(text: str, cut: Callable[[str], list[tuple[str, str]]]) -> str:
    return "  ".join(_pieces(cut(word)) for word in text.split())


def _pieces(pieces: list[tuple[str, str]]) -> str:
    return " | ".join(f"{written} {reading or '-'}".strip() for written, reading in pieces)


_TELLERS = {"Thai": _thai, "Khmr": _khmer, "Laoo": _lao, "Mymr": _burmese, "Hani": _han}
