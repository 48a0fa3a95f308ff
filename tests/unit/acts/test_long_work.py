"""What workers compute, without a process: lines read and encoded, and where lists begin."""

from __future__ import annotations

import json

from matcher.person import person_from_json
from matcher.tokens import record_tokens
from node.acts.runtime.long_work import (
    EncodedTokens,
    ReadRecord,
    encode_records,
    list_all_heads,
    read_and_encode,
    read_lines,
)
from node.crypto.voprf import evaluate, random_key_pair
from node.exchange.posting import list_heads, posting_context
from node.exchange.token import token_bytes
from node.model.records import RefusedLine
from node.model.scope import Scope

KEY = random_key_pair()
LINES = [
    json.dumps({"record_id": "R-1", "names": [{"text": "Somchai Jaidee"}], "birth_date": "1980-05-17"}).encode(),
    b"",
    b'{"record_id": "R-2", "names": [{"text": "Malee"}], "names": [{"text": "Manee"}]}',
    json.dumps(
        {"record_id": "R-3", "names": [{"text": "\u0e2a\u0e21\u0e0a\u0e32\u0e22 \u0e43\u0e08\u0e14\u0e35"}]}
    ).encode(),
]


def _encoded(content: bytes) -> EncodedTokens:
    _, person = person_from_json(json.loads(content), id_key="record_id")
    tokens = record_tokens(person)
    return EncodedTokens(
        bytes(token.kind for token in tokens), b"".join(evaluate(KEY, token_bytes(token)) for token in tokens)
    )


def test_a_line_is_read_and_encoded_at_once_as_its_stored_content_would_be() -> None:
    read = read_and_encode(KEY.secret, 5, LINES, frozenset())
    taken = [item for item in read if isinstance(item, ReadRecord)]
    assert [(item.line, item.record_id) for item in taken] == [(5, "R-1"), (8, "R-3")]
    assert [item.encoded for item in taken] == [_encoded(item.content) for item in taken]
    assert [item.encoded for item in taken] == encode_records(KEY.secret, [item.content for item in taken])


def test_lines_that_may_change_nothing_are_only_read() -> None:
    read = read_and_encode(KEY.secret, 5, LINES, {8})
    assert [item.encoded is None for item in read if isinstance(item, ReadRecord)] == [False, True]
    assert all(item.encoded is None for item in read_lines(5, LINES) if isinstance(item, ReadRecord))


def test_a_line_that_gives_a_key_twice_is_refused_by_name() -> None:
    (refused,) = (item for item in read_lines(5, LINES) if isinstance(item, RefusedLine))
    assert (refused.line, refused.message) == (7, "line: the key 'names' is given twice")


def test_heads_are_listed_for_every_context() -> None:
    contexts = [posting_context(bytes(32), Scope("mekong", "th", audience, 1)) for audience in ("cn", "la")]
    values = [bytes(range(64)) + bytes(64), b"\x07" * 64]
    assert list_all_heads(values, contexts) == [
        [(head.keys, head.slots) for head in (list_heads(value, context) for value in values)] for context in contexts
    ]
