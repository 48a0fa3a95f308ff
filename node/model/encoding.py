"""Byte encodings of everything that is hashed or signed (protocol.md, conventions): big-endian integers, lp(x)."""

from __future__ import annotations

from typing import Final

LATEST_MS: Final = 253_402_300_799_000
"""The end of the year 9999, where calendars of programs end: no time in a message or document is later."""


def u8(value: int) -> bytes:
    """Encode one byte."""
    return value.to_bytes(1, "big")


def u16(value: int) -> bytes:
    """Encode two bytes, big-endian."""
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    """Encode four bytes, big-endian."""
    return value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    """Encode eight bytes, big-endian."""
    return value.to_bytes(8, "big")


def lp(value: bytes | str) -> bytes:
    """Prefix value (text as UTF-8) with its length in two bytes. Raises OverflowError above 65,535 bytes."""
    data = value.encode() if isinstance(value, str) else value
    return u16(len(data)) + data
