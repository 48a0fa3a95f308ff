"""Thai to Latin after RTGS 1999: leading vowels, implicit vowels, clusters, silenced letters, ro han.

Elements whose reading no rule gives (Pali and Sanskrit endings, linking a) are rows of resources/thai.tsv.
"""

from __future__ import annotations

import re
from functools import cache

from matcher.tables import pairs

_C = "ก-ฮ"
_SIGNS = "ะาิีึืุูัำ็"
_TONES = re.compile("[่้๊๋ๆฯ]")
_SILENCED = re.compile("(?<=[ก-ฮ])[ทตดจกขศ]ร์|(?<=[ก-ฮ])[กคษ]ษ?[ณมวย]์|[ก-ฮ][ิุ]?์")
_HELPED = re.compile(f"ห(?=[งญนมยรลว](?:[{_SIGNS}]|[{_C}]))|อ(?=ย[{_SIGNS}])")
_BARE_R = re.compile(f"(?<=[ิีุูัา็][ตทชกด])ร(?![{_SIGNS}])|(?<=[เแ][{_C}][ตทชกด])ร(?![{_SIGNS}])")
# At the end of a name the linking vowel of these falls silent, and the r with it.
_ENDING = re.compile("(ภัท|จันท|อินท|จัก|มิต|บุต|เนต|จิต)ร$")
_RUN = re.compile(f"[{_C}]+")
_LINKED = "สศษพภธรวผฉ"
_VOWEL = re.compile("[aeiou]")


@cache
def _table(kind: str) -> dict[str, str]:
    return {row[1]: row[2] for row in pairs("thai.tsv") if row[0] == kind}


@cache
def _elements() -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, _table("element")), key=lambda word: (-len(word), word))))


@cache
def _shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    cluster = "([กขคตปผพ][รล]|[ก-ฮ])"
    return tuple(
        (re.compile(row[1].replace("K", cluster).replace("C", f"([{_C}])").replace("V", f"[{_SIGNS}a-z]")), row[2])
        for row in pairs("thai.tsv")
        if row[0] == "shape"
    )


def romanise(word: str) -> str:
    """Read one Thai word; what is not Thai stays as it is."""
    elements = _table("element")
    word = _ENDING.sub(r"\1", _TONES.sub("", word))
    out: list[str] = []
    at = 0
    for found in _elements().finditer(word):
        # An element may not take a consonant whose vowel stands after it.
        after = word[found.end() : found.end() + 1]
        if after and (after in _SIGNS + "์" or (after == "ร" and found.group()[-1] == "ร")):
            continue
        if found.start() > 0 and word[found.start() - 1] in "เแโใไ":
            continue
        out.append(_regular(word[at : found.start()]))
        out.append(elements[found.group()])
        at = found.end()
    out.append(_regular(word[at:]))
    return "".join(out)


def _regular(text: str) -> str:
    text = _SILENCED.sub("", text)
    text = _BARE_R.sub("", _HELPED.sub("", text))
    for shape, reading in _shapes():
        text = shape.sub(reading, text)
    text = _RUN.sub(lambda run: _consonants(run, text), text)
    return "".join(_table("sign").get(char, char) for char in text)


def _consonants(run: re.Match[str], text: str) -> str:
    """Read a run of Thai consonants between written vowels: what closes, what opens, what has a vowel of its own."""
    letters = run.group()
    onset, coda = _table("onset"), _table("coda")
    opens = run.end() < len(text) and (_VOWEL.match(text[run.end()]) or text[run.end()] in _SIGNS)
    after_vowel = run.start() > 0 and (_VOWEL.match(text[run.start() - 1]) or text[run.start() - 1] in _SIGNS)
    tail = ""
    if opens:
        cut = 2 if len(letters) > 1 and letters[-1] in "รลว" and letters[-2] in "กขคตปผพ" else 1
        if after_vowel and len(letters) == cut == 2:  # one closes, one opens rather than a cluster
            cut = 1
        tail = "".join(onset[letter] for letter in letters[-cut:])
        letters = letters[:-cut]
    before = text[run.start() - 1] if after_vowel else " "
    if opens and letters and ((before in "ุิ" and letters[0] in _LINKED) or (before == "า" and letters[0] == "ร")):
        out_of_pali = onset[letters[0]] + "a"
        letters = letters[1:]
        return out_of_pali + _paired(letters) + tail
    closing = ""
    if after_vowel and letters and (opens or len(letters) != 2):
        closing, letters = coda[letters[0]], letters[1:]
    return closing + _paired(letters) + tail


def _paired(letters: str) -> str:
    """Consonants without written vowels: two make a syllable with o; an odd one at the front has a short a."""
    onset, coda = _table("onset"), _table("coda")
    out: list[str] = []
    while len(letters) > 2 and len(letters) % 2:
        out.append(onset[letters[0]] + "a")
        letters = letters[1:]
    while len(letters) >= 2:
        out.append(onset[letters[0]] + "o" + coda[letters[1]])
        letters = letters[2:]
    if letters:
        out.append(onset[letters] + "a")
    return "".join(out)
