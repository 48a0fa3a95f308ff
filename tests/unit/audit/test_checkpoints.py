"""What a witness vouches for: only what grows; and the one way in which a log that was set back may go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from node.audit import tree
from node.audit.checkpoints import (
    Beginning,
    check_goes_on,
    contradicts,
    cosign,
    sign_checkpoint,
    verify_checkpoint,
    verify_cosignature,
)
from node.audit.kinds import CODES, ActKind
from node.audit.leaf import Leaf, commitments
from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.model.checkpoint import Checkpoint, cosigned_bytes

MS = 1_800_000_000_000
OWNER, WITNESS = SigningKey(b"o" * 32), SigningKey(b"w" * 32)
SALT = b"s" * 32


class Log:
    """A log of plain leaves, in one generation."""

    def __init__(self, leaves: list[bytes], generation: int = 1) -> None:
        self.leaves, self.generation = leaves, generation
        self.kept: dict[tuple[int, int], bytes] = {}
        front = tree.Frontier()
        for number, leaf in enumerate(leaves):
            self.kept[0, number] = tree.leaf_hash(leaf)
            self.kept |= {(each.level, each.index): each.hash for each in front.append(self.kept[0, number])}

    def nodes(self, level: int, index: int) -> bytes:
        return self.kept[level, index]

    def at(self, size: int, ms: int = 0) -> Checkpoint:
        return Checkpoint("mekong", "th", self.generation, size, ms or MS + size, tree.root(self.nodes, size))

    def proof(self, first: int, size: int) -> list[bytes]:
        return tree.consistency(self.nodes, first, size)


LOG = Log([b"%d" % number for number in range(50)])
FORKED = Log([b"%d" % number for number in range(20)] + [b"other %d" % number for number in range(30)])


def refusal(
    known: Checkpoint, told: Checkpoint, first: int, proof: list[bytes], begun: Beginning | None = None
) -> Code:
    with pytest.raises(LancangError) as refused:
        check_goes_on(known, told, first, proof, begun)
    return refused.value.code


def begun(after: Checkpoint, size: int = 11, generation: int = 2, **changed: object) -> tuple[Checkpoint, Beginning]:
    """A log of ten leaves that begins anew, with what its first checkpoint is sent with."""
    blank = Beginning(11, b"", SALT, after.generation, after.size, after.root, ())
    said = replace(blank, **changed)  # type: ignore[arg-type]  # fields by name
    opened = commitments(SALT, blank.detail(generation))
    leaf = Leaf(CODES[ActKind.LOG_BEGUN_ANEW], b"i" * 16, MS, "th", "", opened).encode()
    log = Log([*LOG.leaves[:10], leaf, *LOG.leaves[30:50]], generation)
    path = tuple(tree.inclusion(log.nodes, 10, size))
    return log.at(size, MS + 99), replace(said, leaf=leaf, path=path)


def test_a_log_that_grew_is_vouched_for_at_every_size() -> None:
    check_goes_on(None, LOG.at(7), 0, [], None)
    for first in (1, 7, 32, 50):
        for size in range(first, 51):
            check_goes_on(LOG.at(first), LOG.at(size), first, LOG.proof(first, size), None)


def test_a_log_with_other_leaves_is_refused() -> None:
    assert refusal(LOG.at(30), FORKED.at(40), 30, FORKED.proof(30, 40)) is Code.LOG_FORK
    assert refusal(LOG.at(30), FORKED.at(30), 30, []) is Code.LOG_FORK
    # What came before the fork both have.
    check_goes_on(LOG.at(20), FORKED.at(40), 20, FORKED.proof(20, 40), None)


def test_a_checkpoint_that_shrinks_is_refused_and_an_old_one_that_comes_late_is_not_held_against_anybody() -> None:
    assert refusal(LOG.at(30), LOG.at(29, MS + 1_000), 29, []) is Code.LOG_FORK
    assert refusal(LOG.at(30), LOG.at(29), 29, []) is Code.LOG_BEHIND
    assert contradicts(LOG.at(30), LOG.at(29, MS + 1_000))
    assert not contradicts(LOG.at(30), LOG.at(29))


def test_a_proof_from_another_size_is_asked_for_again() -> None:
    assert refusal(LOG.at(30), LOG.at(40), 20, LOG.proof(20, 40)) is Code.LOG_BEHIND


def test_a_log_that_was_set_back_goes_on_with_the_act_that_says_so() -> None:
    told, beginning = begun(LOG.at(30))
    for known in (LOG.at(30), LOG.at(12), LOG.at(5)):
        check_goes_on(known, told, 0, [], beginning)
    later, longer = begun(LOG.at(30), size=20)
    check_goes_on(LOG.at(30), later, 0, [], longer)


def test_a_new_generation_that_conceals_or_invents_is_refused() -> None:
    told, beginning = begun(LOG.at(30))
    assert refusal(LOG.at(30), told, 0, []) is Code.LOG_FORK
    assert refusal(LOG.at(31), told, 0, [], beginning) is Code.LOG_FORK
    assert refusal(FORKED.at(30), told, 0, [], beginning) is Code.LOG_FORK
    assert refusal(LOG.at(30), told, 0, [], replace(beginning, after_size=40)) is Code.LOG_FORK
    assert refusal(LOG.at(30), told, 0, [], replace(beginning, salt=bytes(32))) is Code.LOG_FORK
    assert refusal(LOG.at(30), told, 0, [], replace(beginning, path=beginning.path[1:])) is Code.LOG_FORK
    assert refusal(LOG.at(30), told, 0, [], replace(beginning, leaf=b"no leaf")) is Code.LOG_FORK
    assert refusal(LOG.at(30), replace(told, generation=3), 0, [], beginning) is Code.LOG_FORK
    # Whoever knows the new generation does not go back to the old one.
    assert refusal(told, LOG.at(40), 30, LOG.proof(30, 40)) is Code.LOG_FORK


def test_signatures_are_of_the_owner_and_of_each_witness_in_its_own_name() -> None:
    signed = sign_checkpoint(LOG.at(5), OWNER)
    verify_checkpoint(signed, OWNER.public)
    given = cosign(signed.checkpoint, "cn", MS, WITNESS)
    verify_cosignature(signed.checkpoint, given, WITNESS.public)
    for wrong in (replace(given, witness="la"), replace(given, ms=MS + 1)):
        with pytest.raises(LancangError, match="LCG-405"):
            verify_cosignature(signed.checkpoint, wrong, WITNESS.public)
    with pytest.raises(LancangError, match="LCG-405"):
        verify_checkpoint(replace(signed, checkpoint=LOG.at(6)), OWNER.public)
    assert cosigned_bytes(LOG.at(5), "cn", MS).startswith(b"lancang/1/cosignature\x00\x02cn")


def test_a_checkpoint_is_read_as_it_was_written_and_in_no_other_way() -> None:
    data = LOG.at(5).encode()
    assert Checkpoint.decode(data) == LOG.at(5)
    for broken in (data[:-1], data + b"\0", b"x" + data, data[:20] + b"\xff\xff" + data[22:]):
        with pytest.raises(ValueError, match="checkpoint"):
            Checkpoint.decode(broken)
    for odd in (replace(LOG.at(5), generation=0), replace(LOG.at(5), ms=2**63)):
        with pytest.raises(ValueError, match="no log has"):
            Checkpoint.decode(odd.encode())
