"""Which tests one xdist worker runs together: those that share running nodes, so that the nodes are started once.

Marks of xdist_group would say it more nicely, but xdist 3.8 writes them to a field that pytest 9.2 no longer reads.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

_TOGETHER = ("tests/adversary/", "tests/integration/")
_SIMULATIONS = "tests/simulation/"
_SHARED = {
    "test_main_job.py": "six nodes",
    "test_concealment.py": "six nodes",
    "test_command_line.py": "six nodes",
    "test_ceremonies.py": "six nodes",
    "test_kills.py": "rough line",
    "test_network.py": "rough line",
    "test_busy.py": "rough line",
    "test_model.py": "rough line",
}


class ByFederation(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Every test goes where there is room, but those of one federation, or of one file with nodes, stay together."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """What must stay on one worker with this test."""
    file = nodeid.partition("::")[0]
    if file.startswith(_TOGETHER):
        return file.rpartition("/")[0]
    if file.startswith(_SIMULATIONS):
        return _SHARED.get(file.removeprefix(_SIMULATIONS), file)
    return nodeid
