"""docs/disclosure.md draws the states as the code has them, and names every ground of refusal and every condition."""

from __future__ import annotations

import re

from node.exchange.disclosure_states import IN_MOVES, OUT_MOVES, mermaid
from node.model.disclosure import Ground, HandlingCode
from tests.unit.docs.pages import DOCS

PAGE = (DOCS / "disclosure.md").read_text(encoding="utf-8")


def test_the_drawings_are_the_tables() -> None:
    assert re.findall(r"```mermaid\n(.*?)\n```", PAGE, re.DOTALL) == [mermaid(IN_MOVES), mermaid(OUT_MOVES)]


def test_every_ground_and_code_is_explained() -> None:
    for ground in Ground:
        assert f"`{ground.value}`" in PAGE
    for code in HandlingCode:
        assert f"{code.value}:" in PAGE
