"""Signing checkpoints and vouching for them, and what a witness holds against a log (protocol.md 11).

A state machine without I/O, clock or storage: a witness signs only what grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from node.audit import tree
from node.audit.kinds import CODES, ActKind
from node.audit.leaf import Leaf, commitments
from node.crypto.signing import SigningKey, verify
from node.errors import Code, LancangError
from node.model.checkpoint import Checkpoint, Cosignature, SignedCheckpoint, cosigned_bytes

MOST_PROOF: Final = tree.MOST_PATH + 1


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a log that was set back goes on: the act that says so, opened, and the proof that it is in the new tree.

    after: the newest checkpoint of it that others held, which it does not go on from.
    """

    act_no: int
    leaf: bytes
    salt: bytes
    after_generation: int
    after_size: int
    after_root: bytes
    path: tuple[bytes, ...]

    def detail(self, generation: int) -> dict[str, str | int | bool | None]:
        """What its act is about."""
        return {
            "generation": generation,
            "after_generation": self.after_generation,
            "after_size": self.after_size,
            "after_root": self.after_root.hex(),
        }


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> SignedCheckpoint:
    """Sign as the log's owner."""
    return SignedCheckpoint(checkpoint, key.sign(checkpoint.encode()))


def verify_checkpoint(signed: SignedCheckpoint, owner_key: bytes) -> None:
    """Raises LancangError SIGNATURE_WRONG."""
    verify(owner_key, signed.checkpoint.encode(), signed.signature)


def cosign(checkpoint: Checkpoint, witness: str, ms: int, key: SigningKey) -> Cosignature:
    """Vouch for a checkpoint as a witness."""
    return Cosignature(witness, ms, key.sign(cosigned_bytes(checkpoint, witness, ms)))


def verify_cosignature(checkpoint: Checkpoint, given: Cosignature, witness_key: bytes) -> None:
    """Raises LancangError SIGNATURE_WRONG."""
    verify(witness_key, cosigned_bytes(checkpoint, given.witness, given.ms), given.signature)


def contradicts(one: Checkpoint, other: Checkpoint) -> bool:
    """Whether two checkpoints of one log, both signed, prove by themselves that it has two histories."""
    if one.generation != other.generation:
        return False
    if one.size == other.size:
        return one.root != other.root
    first, later = (one, other) if one.size < other.size else (other, one)
    # The longer one is older: its owner took leaves away.
    return later.ms < first.ms


def check_goes_on(
    known: Checkpoint | None,
    told: Checkpoint,
    from_size: int,
    proof: Sequence[bytes],
    beginning: Beginning | None,
) -> None:
    """Whether a log goes on from what a witness knows of it. from_size: the size that the proof begins at.

    Raises LancangError: LOG_FORK if it does not, LOG_BEHIND if the proof begins at another size than the known one.
    """
    if known is None:
        return
    if told.generation < known.generation:
        raise LancangError(Code.LOG_FORK, f"generation {told.generation} after generation {known.generation}")
    if told.generation > known.generation:
        _check_beginning(known, told, beginning)
        return
    if contradicts(known, told):
        what = "another root" if known.size == told.size else "fewer leaves later"
        raise LancangError(Code.LOG_FORK, f"{what}: {told.size} leaves after {known.size}")
    if told.size < known.size or from_size != known.size:
        raise LancangError(Code.LOG_BEHIND, f"{known.size} leaves are known here")
    if not tree.grew(known.size, known.root, told.size, told.root, proof):
        raise LancangError(Code.LOG_FORK, f"{told.size} leaves that do not begin with the {known.size} known here")


def _check_beginning(known: Checkpoint, told: Checkpoint, beginning: Beginning | None) -> None:
    """A new generation must say, in its own tree, what it does not go on from, and name no less than is known here."""
    if beginning is None:
        raise LancangError(Code.LOG_FORK, f"generation {told.generation} without the act that begins it")
    after = (beginning.after_generation, beginning.after_size)
    if after < (known.generation, known.size) or (
        after == (known.generation, known.size) and beginning.after_root != known.root
    ):
        raise LancangError(Code.LOG_FORK, f"a new generation that conceals the {known.size} leaves known here")
    if not _begins(told, beginning):
        raise LancangError(Code.LOG_FORK, "the act that begins a generation is not in its tree")


def _begins(told: Checkpoint, beginning: Beginning) -> bool:
    try:
        leaf = Leaf.decode(beginning.leaf)
    except ValueError:
        return False
    opened = commitments(beginning.salt, beginning.detail(told.generation))
    if leaf.act != CODES[ActKind.LOG_BEGUN_ANEW] or leaf.commitments != opened:
        return False
    hash_ = tree.leaf_hash(beginning.leaf)
    return tree.root_from_inclusion(hash_, beginning.act_no - 1, told.size, beginning.path) == told.root
