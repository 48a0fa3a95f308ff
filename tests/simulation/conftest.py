"""The three nodes in rough conditions, one federation a worker."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.support.rough_line import RoughLine, rough_line


@pytest.fixture(scope="session")
def _line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoughLine]:
    with rough_line(tmp_path_factory.mktemp("rough")) as line:
        yield line


@pytest.fixture
def rough(_line: RoughLine) -> Iterator[RoughLine]:
    """cn, la and th with a good line, right clocks and all running, before and after."""
    yield _line
    _line.proxy.heal()
    for node in _line.extras:
        _line.shift_clock(node, 0)
        _line.start(node)


@pytest.fixture
def draw(seed: int, request: pytest.FixtureRequest) -> random.Random:
    """Chance, the same for a test each time under one seed; the seed is printed when the test fails."""
    print(f"LANCANG_TEST_SEED={seed}")  # noqa: T201 - pytest shows it with a failure
    return random.Random(f"{seed}-{request.node.name}")
