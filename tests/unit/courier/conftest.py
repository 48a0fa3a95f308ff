"""Two nodes with a line between them, new for each test."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.letter_pair import Pair, found_pair, pair_at


@pytest.fixture(scope="session")
async def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both homes as they were founded, with their tables made."""
    directory = tmp_path_factory.mktemp("letters") / "f"
    found_pair(directory)
    async with pair_at(directory):
        return directory


@pytest.fixture
async def pair(founded: Path, tmp_path: Path) -> AsyncIterator[Pair]:
    """cn, which writes, and th."""
    async with pair_at(Path(shutil.copytree(founded, tmp_path / "f"))) as opened:
        yield opened
