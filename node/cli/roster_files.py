"""Reading the files of a roster: the roster itself, and a member's own entry. What is wrong names the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from node.errors import LancangError

if TYPE_CHECKING:
    from node.model.roster import Member, SignedRoster

Read = TypeVar("Read")


def read_roster(path: Path) -> SignedRoster:
    """A roster file. Raises ROSTER_INVALID naming it; FILE_UNREADABLE comes from the file itself."""
    from node.roster.documents import parse_signed

    return _read(path, parse_signed, "A roster is the file that `lancang roster draft` made and the members signed.")


def read_member(path: Path) -> Member:
    """A member's entry. Raises as read_roster."""
    from node.roster.documents import parse_member

    return _read(path, parse_member, "A member's entry is the file member.json that `lancang node init` made.")


def _read(path: Path, parse: Callable[[bytes], Read], remedy: str) -> Read:
    try:
        return parse(path.read_bytes())
    except LancangError as problem:
        raise LancangError(problem.code, f"{path}: {problem.detail}", remedy=remedy) from None
