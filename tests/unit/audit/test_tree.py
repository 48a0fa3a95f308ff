"""The tree of RFC 6962: the hashes that Certificate Transparency's own tests publish, and every small tree by hand.

Vectors: google/certificate-transparency, merkletree/merkle_tree_test.cc (Apache-2.0): eight leaves, the roots of their
first 1 to 8, four inclusion proofs and three consistency proofs.
"""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.audit import tree

LEAVES = [bytes.fromhex(each) for each in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [bytes.fromhex(each) for each in (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)]  # fmt: skip
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
# (leaf counted from 1, tree size) -> path
PATHS = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (3, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (2, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
PROOFS = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def naive(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962, 2.1 writes it down."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\1" + naive(leaves[:half]) + naive(leaves[half:])).digest()


def grown(count: int) -> tuple[tree.Frontier, tree.Nodes]:
    """A tree of numbered leaves, appended one by one, and the hashes it left."""
    front, kept = tree.Frontier(), dict[tuple[int, int], bytes]()
    for number in range(count):
        hash_ = tree.leaf_hash(leaf(number))
        kept[0, number] = hash_
        kept |= {(each.level, each.index): each.hash for each in front.append(hash_)}
    return front, lambda level, index: kept[level, index]


def leaf(number: int) -> bytes:
    return LEAVES[number] if number < 8 else b"%d" % number


def test_the_published_roots_are_ours() -> None:
    assert tree.EMPTY_ROOT.hex() == EMPTY
    assert tree.Frontier().root() == tree.EMPTY_ROOT
    for size, wanted in enumerate(ROOTS, start=1):
        front, nodes = grown(size)
        assert front.root() == tree.root(nodes, size) == wanted


def test_the_published_inclusion_proofs_are_ours() -> None:
    _, nodes = grown(8)
    for (number, size), path in PATHS.items():
        found = tree.inclusion(nodes, number - 1, size)
        assert [each.hex() for each in found] == path
        reached = tree.root_from_inclusion(tree.leaf_hash(LEAVES[number - 1]), number - 1, size, found)
        assert reached == ROOTS[size - 1]


def test_the_published_consistency_proofs_are_ours() -> None:
    _, nodes = grown(8)
    for (first, size), proof in PROOFS.items():
        found = tree.consistency(nodes, first, size)
        assert [each.hex() for each in found] == proof
        assert tree.grew(first, ROOTS[first - 1], size, ROOTS[size - 1], found)


def test_every_proof_of_every_small_tree_holds_and_no_changed_one_does() -> None:
    _, nodes = grown(40)
    roots = [naive([leaf(number) for number in range(size)]) for size in range(41)]
    for size in range(1, 41):
        assert tree.root(nodes, size) == roots[size]
        assert tree.Frontier(size, tree.frontier(nodes, size)).root() == roots[size]
        for index in range(size):
            path = tree.inclusion(nodes, index, size)
            hash_ = nodes(0, index)
            assert tree.root_from_inclusion(hash_, index, size, path) == roots[size]
            assert tree.root_from_inclusion(hash_, index, size, [*path, hash_]) != roots[size]
            assert tree.root_from_inclusion(hash_, index, size, path[:-1]) != roots[size] or not path
            assert size == 1 or tree.root_from_inclusion(hash_, (index + 1) % size, size, path) != roots[size]
        for first in range(1, size + 1):
            proof = tree.consistency(nodes, first, size)
            assert tree.grew(first, roots[first], size, roots[size], proof)
            assert not tree.grew(first, roots[first - 1], size, roots[size], proof)
            assert not tree.grew(first, roots[first], size, roots[size - 1], proof)
            assert not tree.grew(first, roots[first], size, roots[size], [*proof, bytes(32)])
            assert first == size or not tree.grew(first, roots[first], size, roots[size], proof[:-1])


@given(st.integers(1, 200), st.data())
def test_a_tree_with_one_other_leaf_never_passes_for_a_longer_one(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, first - 1))
    kept = [tree.leaf_hash(leaf(number)) for number in range(size)]
    front = tree.Frontier()
    for number, hash_ in enumerate(kept[:first]):
        front.append(tree.leaf_hash(b"changed") if number == changed else hash_)
    _, nodes = grown(size)
    assert not tree.grew(first, front.root(), size, tree.root(nodes, size), tree.consistency(nodes, first, size))


def test_what_is_not_in_the_tree_has_no_proof() -> None:
    _, nodes = grown(8)
    for index, size in ((8, 8), (-1, 8)):
        with pytest.raises(ValueError, match="no such leaf"):
            tree.inclusion(nodes, index, size)
    for first in (0, 9):
        with pytest.raises(ValueError, match="no such earlier"):
            tree.consistency(nodes, first, 8)
    with pytest.raises(ValueError, match="each bit"):
        tree.Frontier(3, [bytes(32)])
    assert tree.grew(0, tree.EMPTY_ROOT, 8, ROOTS[7], [])
    assert not tree.grew(8, ROOTS[7], 5, ROOTS[4], [])
    assert tree.root_from_inclusion(nodes(0, 0), 8, 8, []) is None
