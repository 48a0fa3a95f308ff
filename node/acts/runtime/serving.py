"""An epoch of this node that is open, with its key."""

from __future__ import annotations

from dataclasses import dataclass

from node.crypto.voprf import KeyPair
from node.model.epoch import EpochStatement, SignedEpoch


@dataclass(frozen=True, slots=True, repr=False)
class ServingEpoch:
    """A signed statement and the VOPRF key it names."""

    signed: SignedEpoch
    key: KeyPair

    @property
    def statement(self) -> EpochStatement:
        """What was said of it."""
        return self.signed.statement

    def under(self, signed: SignedEpoch) -> ServingEpoch:
        """The same key under the statement that opened it."""
        return ServingEpoch(signed, self.key)
