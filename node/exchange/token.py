"""What goes into the VOPRF: the canonical bytes of a match token, and of a padding element (protocol.md 1, 5)."""

from __future__ import annotations

import unicodedata
from typing import Final

from matcher.tokens import Token
from node.exchange.terms import Random
from node.model.encoding import lp, u8

TOKEN_PREFIX: Final = b"lancang/1/token"
PAD_PREFIX: Final = b"lancang/1/pad"
PAD_BYTES: Final = 32


def token_bytes(token: Token) -> bytes:
    """x of a token: "lancang/1/token" || u8 kind || lp(UTF-8 NFC value). Raises OverflowError on a kind above 255."""
    return TOKEN_PREFIX + u8(int(token.kind)) + lp(unicodedata.normalize("NFC", token.value))


def pad_bytes(random: Random) -> bytes:
    """x of an unused position: no token starts so, and nobody can guess it."""
    return PAD_PREFIX + random(PAD_BYTES)


def kind_of(element_input: bytes) -> int | None:
    """The kind of the token that element_input encodes, or None for padding."""
    return element_input[len(TOKEN_PREFIX)] if element_input.startswith(TOKEN_PREFIX) else None
