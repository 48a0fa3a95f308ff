"""Reading a JSON object strictly: every field of the right type and within its bounds, and no other field."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass

from node.errors import Code, LancangError

MAX_SAFE_INTEGER = 2**53 - 1  # RFC 8785 3.2.2.3: what every JSON reader agrees on


def invalid(place: str, problem: str) -> LancangError:
    """ROSTER_INVALID naming the place, never the value found there."""
    return LancangError(Code.ROSTER_INVALID, f"{place}: {problem}" if place else problem)


def load_json(data: bytes, limit: int) -> object:
    """Parse UTF-8 JSON of at most limit bytes, without floats or repeated keys. Raises ROSTER_INVALID."""
    if len(data) > limit:
        raise invalid("", f"larger than {limit} bytes")
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unrepeated,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except (ValueError, RecursionError) as error:
        raise invalid("", "not JSON") from error


def _unrepeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise invalid("", "a key is given twice")
    return found


def _refuse_number(_: str) -> object:
    raise invalid("", "a number is not an integer")


def encode_binary(value: bytes) -> str:
    """Bytes as standard base64 with padding (RFC 4648 4)."""
    return base64.b64encode(value).decode("ascii")


def decode_binary(value: object, place: str, low: int, high: int) -> bytes:
    """The bytes of a base64 string, low to high of them. Only the one canonical encoding is taken."""
    if not isinstance(value, str):
        raise invalid(place, "must be a base64 string")
    try:
        data = base64.b64decode(value.encode("ascii"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise invalid(place, "not base64") from error
    if encode_binary(data) != value:
        raise invalid(place, "not canonical base64")
    if not low <= len(data) <= high:
        raise invalid(place, f"must be {low} bytes" if low == high else f"must be {low} to {high} bytes")
    return data


@dataclass(slots=True)
class Fields:
    """One JSON object being read. place: its path, for errors. Each field is taken once; finish() refuses the rest."""

    place: str
    _left: dict[str, object]

    @classmethod
    def of(cls, value: object, place: str) -> Fields:
        """Begin to read value, which must be an object."""
        if not isinstance(value, dict):
            raise invalid(place, "must be an object")
        return cls(place, dict(value))

    def at(self, key: str) -> str:
        """The path of a field."""
        return f"{self.place}.{key}" if self.place else key

    def take(self, key: str) -> object:
        """The value of a required field, whatever it is."""
        if key not in self._left:
            raise invalid(self.at(key), "missing")
        return self._left.pop(key)

    def integer(self, key: str, low: int, high: int = MAX_SAFE_INTEGER) -> int:
        """A whole number from low to high."""
        value = self.take(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise invalid(self.at(key), "must be a whole number")
        if not low <= value <= high:
            raise invalid(self.at(key), f"must be from {low} to {high}")
        return value

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self.take(key)
        if not isinstance(value, bool):
            raise invalid(self.at(key), "must be true or false")
        return value

    def has(self, key: str) -> bool:
        """Whether a field is there: some are left out where they say nothing new."""
        return key in self._left

    def text(self, key: str, pattern: re.Pattern[str]) -> str:
        """A string that the pattern matches wholly."""
        return checked_text(self.take(key), self.at(key), pattern)

    def binary(self, key: str, low: int, high: int | None = None) -> bytes:
        """Bytes in base64: exactly low of them, or low to high."""
        return decode_binary(self.take(key), self.at(key), low, low if high is None else high)

    def list(self, key: str, low: int, high: int) -> list[object]:
        """A list of low to high entries."""
        value = self.take(key)
        if not isinstance(value, list):
            raise invalid(self.at(key), "must be a list")
        if not low <= len(value) <= high:
            raise invalid(self.at(key), f"must have {low} to {high} entries")
        return value

    def object(self, key: str) -> Fields:
        """A nested object."""
        return Fields.of(self.take(key), self.at(key))

    def finish(self) -> None:
        """Refuse what was not taken, by name."""
        if self._left:
            raise invalid(self.at(ascii(min(self._left))[1:65].rstrip("'")), "unknown key")


def checked_text(value: object, place: str, pattern: re.Pattern[str]) -> str:
    """Return value if it is a string that the pattern matches wholly. Raises ROSTER_INVALID."""
    if not isinstance(value, str):
        raise invalid(place, "must be a string")
    if pattern.fullmatch(value) is None:
        raise invalid(place, "not of the form the roster demands")
    return value
