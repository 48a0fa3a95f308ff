"""The forms of a name that tokens hold: whole names freed from order and spacing, parts, pairs, and rows of MinHash.

What the fishing rules of protocol.md forbid is decided here: stop parts, least lengths.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import combinations

from matcher.names import Reading
from matcher.phonetics import frame, least_rotation, loose, strict, whole
from matcher.tables import toml

MIN_PART = 3
MAX_PART_SHARE = 0.05
MAX_PAIR_SHARE = 0.02
MIN_RARE_PART = 6
MIN_LONG_FRAME = 3
ROWS = 4
ROW_WIDTH = 2
DATED_ROWS = 3


@dataclass(frozen=True, slots=True)
class Forms:
    """All forms of one reading; see form()."""

    letters: str
    strict: str
    loose: str
    frame: str
    parts: tuple[str, ...]
    pairs: tuple[str, ...]
    any_pairs: tuple[str, ...]
    rare_parts: tuple[str, ...]
    initials: str
    rows: tuple[str, ...]
    dated_rows: tuple[str, ...]


@lru_cache(maxsize=1 << 14)
def forms(reading: Reading) -> Forms:
    """The forms of one reading.

    letters, strict, loose, frame: the whole name at that depth, parts joined, least rotation. parts: loose parts that
    few people bear. pairs: neighbouring loose parts in alphabetical order that few bear together. any_pairs: any two
    parts of three or more. rare_parts: parts long enough to be rare. initials: of all loose parts, sorted. rows,
    dated_rows: MinHash rows over the bigrams of the strict skeleton, the latter for a birth date.
    """
    depth = tuple(map(strict, reading))
    soft = tuple(map(loose, reading))
    bones = tuple(map(frame, reading))
    parts = _few_bear_each(soft)
    around = (*soft[1:], soft[0]) if len(soft) > 2 else soft[1:]
    neighbours = [pair for pair in zip(soft, around, strict=False) if _few_bear(pair)]
    rows = _rows("".join(depth))
    return Forms(
        letters=least_rotation("".join(reading)),
        strict=whole(depth),
        loose=whole(soft),
        frame=whole(bones),
        parts=parts,
        pairs=_joined(neighbours),
        any_pairs=_joined(combinations(soft, 2)) if len(soft) > 2 else (),
        rare_parts=tuple(part for part in parts if len(part) >= MIN_RARE_PART),
        initials="".join(sorted(part[0] for part in soft)) if len(soft) > 1 else "",
        rows=rows[DATED_ROWS:],
        dated_rows=tuple(row for row in rows[:DATED_ROWS] if _telling(row)),
    )


def sounds(reading: Reading) -> Forms:
    """Of a reading only loose, frame and parts: a search tries many readings in these alone."""
    soft = tuple(map(loose, reading))
    return replace(
        NO_FORMS,
        loose=whole(soft),
        frame=whole(tuple(map(frame, reading))),
        parts=_few_bear_each(soft),
    )


def _few_bear_each(soft: Reading) -> tuple[str, ...]:
    found = (part for part in soft if len(part) >= MIN_PART and part_share(part) <= MAX_PART_SHARE)
    return tuple(dict.fromkeys(found))


def _joined(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys("-".join(sorted(pair)) for pair in pairs))


def _few_bear(pair: tuple[str, str]) -> bool:
    """Whether two parts together are borne by few, taken as independent, with room for those that go together."""
    return part_share(pair[0]) * part_share(pair[1]) <= MAX_PAIR_SHARE


def part_share(part: str) -> float:
    """The share of people who bear a part with this loose skeleton, in the country where most do."""
    return _shares().get(part, float(toml("shares.toml")["other"]))


@cache
def _shares() -> dict[str, float]:
    found: dict[str, float] = {}
    for country, tiers in toml("shares.toml").items():
        if country == "other":
            continue
        within: dict[str, float] = {}
        for share, words in tiers.items():
            for word in words.split():
                within[loose(word)] = within.get(loose(word), 0.0) + float(share)
        for skeleton, share in within.items():
            found[skeleton] = max(found.get(skeleton, 0.0), share)
    return found


def _rows(text: str) -> tuple[str, ...]:
    """MinHash rows over the circular bigrams of a skeleton: similar names share some row. None under 5 sounds."""
    if len(text) < 5:
        return ()
    grams = {(text + text[0])[at : at + 2] for at in range(len(text))}
    hashes = [_gram_hashes(gram) for gram in sorted(grams)]
    out: list[str] = []
    for row in range(ROWS + DATED_ROWS):
        cells: list[str] = []
        for cell in range(ROW_WIDTH):
            place = row * ROW_WIDTH + cell
            # A cell is never the gram of another: a row is more than a single bigram.
            left = [(values[place], gram) for values, gram in hashes if gram not in cells]
            cells.append(min(left, default=(0, ""))[1])
        out.append(str(row) + "".join(cells))
    return tuple(out)


@lru_cache(maxsize=1 << 14)
def _telling(row: str) -> bool:
    """Whether a row says more than one part that very many people bear: it may stand beside a birth date."""
    grams = {row[at : at + 2] for at in range(1, len(row), 2)}
    return not any(grams <= common for common in _common_grams())


@cache
def _common_grams() -> tuple[frozenset[str], ...]:
    words = (word for tiers in toml("shares.toml").values() if isinstance(tiers, dict) for word in _words(tiers))
    skeletons = sorted({strict(word) for word in words if part_share(loose(word)) > MAX_PART_SHARE})
    return tuple(frozenset(text[at : at + 2] for at in range(len(text) - 1)) for text in skeletons)


def _words(tiers: dict[str, str]) -> list[str]:
    return [word for words in tiers.values() for word in words.split()]


@lru_cache(maxsize=1 << 12)
def _gram_hashes(gram: str) -> tuple[tuple[int, ...], str]:
    digest = hashlib.blake2b(gram.encode(), digest_size=64, person=b"lancang.minhash").digest()
    return tuple(int.from_bytes(digest[at : at + 4], "big") for at in range(0, 64, 4)), gram


NO_FORMS = Forms("", "", "", "", (), (), (), (), "", (), ())
