"""When a node makes checkpoints and carries them round, and when it checks its own log: at its start, and in time."""

from __future__ import annotations

from node.acts.runtime.node import Node
from node.acts.witnessing.carry_round import carry_round
from node.acts.witnessing.check_log import check_log

ROUND_SECONDS = 60.0
CHECK_SECONDS = 86_400.0
REST = 2.0
"""A check of the whole log takes a third of one core at most: somebody may search meanwhile."""


async def go_round(node: Node) -> None:
    """One round."""
    await carry_round(node)


async def check_own(node: Node) -> None:
    """One check of every row."""
    await check_log(node, REST)
