"""A posting: 16 bytes, label and masked tag, derived from evaluation, audience, epoch and i (protocol.md 3).

A slot is written once in an epoch: two contents under one mask would give a tag away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from node.exchange.terms import Words, words
from node.model.batch import POSTING_BYTES, TAG_BYTES
from node.model.encoding import u32
from node.model.scope import Scope

SECRET_BYTES: Final = 32
EVALUATION_BYTES: Final = 64
SLOT_BYTES: Final = 16
COMMON: Final = 1
"""The content that says a token is too common to weigh anything: tag zero, flag 1."""

_KEY_BYTES: Final = 32
_KEY_PERSON: Final = b"lancang1.key"
_SLOT_PERSON: Final = b"lancang1.slot"
_SMALL: Final = tuple(u32(i) for i in range(1024))


@dataclass(frozen=True, slots=True)
class Slot:
    """The i-th place of a token's list: where its posting stands, and what covers the content (both 8 bytes)."""

    label: int
    mask: int


@dataclass(frozen=True, slots=True, repr=False)
class ListHeads:
    """Where the lists of a record's tokens begin in one index: K (32 bytes) and slot_0 (16 bytes) of each token."""

    keys: bytes
    slots: bytes

    def __post_init__(self) -> None:
        """Refuse parts that do not fit each other with ValueError."""
        if len(self.slots) % SLOT_BYTES or len(self.keys) * SLOT_BYTES != len(self.slots) * _KEY_BYTES:
            raise ValueError("a key of 32 bytes and a slot of 16 for each token")

    def __len__(self) -> int:
        return len(self.slots) // SLOT_BYTES


def posting_context(secret: bytes, scope: Scope) -> bytes:
    """S || scope: what binds every posting key to one owner, audience and epoch."""
    if len(secret) != SECRET_BYTES:
        raise ValueError("an index secret has 32 bytes")
    return secret + scope.encode()


def posting_key(evaluation: bytes, context: bytes) -> bytes:
    """K of a token: 32 bytes from its evaluation (64 bytes) and posting_context. Hashed here: see slot_bytes."""
    return hashlib.blake2b(context, digest_size=_KEY_BYTES, key=evaluation, person=_KEY_PERSON).digest()


def list_heads(evaluations: bytes, context: bytes) -> ListHeads:
    """Where the lists of a record's tokens begin, from their evaluations (n x 64 bytes); a token twice counts once.

    Nearly all that posting a record costs, and nothing of it depends on what the chain holds already.
    Raises ValueError unless they are whole.
    """
    if len(evaluations) % EVALUATION_BYTES:
        raise ValueError("an evaluation has 64 bytes")
    each = (evaluations[at : at + EVALUATION_BYTES] for at in range(0, len(evaluations), EVALUATION_BYTES))
    keys = [posting_key(evaluation, context) for evaluation in dict.fromkeys(each)]
    return ListHeads(b"".join(keys), b"".join([slot_bytes(key, 0) for key in keys]))


def begun_slots(key: bytes) -> hashlib.blake2b:
    """The hash of a token's slots with its key taken in: begun once, each slot of its list costs less than half."""
    return hashlib.blake2b(digest_size=SLOT_BYTES, key=key, person=_SLOT_PERSON)


def slot_at(begun: hashlib.blake2b, i: int) -> bytes:
    """slot_i = label || mask, of a token whose hash is begun."""
    one = begun.copy()
    one.update(_SMALL[i] if i < len(_SMALL) else u32(i))
    return one.digest()


def slot_bytes(key: bytes, i: int) -> bytes:
    """slot_i = label || mask. Hashed here, not through blake(): snapshots and walks spend their time in such lines."""
    index = _SMALL[i] if i < len(_SMALL) else u32(i)
    return hashlib.blake2b(index, digest_size=SLOT_BYTES, key=key, person=_SLOT_PERSON).digest()


def slot(key: bytes, i: int) -> Slot:
    """The i-th slot of the token whose key is K."""
    data = slot_bytes(key, i)
    return Slot(int.from_bytes(data[:8], "big"), int.from_bytes(data[8:], "big"))


def slots(places: Iterable[tuple[bytes, int]]) -> tuple[Words, Words]:
    """Labels and masks of many (key, i) at once."""
    return _labels_and_masks(b"".join([slot_bytes(key, i) for key, i in places]))


def spans(places: Iterable[tuple[hashlib.blake2b, range]]) -> tuple[Words, Words]:
    """Labels and masks of whole stretches of tokens' lists: each token by begun_slots, and which of its slots."""
    return _labels_and_masks(b"".join([slot_at(begun, i) for begun, stretch in places for i in stretch]))


def _labels_and_masks(data: bytes) -> tuple[Words, Words]:
    pairs = words(data).reshape(-1, 2)
    return np.ascontiguousarray(pairs[:, 0]), pairs[:, 1]


def record_content(tag: bytes) -> int:
    """tag || flag 0 as a number. Raises ValueError unless the tag has 7 bytes."""
    if len(tag) != TAG_BYTES:
        raise ValueError("a tag has 7 bytes")
    return int.from_bytes(tag, "big") << 8


def tag_numbers(tags: bytes) -> Words:
    """Tags (n x 7 bytes) as numbers. Raises ValueError if they are not whole."""
    if len(tags) % TAG_BYTES:
        raise ValueError("a tag has 7 bytes")
    padded = np.zeros((len(tags) // TAG_BYTES, 8), dtype=np.uint8)
    padded[:, 1:] = np.frombuffer(tags, dtype=np.uint8).reshape(-1, TAG_BYTES)
    return words(padded.tobytes())


def content_tag(content: int) -> bytes | None:
    """The tag in an unmasked content; None if it is no record's: COMMON, or another token's posting met by accident."""
    return (content >> 8).to_bytes(TAG_BYTES, "big") if content & 0xFF == 0 else None


def encode_posting(at: Slot, content: int) -> bytes:
    """One posting as it travels."""
    return at.label.to_bytes(8, "big") + (at.mask ^ content).to_bytes(8, "big")


def encode_postings(labels: Words, masked: Words) -> bytes:
    """n postings of 16 bytes, in the order given."""
    pairs = np.empty((len(labels), 2), dtype=">u8")
    pairs[:, 0] = labels
    pairs[:, 1] = masked
    return pairs.tobytes()


def decode_postings(data: bytes) -> tuple[Words, Words]:
    """Labels and masked contents of n postings. Raises ValueError if data is not a whole number of them."""
    if len(data) % POSTING_BYTES:
        raise ValueError("not a whole number of postings")
    pairs = words(data).reshape(-1, 2)
    return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])


def ascending(labels: Words) -> bool:
    """Whether every label is greater than the one before it."""
    return bool(np.all(labels[1:] > labels[:-1]))
