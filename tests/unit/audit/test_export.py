"""A full export as a file: every root of it, over many blocks, and every way in which a file can be damaged."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest

from node.audit import roots, tree
from node.audit.export import BLOCK_LEAVES, ExportEnd, read_layout, written
from node.audit.roots import roots_at
from node.errors import Code, LancangError
from node.model.checkpoint import Checkpoint, Cosignature, SignedCheckpoint

SIGNED = SignedCheckpoint(Checkpoint("mekong", "th", 1, 3, 1_800_000_000_000, b"r" * 32), b"s" * 64,
                          (Cosignature("cn", 1_800_000_000_001, b"c" * 64),))  # fmt: skip
END = ExportEnd((SIGNED,), ('{"roster": "ທ"}'.encode(),))


def leaves(count: int) -> list[bytes]:
    return [b"%d" % number * (1 + number % 7) for number in range(count)]


def export(path: Path, count: int) -> Path:
    path.write_bytes(b"".join(written({"format": 1}, leaves(count), END)))
    return path


@pytest.mark.parametrize(
    "count", [0, 1, 5, BLOCK_LEAVES, BLOCK_LEAVES + 1, 3 * BLOCK_LEAVES - 7, 17 * BLOCK_LEAVES + 3]
)
def test_roots_are_those_of_the_leaves_at_every_size_asked_for(tmp_path: Path, count: int) -> None:
    path = export(tmp_path / "log", count)
    with path.open("rb") as file:
        header, blocks, end = read_layout(file)
    assert (header, end) == ({"format": 1}, END)
    assert sum(block.leaves for block in blocks) == count
    draw = random.Random(count)
    sizes = {0, min(1, count), count, *(draw.randint(0, count) for _ in range(20))}
    sizes |= {size for size in (BLOCK_LEAVES, 2 * BLOCK_LEAVES) if size <= count}
    front, wanted = tree.Frontier(), {0: tree.EMPTY_ROOT}
    for leaf in leaves(count):
        front.append(tree.leaf_hash(leaf))
        if front.size in sizes:
            wanted[front.size] = front.root()
    assert roots_at(path, blocks, sizes) == wanted


@pytest.mark.parametrize("few", [1, roots.FEW_BLOCKS])
def test_a_damaged_file_is_refused_whoever_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(roots, "FEW_BLOCKS", few)
    path = export(tmp_path / "log", 2 * BLOCK_LEAVES + 9)
    data = bytearray(path.read_bytes())
    with path.open("rb") as file:
        _, blocks, _ = read_layout(file)
    for place, change in ((blocks[0].offset, 1), (blocks[1].offset + 1, 200), (blocks[2].offset + 18, 1)):
        changed = bytearray(data)
        changed[place] ^= change
        path.write_bytes(changed)
        with pytest.raises(LancangError) as refused:
            roots_at(path, blocks, [2 * BLOCK_LEAVES + 9])
        assert refused.value.code is Code.INPUT_INVALID


def test_what_is_no_export_or_is_cut_off_is_refused(tmp_path: Path) -> None:
    data = export(tmp_path / "log", BLOCK_LEAVES + 5).read_bytes()
    cuts = [0, 3, 6, 9, 12, 30, 5_000, len(data) - 200, len(data) - 1]
    for broken in (*(data[:cut] for cut in cuts), data + b"x", b"LCLOG\x02" + data[6:]):
        with pytest.raises(LancangError) as refused:
            read_layout(io.BytesIO(broken))
        assert refused.value.code is Code.INPUT_INVALID


def test_a_block_in_the_middle_that_is_not_full_is_refused() -> None:
    one = b"".join(written({}, leaves(5), END))
    blocks = one[len(b"LCLOG\x01") + 6 : one.index(b'{"checkpoints"') - 8]
    twice = one.replace(blocks, blocks * 2)
    with pytest.raises(LancangError, match="no export has"):
        read_layout(io.BytesIO(twice))
