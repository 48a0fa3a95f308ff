"""Hash blocks of a full export into the roots of their subtrees. Run as a program it does so for another process.

Only what Python brings is used: a process that imports nothing else has begun after twenty milliseconds.

    python hash_blocks.py FILE < blocks (JSON) > hashes, 32 bytes each
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import accumulate
from mmap import ACCESS_READ, mmap
from operator import itemgetter


def hash_block(data: mmap, leaves: int, offset: int, size: int, lengths: Sequence[int]) -> Iterator[bytes]:
    """The root over the block's whole subtrees of one size (its own, if it is full); then for each length the hashes of
    the whole subtrees of so many first leaves, the largest first. data: the whole file.

    Raises ValueError for a block that is not what it says.
    """
    if offset + size > len(data):
        raise ValueError("it is cut off")
    lengths_of = struct.unpack_from(f">{leaves}H", data, offset)
    places = list(accumulate(lengths_of, initial=offset + 2 * leaves))
    if places[-1] != offset + size or not all(lengths_of):
        raise ValueError("a block with other lengths than it says")
    # Two places at least: of one, itemgetter gives no tuple.
    if any(itemgetter(places[0], *places[:-1])(data)):
        raise ValueError("a leaf without its zero byte")
    levels = [[sha256(data[begin:end]).digest() for begin, end in zip(places, places[1:])]]  # noqa: B905, RUF007 - fastest
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([sha256(b"\x01" + one + two).digest() for one, two in zip(below[::2], below[1::2])])  # noqa: B905
    yield levels[-1][0]
    for length in lengths:
        begin = 0
        while begin < length:
            level = (length - begin).bit_length() - 1
            yield levels[level][begin >> level]
            begin += 1 << level


def mapped(path: str) -> mmap:
    """A file as it lies in memory."""
    with open(path, "rb") as file:  # noqa: PTH123 - a fifth of a start would be pathlib
        return mmap(file.fileno(), 0, access=ACCESS_READ)


def main() -> int:
    """Blocks, each as [leaves, offset, size, lengths], from standard input; 1 if one is not what it says."""
    blocks = json.load(sys.stdin)
    try:
        with mapped(sys.argv[1]) as data:
            for leaves, offset, size, lengths in blocks:
                sys.stdout.buffer.write(b"".join(hash_block(data, leaves, offset, size, lengths)))
    except ValueError as problem:
        sys.stderr.write(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
