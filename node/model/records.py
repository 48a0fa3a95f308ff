"""What an owner tells its officers of its own records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublishedTag:
    """The pseudonym (7 bytes) of a record for one audience in one epoch."""

    audience: str
    epoch: int
    tag: bytes


@dataclass(frozen=True, slots=True, repr=False)
class ShownRecord:
    """A record in plain sight: its JSON line, state (live or withdrawn) and version, and the tags that stand for it."""

    line: bytes
    state: str
    version: int
    tags: tuple[PublishedTag, ...]


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """Why a line of a file was not taken. Names the field and the remedy, never the content."""

    line: int
    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, in lines."""

    lines: int
    added: int
    changed: int
    unchanged: int
    refused: int
    dry_run: bool
