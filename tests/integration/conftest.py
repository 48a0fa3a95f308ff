"""Two real nodes for tests of what a node is to those around it: officers, watchers, administrators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support.federation import RunningFederation, roomy_policy, running_federation


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFederation]:
    """cn and th, in sync; they log all that they would ever log, and sign a head each second."""
    directory = tmp_path_factory.mktemp("pair") / "f"
    policy = replace(roomy_policy(), head_seconds=1)
    with running_federation(directory, ("cn", "th"), policy, {"LANCANG_LOG_LEVEL": "debug"}) as running:
        yield running
