"""The long work of imports and publishing as plain functions on plain bytes: what worker processes do.

A worker is given what the work needs and no more: lines, the epoch's secret key, evaluations, an index's secret. It
opens no file and no database, and this module imports nothing that would.
"""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass

from matcher.line import fields_of_line
from matcher.person import Person
from matcher.reading import person_from_json
from matcher.refusal import PersonError
from matcher.subject import person_to_json
from matcher.tokens import record_tokens
from node.crypto.voprf import KeyPair, evaluate
from node.errors import Code
from node.exchange.posting import list_heads
from node.exchange.token import token_bytes
from node.model.records import RefusedLine


@dataclass(frozen=True, slots=True, repr=False)
class EncodedTokens:
    """The kinds of a record's tokens and their evaluations (64 bytes each), in one order."""

    kinds: bytes
    evaluations: bytes


@dataclass(frozen=True, slots=True, repr=False)
class ReadRecord:
    """A line that was taken: its number, the record id, the record as a canonical JSON line; encoded if asked for."""

    line: int
    record_id: str
    content: bytes
    encoded: EncodedTokens | None = None


def read_lines(first_line: int, lines: Sequence[bytes]) -> list[ReadRecord | RefusedLine]:
    """Read record lines; what can't be taken says why. Empty lines are passed over."""
    return [_read(number, line, None) for number, line in _numbered(first_line, lines)]


def read_and_encode(
    secret: bytes, first_line: int, lines: Sequence[bytes], read_only: Container[int]
) -> list[ReadRecord | RefusedLine]:
    """As read_lines, and encode what was read, but the lines of read_only, under an epoch's secret key (32 bytes)."""
    key = _key(secret)
    return [_read(number, line, None if number in read_only else key) for number, line in _numbered(first_line, lines)]


def encode_records(secret: bytes, contents: Sequence[bytes]) -> list[EncodedTokens]:
    """Tokens of each record, evaluated under an epoch's secret key (32 bytes)."""
    key = _key(secret)
    return [_encode(key, person_from_json(json.loads(content), id_key="record_id")[1]) for content in contents]


def list_all_heads(evaluations: Sequence[bytes], contexts: Sequence[bytes]) -> list[list[tuple[bytes, bytes]]]:
    """For each context (S || scope) where the lists of each record's tokens (n x 64 bytes) begin: keys and slots.

    As plain pairs: data classes take three times as long from process to process.
    """
    return [
        [(heads.keys, heads.slots) for each in evaluations for heads in [list_heads(each, context)]]
        for context in contexts
    ]


def record_content(record_id: str, person: Person) -> bytes:
    """A record as one canonical JSON line: what is stored, and what decides whether it changed."""
    fields = person_to_json(record_id, "record_id", person)
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _numbered(first_line: int, lines: Sequence[bytes]) -> list[tuple[int, bytes]]:
    return [(first_line + offset, line) for offset, line in enumerate(lines) if line.strip()]


def _key(secret: bytes) -> KeyPair:
    # Evaluating needs no public half.
    return KeyPair(secret, b"")


def _read(number: int, line: bytes, key: KeyPair | None) -> ReadRecord | RefusedLine:
    try:
        record_id, person = person_from_json(fields_of_line(line), id_key="record_id")
    except PersonError as problem:
        return RefusedLine(number, Code.INPUT_INVALID, f"{problem.field}: {problem.problem}", problem.remedy)
    encoded = None if key is None else _encode(key, person)
    return ReadRecord(number, record_id, record_content(record_id, person), encoded)


def _encode(key: KeyPair, person: Person) -> EncodedTokens:
    tokens = record_tokens(person)
    values = [evaluate(key, token_bytes(token)) for token in tokens]
    return EncodedTokens(bytes(token.kind for token in tokens), b"".join(values))
