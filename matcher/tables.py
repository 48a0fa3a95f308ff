"""The tables in resources/: read once, hashed as a whole, so that two nodes know whether they compare alike."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from importlib import resources
from typing import Any

_ROOM = "matcher.resources"


@cache
def toml(name: str) -> dict[str, Any]:
    """A TOML table of resources/."""
    return tomllib.loads(_text(name))


@cache
def word_set(name: str, key: str) -> frozenset[str]:
    """The words of one key of a TOML table, written with blanks between them."""
    return frozenset(str(toml(name)[key]).split())


@cache
def pairs(name: str) -> tuple[tuple[str, ...], ...]:
    """The rows of a TSV table, without comments and empty lines. A column may be empty."""
    rows = (line.rstrip("\n") for line in _text(name).splitlines())
    return tuple(tuple(cell.strip() for cell in row.split("\t")) for row in rows if row.strip() and row[0] != "#")


def resources_hash() -> bytes:
    """SHA-256 over the names and contents of all tables that matching reads, in order of name."""
    digest = hashlib.sha256()
    for entry in sorted(resources.files(_ROOM).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith((".toml", ".tsv")) and not entry.name.startswith("population"):
            content = entry.read_text(encoding="utf-8").replace("\r\n", "\n").encode()
            name = entry.name.encode()
            digest.update(len(name).to_bytes(4, "big") + name + len(content).to_bytes(8, "big") + content)
    return digest.digest()


def _text(name: str) -> str:
    return resources.files(_ROOM).joinpath(name).read_text(encoding="utf-8")
