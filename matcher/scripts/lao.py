"""Lao to Latin. Lao spelling is regular: each syllable is read by its letters (BGN/PCGN 1966, with usual spellings)."""

from __future__ import annotations

import re
from functools import cache

from matcher.tables import pairs

_C = "ກ-ຮໜໝໞໟ"
_TONES = re.compile("[່້໊໋໌]")
_LEADING_H = re.compile("ຫ(?=[ງຍນມລຼວຣ])(?![ວ][ງນມກດບຍ])")


@cache
def _letters() -> dict[str, str]:
    return {row[1]: row[2] for row in pairs("lao.tsv") if row[0] == "letter"}


@cache
def _shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(row[1].replace("C", f"([{_C}]ຼ?)").replace("D", f"(?=[{_C}](?![ະາິີຶືຸູໍັົຽຳ]))")), row[2])
        for row in pairs("lao.tsv")
        if row[0] == "shape"
    )


def romanise(text: str) -> str:
    """Read Lao text; what is not Lao stays as it is."""
    text = _TONES.sub("", text)
    text = _LEADING_H.sub("", text.replace("ຫຼ", "ລ"))
    for shape, reading in _shapes():
        text = shape.sub(reading, text)
    letters = _letters()
    return "".join(letters.get(char, char) for char in text)
