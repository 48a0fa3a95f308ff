"""A place in a node's home that the pages name is where the program puts it."""

from __future__ import annotations

import re
from pathlib import Path

from node.config import Home
from tests.unit.docs.pages import DOCS

_IN_A_HOME = re.compile(r"/var/lib/lancang/[a-z]{2}/([\w./-]+)")


def test_every_place_in_a_home_is_one_that_a_home_has() -> None:
    home = Home(Path("/home"))
    known = {
        str(getattr(home, name).relative_to("/home"))
        for name, each in vars(Home).items()
        if isinstance(each, property) and isinstance(getattr(home, name), Path)
    }
    named = {found.rstrip("./") for page in DOCS.glob("*.md") for found in _IN_A_HOME.findall(page.read_text("utf-8"))}
    assert named
    for place in named:
        assert any(place == each or place.startswith(f"{each}/") for each in known), place
