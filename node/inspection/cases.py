"""Putting the files of an inspection together: each draw with the opening that answers it."""

from __future__ import annotations

from collections.abc import Sequence

from node.inspection.check import Case
from node.inspection.documents import Draw, Opening, read_draw, read_opening
from node.inspection.reading import FileRefusedError, load


def gather(files: Sequence[bytes], private: bytes | None) -> list[Case]:
    """Draws and openings in any order. private: the inspector's key, for sealed ones. Raises FileRefusedError."""
    draws: list[Draw] = []
    openings: list[Opening] = []
    for data in files:
        if "draw" in load(data, "file"):
            draws.append(read_draw(data))
        else:
            openings.append(read_opening(data, private))
    if not draws:
        raise FileRefusedError("no draw among the files")
    # Those that name their draw first: a draw without an opening must not take another one's.
    exact = {draw.hash: _taken(openings, [each for each in openings if each.draw == draw.hash]) for draw in draws}
    cases = [Case(draw, exact[draw.hash] or _taken(openings, _between(openings, draw))) for draw in draws]
    if openings:
        raise FileRefusedError("an opening answers none of the draws")
    return cases


def _between(openings: list[Opening], draw: Draw) -> list[Opening]:
    """Openings between the same two members: of another draw, as the check will say."""
    return [each for each in openings if (each.owner, each.requester) == (draw.owner, draw.requester)]


def _taken(openings: list[Opening], fitting: list[Opening]) -> Opening | None:
    """The first of those that fit, taken out of the openings."""
    for each in fitting:
        openings.remove(each)
        return each
    return None
