"""Strict reading of the inspector's JSON files: every value checked for its kind and size, nothing unknown taken."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import rfc8785

T = TypeVar("T")
MOST_BYTES = 32 << 20
_LATEST_MS = 253_402_300_799_000
_LONGEST = 0xFFFF


class FileRefusedError(Exception):
    """A file that is not what it should be. Its text names the place, never a value."""


@dataclass(slots=True)
class Table:
    """One JSON object being read. place: its path. Each key is taken once; end() refuses what is left."""

    place: str
    _left: dict[str, object]

    @classmethod
    def of(cls, value: object, place: str) -> Table:
        """Begin to read an object."""
        if not isinstance(value, dict):
            raise FileRefusedError(f"{place}: not an object")
        return cls(place, dict(value))

    def __contains__(self, key: str) -> bool:
        """Whether a key is there, not yet taken."""
        return key in self._left

    def take(self, key: str) -> object:
        """A value, whatever it is."""
        if key not in self._left:
            raise FileRefusedError(f"{self.place}.{key}: missing")
        return self._left.pop(key)

    def text(self, key: str, longest: int = 256) -> str:
        """A string."""
        value = self.take(key)
        if not isinstance(value, str) or len(value) > longest:
            raise FileRefusedError(f"{self.place}.{key}: not a text of at most {longest} characters")
        return value

    def number(self, key: str, most: int = _LATEST_MS) -> int:
        """A whole number, not negative and at most `most`: by default a time in ms before the year 10000."""
        value = self.take(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise FileRefusedError(f"{self.place}.{key}: not a whole number from 0 to {most}")
        return value

    def hexadecimal(self, key: str, size: int) -> bytes:
        """Bytes of one size, written in hex."""
        return _hex(self.take(key), f"{self.place}.{key}", size)

    def binary(self, key: str, size: int | None = None) -> bytes:
        """Bytes in base64, of one size or of any that the protocol can prefix with its length."""
        return _binary(self.take(key), f"{self.place}.{key}", size)

    def box(self, key: str) -> bytes:
        """Bytes in base64, however many a file holds."""
        return _binary(self.take(key), f"{self.place}.{key}", None, MOST_BYTES)

    def hexadecimals(self, key: str, size: int) -> tuple[bytes, ...]:
        """A list of bytes, in hex."""
        return self.each(key, lambda value, place: _hex(value, place, size))

    def binaries(self, key: str, size: int | None = None) -> tuple[bytes, ...]:
        """A list of bytes, in base64."""
        return self.each(key, lambda value, place: _binary(value, place, size))

    def each(self, key: str, read: Callable[[object, str], T]) -> tuple[T, ...]:
        """A list, each value of it read."""
        values = self.take(key)
        if not isinstance(values, list):
            raise FileRefusedError(f"{self.place}.{key}: not a list")
        return tuple(read(value, f"{self.place}.{key}[{at}]") for at, value in enumerate(values))

    def end(self) -> None:
        """Refuse what was not taken."""
        if self._left:
            raise FileRefusedError(f"{self.place}: {len(self._left)} unknown keys")


def load(data: bytes, what: str) -> Table:
    """Parse a file that holds one JSON object. Raises FileRefusedError."""
    if len(data) > MOST_BYTES:
        raise FileRefusedError(f"{what}: more than {MOST_BYTES} bytes")
    try:
        return Table.of(json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_float=_refuse), what)
    except (ValueError, RecursionError) as problem:
        raise FileRefusedError(f"{what}: not JSON as the protocol writes it") from problem


def canonical(value: object) -> bytes:
    """What is signed of an object: its canonical JSON (RFC 8785). Raises FileRefusedError if it has none."""
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]  # it was parsed from JSON
    except (rfc8785.CanonicalizationError, ValueError, RecursionError):
        raise FileRefusedError("a number or a text that canonical JSON does not have") from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refuse(_text: str) -> object:
    raise ValueError


def _hex(value: object, place: str, size: int) -> bytes:
    if isinstance(value, str) and len(value) == 2 * size:
        try:
            found = bytes.fromhex(value)
        except ValueError:
            found = b""
        # One form only: no spaces, no capitals.
        if found.hex() == value:
            return found
    raise FileRefusedError(f"{place}: not {size} bytes in hex")


def _binary(value: object, place: str, size: int | None, most: int = _LONGEST) -> bytes:
    if isinstance(value, str):
        try:
            found = base64.b64decode(value, validate=True)
        except (ValueError, binascii.Error):
            raise FileRefusedError(f"{place}: not base64") from None
        fits = len(found) <= most if size is None else len(found) == size
        if base64.b64encode(found).decode() == value and fits:
            return found
    raise FileRefusedError(f"{place}: not {f'at most {most}' if size is None else size} bytes in base64")
