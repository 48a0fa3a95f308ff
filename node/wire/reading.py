"""Checks that every message from outside goes through. Errors name the field, not its content."""

from __future__ import annotations

import re

from node.errors import Code, LancangError
from node.model.encoding import LATEST_MS

_NODE_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z")
_PLAIN = re.compile(r"[ -~]*\Z")


def exact(value: bytes, field: str, size: int) -> bytes:
    """Exactly size bytes."""
    if len(value) != size:
        raise LancangError(Code.MESSAGE_MALFORMED, f"{field}: {size} bytes expected, {len(value)} given")
    return value


def moment(value: int, field: str) -> int:
    """A time in ms that a calendar has and a database holds: not past the year 9999."""
    if not 0 <= value <= LATEST_MS:
        raise LancangError(Code.MESSAGE_MALFORMED, f"{field}: not a time before the year 10000")
    return value


def node_id(value: str, field: str) -> str:
    """A node id: lower-case ASCII letters, digits and hyphens, at most 32."""
    if not _NODE_ID.match(value):
        raise LancangError(Code.MESSAGE_MALFORMED, f"{field}: not a node id")
    return value


def short_text(value: str, field: str, longest: int) -> str:
    """Printable ASCII of bounded length."""
    if len(value) > longest or not _PLAIN.match(value):
        raise LancangError(Code.MESSAGE_MALFORMED, f"{field}: at most {longest} printable ASCII characters")
    return value


def split(value: bytes, field: str, size: int, most: int) -> tuple[bytes, ...]:
    """Consecutive items of size bytes, at most that many."""
    if len(value) % size or len(value) // size > most:
        raise LancangError(Code.MESSAGE_MALFORMED, f"{field}: at most {most} items of {size} bytes expected")
    return tuple(value[at : at + size] for at in range(0, len(value), size))
