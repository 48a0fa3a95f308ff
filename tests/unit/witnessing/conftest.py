"""Three nodes, new for each test."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.log_circle import Circle, circle_at, found_circle


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The homes as they were founded."""
    directory = tmp_path_factory.mktemp("circle") / "f"
    found_circle(directory)
    return directory


@pytest.fixture
def homes(founded: Path, tmp_path: Path) -> Path:
    """A copy of them."""
    return Path(shutil.copytree(founded, tmp_path / "f"))


@pytest.fixture
async def circle(homes: Path) -> AsyncIterator[Circle]:
    """cn, la and th, started."""
    async with circle_at(homes) as opened:
        yield opened
