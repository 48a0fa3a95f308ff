"""Links between pages lead somewhere, and no page names a place on somebody's machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.docs.pages import DOCS, ROOT, anchors, links, name_of, pages, text_of

MACHINE_PLACES = ("/work/", "/home/", "/Users/", "/root/")


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_resolve(page: Path) -> None:
    for target in links(page):
        if target.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.is_relative_to(ROOT), f"{target} leads out of the repository"
        assert found.exists(), f"{target} leads nowhere"
        if anchor:
            assert anchor in anchors(found), f"{target}: no such heading"


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_no_page_names_a_place_on_a_machine(page: Path) -> None:
    assert not [place for place in MACHINE_PLACES if place in text_of(page)]


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = (target.partition("#")[0] for target in links(page) if "://" not in target)
        waiting += [found for path in targets if path.endswith(".md") and (found := (page.parent / path).resolve())]
    assert not {page for page in pages() if DOCS in page.parents} - reached
