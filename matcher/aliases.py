"""One text that holds several names of one person: alias words, parentheses, slashes (resources/aliases.tsv)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from matcher.tables import pairs

MOST_PARTS = 4
_BRACKETS = re.compile(r"[(（\[【]([^()（）\[\]【】]*)[)）\]】]")
_EDGES = " \t:：,，;；-–/／()（）[]【】'\"“”"
_QUOTED = re.compile(r"[\"“]([^\"“”]{2,})[\"”]")


def split(text: str) -> tuple[tuple[str, str | None], ...]:
    """The names in a text, each with its type ("alias", "nickname", "former"; None: as given).

    The first is the text's own. At most 4. A text without such words is returned as it is.
    """
    pieces: list[tuple[str, str | None]] = []
    for place, piece in enumerate(re.split(r"\s*[/／|｜]\s*", text)):
        pieces.extend(_by_words(piece, None if place == 0 else "alias"))
    found: dict[str, str | None] = {}
    for piece, kind in pieces:
        name = piece.strip(_EDGES)
        # Without what stood around it a name may part once more.
        for part, of in split(name) if len(name) < len(text) else ((name, None),):
            if _has_letter(part):
                found.setdefault(part, of or kind)
    if len(found) < 2 and not (found and len(pieces) > 1):
        return ((text, None),)
    # Whatever came first is the name itself, even behind an alias word.
    first, *rest = found.items()
    return ((first[0], None), *rest)[:MOST_PARTS]


def _by_words(text: str, kind: str | None) -> list[tuple[str, str | None]]:
    # A Burmese (ခ) is a word in parentheses: words first, then what stands in parentheses.
    outside: list[tuple[str, str | None]] = []
    at = 0
    for match in _pattern().finditer(text):
        outside.append((text[at : match.start()], kind))
        kind, at = _kinds()[match[0].strip().lower()], match.end()
    outside.append((text[at:], kind))
    found: list[tuple[str, str | None]] = []
    for piece, of in outside:
        found.extend(_by_brackets(piece, of))
    return found


def _by_brackets(text: str, kind: str | None) -> list[tuple[str, str | None]]:
    inside = [(match, "alias") for match in _BRACKETS.findall(text)]
    inside += [(match, "nickname") for match in _QUOTED.findall(text)]
    return [(_QUOTED.sub(" ", _BRACKETS.sub(" ", text)), kind), *inside]


@cache
def _kinds() -> dict[str, str]:
    return {unicodedata.normalize("NFC", row[0]): row[2] for row in pairs("aliases.tsv")}


@cache
def _pattern() -> re.Pattern[str]:
    rows = sorted(pairs("aliases.tsv"), key=lambda row: -len(row[0]))
    ways = []
    for word, _, _, where in rows:
        plain = re.escape(unicodedata.normalize("NFC", word))
        ways.append(plain if where == "any" else rf"(?<!\S){plain}(?=[\s:：])")
    return re.compile("|".join(ways), re.IGNORECASE)


def _has_letter(text: str) -> bool:
    return any(unicodedata.category(char)[0] in "LM" for char in text)
