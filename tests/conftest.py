"""What every test may use: the seed of what is random, and one six-node federation a worker.

Tests that share running nodes go to one xdist worker together (tests/support/scheduling.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support.scheduling import ByFederation
from tests.support.six_nodes import SixNodes, six_nodes

DEFAULT_SEED = 20_260_101


def chosen_seed() -> int:
    """LANCANG_TEST_SEED, or a fixed one."""
    return int(os.environ.get("LANCANG_TEST_SEED", DEFAULT_SEED))


def pytest_report_header() -> str:
    """Say which seed repeats this run."""
    return f"LANCANG_TEST_SEED={chosen_seed()}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Keep tests that share running nodes together, whatever --dist says."""
    return ByFederation(config, log)


@pytest.fixture(scope="session")
def seed() -> int:
    """The seed of what is random in simulations."""
    return chosen_seed()


@pytest.fixture(scope="session")
def six(tmp_path_factory: pytest.TempPathFactory, seed: int) -> Iterator[SixNodes]:
    """Six national nodes, loaded; tests leave their invented people as they found them."""
    with six_nodes(tmp_path_factory.mktemp("six") / "federation", seed) as nodes:
        yield nodes
