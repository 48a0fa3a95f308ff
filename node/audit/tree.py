"""The Merkle tree of RFC 6962, 2.1: hashes, a root that grows, proofs of inclusion and consistency, and their checks.

Pure functions over hashes. Where the hashes lie is the caller's: a `Nodes` gives the hash of any whole subtree, that is
of the leaves [index << level, (index + 1) << level).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
MOST_PATH: Final = 64
"""Hashes of an inclusion proof at most; a consistency proof has one more."""

Nodes: TypeAlias = Callable[[int, int], bytes]
"""(level, index) -> hash of the whole subtree there."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and both halves."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Grown:
    """A subtree that became whole."""

    level: int
    index: int
    hash: bytes


class Frontier:
    """The whole subtrees of a tree that grows, the largest first: one for each bit of its size. Appending is O(1)."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        """Raises ValueError unless there is a hash for each bit."""
        self.size = size
        self.hashes = list(hashes)
        if len(self.hashes) != size.bit_count():
            raise ValueError("a frontier has one hash for each bit of its size")

    def append(self, leaf: bytes) -> list[Grown]:
        """Add a leaf's hash; returns the subtrees above it that became whole, the lowest first."""
        hash_, grown, level = leaf, [], 0
        while self.size >> level & 1:
            hash_ = node_hash(self.hashes.pop(), hash_)
            level += 1
            grown.append(Grown(level, self.size >> level, hash_))
        self.hashes.append(hash_)
        self.size += 1
        return grown

    def root(self) -> bytes:
        """MTH of everything appended."""
        return folded(self.hashes)


def root(nodes: Nodes, size: int) -> bytes:
    """MTH(D[size])."""
    return _range(nodes, 0, size) if size else EMPTY_ROOT


def frontier(nodes: Nodes, size: int) -> list[bytes]:
    """The whole subtrees of D[size], the largest first."""
    return [nodes(level, index) for level, index in _whole(0, size)]


def folded(hashes: Sequence[bytes]) -> bytes:
    """The root over whole subtrees that stand side by side, the largest first."""
    if not hashes:
        return EMPTY_ROOT
    hash_ = hashes[-1]
    for left in reversed(hashes[:-1]):
        hash_ = node_hash(left, hash_)
    return hash_


def inclusion(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]), from the leaf up. Raises ValueError unless index < size."""
    if not 0 <= index < size:
        raise ValueError("no such leaf in this tree")
    path, begin, end = [], 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(_range(nodes, middle, end))
            end = middle
        else:
            path.append(_range(nodes, begin, middle))
            begin = middle
    return path[::-1]


def consistency(nodes: Nodes, first: int, size: int) -> list[bytes]:
    """PROOF(first, D[size]). Raises ValueError unless 0 < first <= size."""
    if not 0 < first <= size:
        raise ValueError("no such earlier tree")
    proof, begin, end, whole = [], 0, size, True
    while first < end:
        middle = begin + _split(end - begin)
        if first <= middle:
            proof.append(_range(nodes, middle, end))
            end = middle
        else:
            proof.append(_range(nodes, begin, middle))
            begin, whole = middle, False
    if not whole:
        proof.append(_range(nodes, begin, end))
    return proof[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to from a leaf's hash (RFC 9162, 2.1.3.2); None if it can't be one."""
    if not 0 <= index < size:
        return None
    at, last, hash_ = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            hash_ = node_hash(sibling, hash_)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hash_ = node_hash(hash_, sibling)
        at, last = at >> 1, last >> 1
    return hash_ if last == 0 else None


def grew(first: int, first_root: bytes, size: int, root_: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a consistency proof shows that the tree of `size` leaves begins with that of `first` (RFC 9162, 2.1.4.2).

    An empty tree is the beginning of every other.
    """
    if first == size:
        return not proof and first_root == root_
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    if not first < size or not proof:
        return False
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    at, last = first - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == root_


def _split(count: int) -> int:
    """The largest power of two below count."""
    return 1 << (count - 1).bit_length() - 1


def _range(nodes: Nodes, begin: int, end: int) -> bytes:
    """MTH of the leaves [begin, end), which RFC 6962 cuts as one subtree: begin is a multiple of its whole part."""
    return folded([nodes(level, index) for level, index in _whole(begin, end)])


def _whole(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """The whole subtrees of [begin, end), the largest first."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level
