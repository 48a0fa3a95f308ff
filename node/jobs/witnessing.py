"""When a node makes checkpoints and carries them round: at its start, and every minute from then on."""

from __future__ import annotations

from node.acts.runtime.node import Node
from node.acts.witnessing.carry_round import carry_round

ROUND_SECONDS = 60.0


async def turn(node: Node) -> None:
    """One round."""
    await carry_round(node)
