"""The pages of this repository as a reader sees them: their links, their commands, their headings.

Only what people read to work with Lancang is looked at: README, CONTRIBUTING, SECURITY, CHANGELOG and docs/.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
DOCS: Final = ROOT / "docs"

_FENCE = re.compile(r"^```.*?^```\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")
_ASSIGNMENT = re.compile(r"[A-Z][A-Z0-9_]*=.*")
_INDENT = "    "
PROGRAM: Final = "lancang"


@dataclass(frozen=True, slots=True)
class Command:
    """One `lancang ...` as a page shows it: where, and its arguments without the program."""

    page: str
    text: str
    arguments: tuple[str, ...]


def pages() -> list[Path]:
    """Every page, sorted."""
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


def name_of(page: Path) -> str:
    """A page as the repository names it."""
    return str(page.relative_to(ROOT))


def text_of(page: Path) -> str:
    """A page's text."""
    return page.read_text(encoding="utf-8")


def links(page: Path) -> list[str]:
    """The targets of a page's links, as written."""
    return _LINK.findall(_FENCE.sub("", text_of(page)))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the usual renderers make them."""
    without = _FENCE.sub("", text_of(page))
    return {
        re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")
        for heading in _HEADING.findall(without)
    }


def commands(page: Path) -> list[Command]:
    """Every `lancang ...` of a page: lines of its code blocks, and code within sentences."""
    return [
        Command(name_of(page), line.strip(), arguments)
        for line in _code(text_of(page))
        if (arguments := _arguments(line)) is not None
    ]


def _code(text: str) -> Iterator[str]:
    """Lines of fenced and indented blocks, continued ones joined, and spans of code within sentences."""
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith(_INDENT):
            lines.append(line.strip())
        else:
            lines.extend(_INLINE.findall(line))
    yield from "\n".join(lines).replace("\\\n", " ").splitlines()


def _arguments(line: str) -> tuple[str, ...] | None:
    """What follows the program, without shell's own words; None if the line does not start it."""
    try:
        words = shlex.split(line.removeprefix("$ "), comments=True)
    except ValueError:
        return None
    while words and (_ASSIGNMENT.fullmatch(words[0]) or words[0] in {"sudo", "systemd-run"}):
        words = words[1:] if _ASSIGNMENT.fullmatch(words[0]) else _started(words)
    if not words or Path(words[0]).name != PROGRAM:
        return None
    kept: list[str] = []
    for word in words[1:]:
        if word in {"|", "<", ">", ">>", "&", "&&", ";", "..."}:
            break
        kept.append(word)
    return tuple(kept)


def _started(words: list[str]) -> list[str]:
    """What sudo or systemd-run starts: from the program on, if it is ours."""
    return next((words[place:] for place, word in enumerate(words) if word == PROGRAM and place > 2), [])
