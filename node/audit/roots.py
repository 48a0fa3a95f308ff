"""The roots of a full export at chosen sizes, hashed on all cores: what is left to a verifier is to compare them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

from node.audit import tree
from node.audit.export import BLOCK_LEAVES, Block, read_leaves

FEW_BLOCKS = 16
"""Fewer than these are hashed before other processes have begun."""


def roots_at(path: Path, blocks: Sequence[Block], sizes: Iterable[int]) -> dict[int, bytes]:
    """By size the root of that many first leaves; sizes: at most the number of leaves.

    Raises LancangError(INPUT_INVALID) for a damaged file.
    """
    wanted = sorted(set(sizes))
    inside: list[list[int]] = [[] for _ in blocks]
    for size in wanted:
        if size:
            number = (size - 1) // BLOCK_LEAVES
            inside[number].append(size - number * BLOCK_LEAVES)
    roots = {0: tree.EMPTY_ROOT} if 0 in wanted else {}
    front = tree.Frontier()
    for number, (whole, prefixes) in enumerate(_hashed(path, blocks, inside)):
        for length, hashes in prefixes.items():
            size = number * BLOCK_LEAVES + length
            roots[size] = tree.folded([*front.hashes, *hashes])
        # A block is a whole subtree, and so a leaf of the tree above; only the last one may be smaller.
        front.append(whole)
    return roots


def _hashed(
    path: Path, blocks: Sequence[Block], inside: Sequence[list[int]]
) -> Iterable[tuple[bytes, dict[int, list[bytes]]]]:
    cores = len(os.sched_getaffinity(0))
    if len(blocks) < FEW_BLOCKS or cores == 1:
        with path.open("rb") as file:
            for block, lengths in zip(blocks, inside, strict=True):
                yield _block(read_leaves(file, block), lengths)
        return
    share = 8
    parts = [(path, blocks[at : at + share], inside[at : at + share]) for at in range(0, len(blocks), share)]
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        for part in pool.map(_part, parts):
            yield from part


def _part(part: tuple[Path, Sequence[Block], Sequence[list[int]]]) -> list[tuple[bytes, dict[int, list[bytes]]]]:
    path, blocks, inside = part
    with path.open("rb") as file:
        return [_block(read_leaves(file, block), lengths) for block, lengths in zip(blocks, inside, strict=True)]


def _block(leaves: Sequence[bytes], lengths: Sequence[int]) -> tuple[bytes, dict[int, list[bytes]]]:
    """The root of a block's leaves, and for the first `length` of them the hashes of their whole subtrees."""
    levels = [[sha256(leaf).digest() for leaf in leaves]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append(
            [sha256(b"\x01" + left + right).digest() for left, right in zip(below[::2], below[1::2], strict=False)]
        )
    prefixes = {length: tree.frontier(lambda level, index: levels[level][index], length) for length in lengths}
    return levels[-1][0] if levels[-1] else b"", prefixes
