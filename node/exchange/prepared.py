"""A search made ready once for all owners: shuffled positions, blinded elements, and what opens them (protocol.md 5).

It holds the subject in the clear and the seed of every blind: it is kept sealed, for matching, proofs and inspectors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from matcher.tokens import Token
from node.crypto.hashing import blake
from node.crypto.voprf import ELEMENT_BYTES, Mode, blind_with, invert_all, reduce_scalar
from node.errors import Code, LancangError
from node.exchange.terms import Random
from node.exchange.token import kind_of, pad_bytes, token_bytes
from node.model.encoding import lp, u8, u16

SEED_BYTES: Final = 32
SEARCH_ID_BYTES: Final = 16
SALT_BYTES: Final = 32
LONGEST_SUBJECT: Final = 0xFFFF

_FORMAT: Final = b"LCPS" + u8(1)
_ZERO: Final = bytes(32)


@dataclass(frozen=True, repr=False)
class PreparedSearch:
    """One subject's question. inputs: x_0 ... x_(Q-1) with the padding; elements: B_0 ... B_(Q-1); repr shows nothing.

    Without slots, so that commit and the inverses are computed once for all owners.
    """

    search_seed: bytes
    search_id: bytes
    salt: bytes
    subject: bytes
    inputs: tuple[bytes, ...]
    elements: tuple[bytes, ...]

    def blind(self, position: int) -> bytes:
        """r_j, the scalar that blinds a position: what a proof of match opens."""
        return _blind(self.search_seed, position)

    @cached_property
    def inverses(self) -> dict[int, bytes]:
        """1 / r_j at each real position: what unblinds the answers of all owners."""
        positions = list(self.kinds)
        return dict(zip(positions, invert_all([self.blind(position) for position in positions]), strict=True))

    @cached_property
    def commit(self) -> bytes:
        """What binds every ask of this search to its subject and tokens, until an inspector has it opened."""
        opened = lp(self.subject) + b"".join(map(lp, self.inputs))
        return blake("lancang1.subject", self.salt, opened, 32)

    @cached_property
    def kinds(self) -> dict[int, int]:
        """The kind of the token at each real position; padding is left out."""
        kinds = ((position, kind_of(x)) for position, x in enumerate(self.inputs))
        return {position: kind for position, kind in kinds if kind is not None}

    def encode(self) -> bytes:
        """Everything, to be sealed."""
        return b"".join(
            (
                _FORMAT,
                self.search_seed,
                self.search_id,
                self.salt,
                lp(self.subject),
                u16(len(self.inputs)),
                *map(lp, self.inputs),
                *self.elements,
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> PreparedSearch:
        """Read what encode wrote. Raises LancangError(STORAGE_DAMAGED)."""
        reader = _Reader(data)
        if reader.take(len(_FORMAT)) != _FORMAT:
            raise LancangError(Code.STORAGE_DAMAGED, "not a prepared search")
        seed, search_id, salt = reader.take(SEED_BYTES), reader.take(SEARCH_ID_BYTES), reader.take(SALT_BYTES)
        subject = reader.prefixed()
        size = int.from_bytes(reader.take(2), "big")
        inputs = tuple(reader.prefixed() for _ in range(size))
        elements = tuple(reader.take(ELEMENT_BYTES) for _ in range(size))
        reader.end()
        return cls(seed, search_id, salt, subject, inputs, elements)


def prepare_ask(tokens: Iterable[Token], ask_size: int, canonical_subject: bytes, random: Random) -> PreparedSearch:
    """Blind a subject's tokens: shuffled among padding, exactly ask_size positions, everything drawn anew.

    About 100 µs a position. Raises LancangError: SUBJECT_EMPTY without a token, INPUT_TOO_LARGE for more distinct
    tokens than ask_size or a canonical subject above 65,535 bytes.
    """
    inputs = list(dict.fromkeys(map(token_bytes, tokens)))
    if not inputs:
        raise LancangError(Code.SUBJECT_EMPTY, "no token comes of this subject")
    if len(inputs) > ask_size:
        raise LancangError(Code.INPUT_TOO_LARGE, f"an ask has room for {ask_size} tokens")
    if len(canonical_subject) > LONGEST_SUBJECT:
        raise LancangError(Code.INPUT_TOO_LARGE, f"a subject has at most {LONGEST_SUBJECT} bytes")
    inputs += [pad_bytes(random) for _ in range(ask_size - len(inputs))]
    inputs = [x for _, x in sorted((random(16), x) for x in inputs)]
    search_seed = _seed(ask_size, random)
    elements = tuple(blind_with(x, _blind(search_seed, j), Mode.VOPRF) for j, x in enumerate(inputs))
    return PreparedSearch(
        search_seed, random(SEARCH_ID_BYTES), random(SALT_BYTES), canonical_subject, tuple(inputs), elements
    )


def _blind(search_seed: bytes, position: int) -> bytes:
    return reduce_scalar(blake("lancang1.blind", search_seed, u16(position), 64))


def _seed(ask_size: int, random: Random) -> bytes:
    """A seed none of whose blinds is zero (about one in 2^246 seeds is not)."""
    while True:
        seed = random(SEED_BYTES)
        if all(_blind(seed, position) != _ZERO for position in range(ask_size)):
            return seed


class _Reader:
    """Takes a sealed search apart from the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if len(piece) != size:
            raise LancangError(Code.STORAGE_DAMAGED, "a prepared search is cut off")
        self._at += size
        return piece

    def prefixed(self) -> bytes:
        return self.take(int.from_bytes(self.take(2), "big"))

    def end(self) -> None:
        if self._at != len(self._data):
            raise LancangError(Code.STORAGE_DAMAGED, "a prepared search is too long")
