"""The roots of a full export at chosen sizes, hashed on all cores: what is left to a verifier is to compare them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from node.audit import hash_blocks, tree
from node.audit.export import BLOCK_LEAVES, Block, broken

FEW_BLOCKS: Final = 16
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
    hashes, front = _hashed(path, blocks, inside), tree.Frontier()
    for number, lengths in enumerate(inside):
        whole = next(hashes)
        for length in lengths:
            within = [next(hashes) for _ in range(length.bit_count())]
            roots[number * BLOCK_LEAVES + length] = tree.folded([*front.hashes, *within])
        # A block is a whole subtree, and so a leaf of the tree above; only the last one may be smaller.
        front.append(whole)
    return roots


def _hashed(path: Path, blocks: Sequence[Block], inside: Sequence[list[int]]) -> Iterator[bytes]:
    """What hash_block gives for each block in turn."""
    work = [(each.leaves, each.offset, each.size, lengths) for each, lengths in zip(blocks, inside, strict=True)]
    cores = len(os.sched_getaffinity(0))
    if len(blocks) < FEW_BLOCKS or cores == 1:
        yield from _own(path, work)
        return
    share = -(-len(work) // cores)
    parts = [work[at : at + share] for at in range(0, len(work), share)]
    # This process takes the last part itself.
    helpers = [_begin(path, part) for part in parts[:-1]]
    try:
        own = _own(path, parts[-1])
        for helper in helpers:
            yield from _finished(helper)
        yield from own
    finally:
        for helper in helpers:
            helper.kill()
            helper.wait()


_Work = tuple[int, int, int, list[int]]


def _own(path: Path, part: Sequence[_Work]) -> list[bytes]:
    try:
        with hash_blocks.mapped(str(path)) as data:
            return [hash_ for each in part for hash_ in hash_blocks.hash_block(data, *each)]
    except ValueError as problem:
        raise broken(str(problem)) from None


def _begin(path: Path, part: Sequence[_Work]) -> subprocess.Popen[bytes]:
    """Another process at work on some blocks. It reads what it is to do before it writes anything."""
    command = [sys.executable, "-I", "-S", hash_blocks.__file__, str(path.absolute())]
    helper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if helper.stdin is not None:
        helper.stdin.write(json.dumps(part).encode())
        helper.stdin.close()
        helper.stdin = None
    return helper


def _finished(helper: subprocess.Popen[bytes]) -> Iterator[bytes]:
    data, said = helper.communicate()
    if helper.returncode:
        raise broken(said.decode(errors="replace")[:200] or "it can't be hashed")
    for at in range(0, len(data), tree.HASH_BYTES):
        yield data[at : at + tree.HASH_BYTES]
