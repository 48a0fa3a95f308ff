"""Who publishes to whom, and when: the scope that every posting, batch and ask is bound to."""

from __future__ import annotations

from dataclasses import dataclass

from node.model.encoding import lp, u32


@dataclass(frozen=True, slots=True)
class Scope:
    """One owner's index for one audience in one epoch (protocol.md, conventions)."""

    alliance: str
    owner: str
    audience: str
    epoch: int

    def encode(self) -> bytes:
        """scope(owner, audience, epoch) as bytes."""
        return lp(self.alliance) + lp(self.owner) + lp(self.audience) + u32(self.epoch)
