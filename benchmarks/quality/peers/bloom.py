"""Bloom-filter linkage: CLKs of clkhash (Schnell, Bachteler and Reiher 2011), compared by anonlink's Dice coefficient.

Bigrams of names and addresses, positional digits of dates and numbers, 1,024 bits; weights as in anonlink's examples.
"""

from __future__ import annotations

import anonlink
from clkhash import clk, schema

from benchmarks.quality.peers.febrl import FIELDS, NAME_FIELDS, Entry, Found, Linkage

_KEY = "any will do: nothing is hidden here"
_DIGITS = frozenset({"date_of_birth", "soc_sec_id", "postcode", "street_number"})
_KEPT = 10
_LEAST = 0.5


def find(linkage: Linkage, all_fields: bool) -> list[Found]:
    """The ten most similar records of each query, from a coefficient of 0.5."""
    fields = FIELDS if all_fields else NAME_FIELDS
    records, queries = _filters(linkage.records, fields), _filters(linkage.queries, fields)
    scores, (asked, held) = anonlink.similarities.dice_coefficient_accelerated([queries, records], _LEAST, k=_KEPT)
    return [
        Found(linkage.queries[query].id, linkage.records[record].id, score)
        for score, query, record in zip(scores, asked, held, strict=True)
    ]


def _filters(entries: list[Entry], fields: tuple[str, ...]) -> list[object]:
    rows = [tuple(each.values[field] for field in fields) for each in entries]
    return list(clk.generate_clks(rows, _schema(fields), _KEY, validate=False, max_workers=1))


def _schema(fields: tuple[str, ...]) -> schema.Schema:
    return schema.from_json_dict(
        {
            "version": 3,
            "clkConfig": {
                "l": 1024,
                "kdf": {"type": "HKDF", "hash": "SHA256", "info": "", "salt": "", "keySize": 64},
            },
            "features": [_feature(field) for field in fields],
        }
    )


def _feature(field: str) -> dict[str, object]:
    digits = field in _DIGITS
    return {
        "identifier": field,
        "format": {"type": "string", "encoding": "utf-8"},
        "hashing": {
            "comparison": {"type": "ngram", "n": 1 if digits else 2, "positional": digits},
            "strategy": {"bitsPerFeature": 200},
            "hash": {"type": "doubleHash"},
        },
    }
