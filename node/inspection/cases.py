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
    cases = [Case(draw, _taken(openings, draw)) for draw in draws]
    if openings:
        raise FileRefusedError("an opening answers none of the draws")
    return cases


def _taken(openings: list[Opening], draw: Draw) -> Opening | None:
    """The opening of this draw; else one between the same two members, which the check will then call foreign."""
    exact = [each for each in openings if each.draw == draw.hash]
    near = [each for each in openings if (each.owner, each.requester) == (draw.owner, draw.requester)]
    for each in (*exact, *near):
        openings.remove(each)
        return each
    return None
