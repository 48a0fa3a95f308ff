"""Worker processes for the long work of an import: reading lines and evaluating tokens, on every core.

Started with spawn (fork deadlocks under gRPC); this module imports nothing heavy, and a worker dies with its parent.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from matcher.person import Person
from matcher.reading import person_from_json
from matcher.refusal import PersonError
from matcher.subject import person_to_json
from matcher.tokens import record_tokens
from node.crypto.voprf import KeyPair, evaluate
from node.errors import Code
from node.exchange.token import token_bytes
from node.model.records import RefusedLine

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, repr=False)
class ReadRecord:
    """A line that was taken: its number, the record id, and the record as a canonical JSON line."""

    line: int
    record_id: str
    content: bytes


@dataclass(frozen=True, slots=True, repr=False)
class EncodedTokens:
    """The kinds of a record's tokens and their evaluations (64 bytes each), in one order."""

    kinds: bytes
    evaluations: bytes


def start_workers(count: int) -> ProcessPoolExecutor:
    """A pool of worker processes. Submit from the main thread only: a worker dies with the thread that began it."""
    return ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=begin_worker, initargs=(os.getpid(),)
    )


def begin_worker(parent: int) -> None:
    """A worker's first step: leave signals to its parent, and end when it ends."""
    # Ctrl-C and SIGTERM reach the whole process group: the parent decides when a worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def read_lines(first_line: int, lines: Sequence[bytes]) -> list[ReadRecord | RefusedLine]:
    """Read record lines; what can't be taken says why. Empty lines are passed over."""
    return [_read(first_line + offset, line) for offset, line in enumerate(lines) if line.strip()]


def _read(number: int, line: bytes) -> ReadRecord | RefusedLine:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return RefusedLine(number, Code.INPUT_INVALID, "not a JSON object in UTF-8", "Write one JSON object a line.")
    if not isinstance(fields, dict):
        return RefusedLine(number, Code.INPUT_INVALID, "not a JSON object", "Write one JSON object a line.")
    try:
        record_id, person = person_from_json(fields, id_key="record_id")
    except PersonError as problem:
        return RefusedLine(number, Code.INPUT_INVALID, f"{problem.field}: {problem.problem}", problem.remedy)
    return ReadRecord(number, record_id, record_content(record_id, person))


def record_content(record_id: str, person: Person) -> bytes:
    """A record as one canonical JSON line: what is stored, and what decides whether it changed."""
    fields = person_to_json(record_id, "record_id", person)
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def encode_records(secret: bytes, contents: Sequence[bytes]) -> list[EncodedTokens]:
    """Tokens of each record, evaluated under an epoch's secret key (32 bytes)."""
    # Evaluating needs no public half.
    key = KeyPair(secret, b"")
    return [_encode(key, content) for content in contents]


def _encode(key: KeyPair, content: bytes) -> EncodedTokens:
    _, person = person_from_json(json.loads(content), id_key="record_id")
    tokens = record_tokens(person)
    values = [evaluate(key, token_bytes(token)) for token in tokens]
    return EncodedTokens(bytes(token.kind for token in tokens), b"".join(values))
