"""Which asks of a population a seed draws: those whose hash under the seed is smallest (protocol.md 10).

Nobody can choose: population and number are fixed before the seed is known, and anybody can draw again.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from node.inspection.seals import blake


def drawn(population: Iterable[bytes], seed: str, count: int) -> list[bytes]:
    """The ask ids drawn, in ascending order of their hash; count 0 draws all."""
    key = sha256(seed.encode()).digest()
    ranked = sorted(population, key=lambda ask_id: blake("lancang1.draw", key, ask_id, 32))
    return ranked[:count] if count else ranked
