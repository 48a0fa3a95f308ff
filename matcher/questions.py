"""Which tokens a search asks, as one hash: two programs with the same one ask the same of everybody, as far as known.

The hash of the tables covers what records and searches share. What only a search adds (slips of the pen, neighbouring
dates) may change without it: an index stays good. An inspector has to know, or an honest search of last month would
look like enumeration. So a fixed panel of invented people is asked about, and the tokens are hashed.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Final

from matcher.reading import person_from_json
from matcher.tokens import QUERY_LIMIT, query_tokens, tables_hash

_NAMES: Final = (
    "Somchai Jaidee", "สมชาย ใจดี", "王海燕", "歐陽文博", "Nguyễn Thị Hồng Ngọc", "Nguyen Van Binh", "កែវ សំណាង",
    "ທອງໃບ ພູວົງ", "မောင်မောင်", "Maung Maung Htay", "Wong Hoi Yin", "Khamsing Phommachanh", "Sok Chenda", "Li",
)  # fmt: skip
_DATES: Final = ("1980-05-17", "1991-01-01", "1975-10-11", "2000-02-29", "1968", "1986-07", None)


@cache
def questions_hash() -> bytes:
    """SHA-256 over the tables' hash and what is asked about the panel: 32 bytes. About 150 ms, once."""
    digest = hashlib.sha256(b"lancang/1/questions" + tables_hash())
    for place, name in enumerate(_NAMES):
        for born in (_DATES[place % len(_DATES)], _DATES[(place + 3) % len(_DATES)]):
            line = {"query_id": "panel", "names": [{"text": name}], "birth_date": born, "sex": "female"}
            _, person = person_from_json({**line, "phones": ["+66812345678"]}, id_key="query_id")
            for token in query_tokens(person, QUERY_LIMIT):
                digest.update(f"{token.kind}\t{token.value}\n".encode())
    return digest.digest()
