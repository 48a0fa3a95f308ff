"""Whatever stands in a file, the inspector's program judges or refuses it, and so does the requester's node."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.crypto.signing import SigningKey
from node.errors import LancangError
from node.exchange.ask import ask_identity
from node.exchange.inspection import check_draw, decode_draw
from node.inspection.reading import FileRefusedError
from tests.support.inspection_scene import OWNER, REQUESTER, Paper, edited, inspected, person
from tests.unit.roster.builders import agency

PAPER = Paper()
PAPER.honest(person())
PAPER.honest(person("Malee Saithong", "1991-02-03"))
DRAW = PAPER.draw(count=2, seed="s")
OPENING = PAPER.opening(DRAW)

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from([-1, 0, 2**32, 2**53, 2**64, 10**400]), st.floats(),
    st.text(max_size=8), st.sampled_from(["AA==", "00" * 32, "\ud800", "A" * 90_000, ""]),
)  # fmt: skip
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner))


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a document; of long lists the beginning."""
    inner = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    return [at, *(path for key, each in inner for path in places(each, (*at, key)))] if at else [
        path for key, each in inner for path in places(each, (key,))
    ]  # fmt: skip


def put(document: Any, path: tuple[Any, ...], value: Any) -> None:
    """Put a value in a place."""
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


DRAW_PLACES = places(json.loads(DRAW)["draw"])
OPENING_PLACES = places(json.loads(OPENING)["opening"])


def judged(*files: bytes) -> None:
    """Nothing but a refusal or a report comes of these files."""
    with suppress(FileRefusedError):
        done = inspected(*files)
        assert done.exit_code in (0, 22, 23)
        assert list(done.in_words())


def changed(file: bytes, path: tuple[Any, ...], value: Any, key: SigningKey | None) -> bytes | None:
    """The file with a value in a place; None if that cannot be signed, and so never comes."""
    try:
        return edited(file, lambda inner: put(inner, path, copy.deepcopy(value)), key)
    except (ValueError, OverflowError):
        return None


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(DRAW_PLACES), values, st.sampled_from([None, agency(OWNER).key]))
def test_any_value_in_any_place_of_a_draw_is_refused_or_judged(
    path: tuple[Any, ...], value: Any, key: SigningKey | None
) -> None:
    file = changed(DRAW, path, value, key)
    if file is None:
        return
    judged(file, OPENING)
    with suppress(LancangError):
        draw, signed, signature = decode_draw(file)
        check_draw(draw, signed, signature, agency(OWNER).key.public)
        assert all(len(ask_identity(each.ask)) == 32 for each in draw.asks)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(OPENING_PLACES), values)
def test_any_value_in_any_place_of_an_opening_is_refused_or_judged(path: tuple[Any, ...], value: Any) -> None:
    file = changed(OPENING, path, value, agency(REQUESTER).key)
    if file is not None:
        judged(DRAW, file)


@pytest.mark.parametrize("epoch", [2**32, -1, 1.0, None])
def test_an_epoch_that_no_number_has_room_for_is_refused_at_both_ends(epoch: Any) -> None:
    file = edited(DRAW, lambda draw: draw["asks"][0].update(epoch=epoch))
    with pytest.raises(FileRefusedError):
        inspected(file)
    with pytest.raises(LancangError):
        decode_draw(file)
