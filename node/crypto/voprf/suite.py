"""The suite ristretto255-SHA512: identifier, modes, context strings and every domain-separation string.

RFC 9497, 3.1 (modes, CreateContextString) and 4.1 (the suite). Every string of the RFC stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

IDENTIFIER = b"ristretto255-SHA512"

ELEMENT_BYTES = 32
SCALAR_BYTES = 32
PROOF_BYTES = 2 * SCALAR_BYTES
OUTPUT_BYTES = 64
SEED_BYTES = 32
WIDE_BYTES = 64
MAX_INPUT_BYTES = 65_535
MAX_BATCH = 65_535

FINALIZE = b"Finalize"
CHALLENGE = b"Challenge"
COMPOSITE = b"Composite"
INFO = b"Info"


class Mode(IntEnum):
    """The protocol variants of RFC 9497, 3.1."""

    OPRF = 0x00
    VOPRF = 0x01
    POPRF = 0x02


@dataclass(frozen=True, slots=True)
class Suite:
    """The suite in one mode: contextString and the domain-separation tags made from it."""

    mode: Mode
    context: bytes
    hash_to_group: bytes
    hash_to_scalar: bytes
    derive_key_pair: bytes
    seed: bytes


def create_context_string(mode: Mode) -> bytes:
    """CreateContextString of RFC 9497, 3.1."""
    return b"OPRFV1-" + mode.to_bytes(1, "big") + b"-" + IDENTIFIER


def _suite(mode: Mode) -> Suite:
    context = create_context_string(mode)
    return Suite(
        mode=mode,
        context=context,
        hash_to_group=b"HashToGroup-" + context,
        hash_to_scalar=b"HashToScalar-" + context,
        derive_key_pair=b"DeriveKeyPair" + context,  # the RFC has no hyphen here
        seed=b"Seed-" + context,
    )


SUITES = tuple(_suite(mode) for mode in Mode)
"""The suite by mode: SUITES[Mode.VOPRF]."""


def framed(value: bytes) -> bytes:
    """I2OSP(len(value), 2) || value. Raises OverflowError above 65,535 bytes; callers check first."""
    return len(value).to_bytes(2, "big") + value
