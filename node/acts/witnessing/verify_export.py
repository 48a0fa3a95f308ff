"""Verify an export of a log, offline: are all leaves under its owner's checkpoints, and up to where do others vouch.

Whoever verifies brings the roster he believes; without one, the newest in the export is shown by its fingerprint, to be
compared by another way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from node.audit import tree
from node.audit.checkpoints import verify_checkpoint, verify_cosignature
from node.audit.export import ExportEnd, end_from, read_layout
from node.audit.leaf import Leaf, commitment
from node.audit.roots import roots_at
from node.errors import Code, LancangError
from node.model.checkpoint import Checkpoint, SignedCheckpoint
from node.model.roster import SignedRoster
from node.roster.acceptance import accept_between
from node.roster.documents import parse_signed


@dataclass(frozen=True, slots=True)
class Vouched:
    """The first `size` leaves: by whom besides their owner, and since when (ms, the earliest that is known)."""

    size: int
    witnesses: tuple[str, ...]
    ms: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A field of an act that was opened, and belongs to it."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class ProvenAct:
    """One act of a partial export, proven to be in the log."""

    number: int
    leaf: Leaf
    vouched: tuple[str, ...]
    opened: tuple[Opened, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What holds of an export. vouched: the longest first, each with more witnesses than the one before.

    others: who could have vouched. anchored: whether the roster was the verifier's own.
    """

    alliance: str
    owner: str
    generations: int
    size: int
    root: bytes
    vouched: tuple[Vouched, ...]
    others: tuple[str, ...]
    roster_version: int
    roster_hash: bytes
    anchored: bool
    acts: tuple[ProvenAct, ...] = ()

    @property
    def alone_from(self) -> int:
        """The first leaf, counted from 1, for which there is only its owner's word; size + 1 if there is none."""
        return (self.vouched[0].size if self.vouched else 0) + 1


def verify_export(path: Path, roster: SignedRoster | None, now_ms: int) -> Verified:
    """Verify a full or partial export. roster: the verifier's own.

    Raises LancangError: INPUT_INVALID for a file that is no export, LOG_ALTERED if anything in it does not hold,
    ROSTER_* if its rosters do not follow each other or do not lead to the verifier's own.
    """
    with path.open("rb") as file:
        full = file.read(5) == b"LCLOG"
    return _verify_full(path, roster, now_ms) if full else _verify_partial(path, roster, now_ms)


def _verify_full(path: Path, roster: SignedRoster | None, now_ms: int) -> Verified:
    with path.open("rb") as file:
        _, blocks, end = read_layout(file)
    size = sum(block.leaves for block in blocks)
    newest = _newest(end.checkpoints)
    if newest.size != size:
        raise LancangError(Code.LOG_ALTERED, f"{size} leaves under a checkpoint of {newest.size}")
    rosters, anchored = _rosters(end, roster, now_ms)
    signed_ones = [signed.checkpoint for signed in end.checkpoints]
    for signed in end.checkpoints:
        _check_signed(signed, newest, rosters)
    roots = roots_at(path, blocks, (said.size for said in signed_ones))
    for said in signed_ones:
        if roots[said.size] != said.root:
            raise LancangError(Code.LOG_ALTERED, f"the first {said.size} leaves are not those of their checkpoint")
    return _verified(newest, size, end.checkpoints, rosters, anchored)


def _verify_partial(path: Path, roster: SignedRoster | None, now_ms: int) -> Verified:
    try:
        document = json.loads(path.read_bytes())
        known = (document["lancang"], document["format"]) == ("log-extract", 1)
        acts = _list(document["acts"])
    except (ValueError, KeyError, TypeError):
        known, document, acts = False, {}, []
    if not known:
        raise LancangError(Code.INPUT_INVALID, "export: neither a full nor a partial one of format 1")
    end = end_from(document)
    newest = _newest(end.checkpoints)
    rosters, anchored = _rosters(end, roster, now_ms)
    for signed in end.checkpoints:
        _check_signed(signed, newest, rosters)
    by_size = {signed.checkpoint.size: signed for signed in end.checkpoints}
    proven = tuple(_proven(act, by_size) for act in acts)
    found = _verified(newest, newest.size, end.checkpoints, rosters, anchored)
    return replace(found, acts=proven)


def _proven(act: dict[str, object], by_size: dict[int, SignedCheckpoint]) -> ProvenAct:
    """Raises LancangError: LOG_ALTERED for an act that is not in the tree, or a field that does not belong to it."""
    try:
        number, leaf_bytes = int(str(act["number"])), bytes.fromhex(str(act["leaf"]))
        path = [bytes.fromhex(str(each)) for each in _list(act["path"])]
        signed = by_size[int(str(act["size"]))]
        fields = [
            (str(each["field"]), str(each["value"]), bytes.fromhex(str(each["salt"]))) for each in _list(act["opened"])
        ]
        leaf = Leaf.decode(leaf_bytes)
    except (ValueError, KeyError, TypeError):
        raise LancangError(Code.INPUT_INVALID, "export: an act in it can't be read") from None
    said = signed.checkpoint
    if tree.root_from_inclusion(tree.leaf_hash(leaf_bytes), number - 1, said.size, path) != said.root:
        raise LancangError(Code.LOG_ALTERED, f"act {number} is not in the log that was signed")
    for field, value, salt in fields:
        if commitment(salt, field, value.encode()) not in leaf.commitments:
            raise LancangError(Code.LOG_ALTERED, f"what is said of act {number} is not what was logged: {field}")
    vouched = tuple(sorted(given.witness for given in signed.cosignatures))
    return ProvenAct(number, leaf, vouched, tuple(Opened(field, value) for field, value, _ in fields))


def _list(value: object) -> list[dict[str, object]]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _newest(checkpoints: Sequence[SignedCheckpoint]) -> Checkpoint:
    if not checkpoints:
        raise LancangError(Code.LOG_ALTERED, "no checkpoint: nothing of it is signed")
    return max((signed.checkpoint for signed in checkpoints), key=lambda said: (said.generation, said.size))


def _rosters(end: ExportEnd, own: SignedRoster | None, now_ms: int) -> tuple[list[SignedRoster], bool]:
    """The rosters that follow each other, the oldest first, and whether they lead to the verifier's own."""
    chain: list[SignedRoster] = []
    for document in end.rosters:
        signed = parse_signed(document)
        chain.append(accept_between(chain[-1] if chain else None, signed, now_ms))
    if own is None:
        if not chain:
            raise LancangError(
                Code.ROSTER_INVALID, "the export holds no roster", remedy="Name your own: --roster FILE."
            )
        return chain, False
    own = accept_between(None, own, now_ms)
    if not any(signed.hash == own.hash for signed in chain):
        # Another history of rosters, or none: only the keys that the verifier's own one names count.
        return [own], True
    return chain, True


def _check_signed(signed: SignedCheckpoint, newest: Checkpoint, rosters: Sequence[SignedRoster]) -> None:
    """Raises LancangError(LOG_ALTERED) unless owner and witnesses have signed."""
    said = signed.checkpoint
    if (said.alliance, said.owner) != (newest.alliance, newest.owner):
        raise LancangError(Code.LOG_ALTERED, "a checkpoint of another log")
    if not _signed_by_any(_keys(rosters, said.owner), partial(verify_checkpoint, signed)):
        raise LancangError(Code.LOG_ALTERED, f"{said.owner} did not sign the checkpoint of {said.size} leaves")
    for given in signed.cosignatures:
        keys = _keys(rosters, given.witness) if given.witness != said.owner else set()
        if not _signed_by_any(keys, partial(verify_cosignature, said, given)):
            raise LancangError(
                Code.LOG_ALTERED, f"{given.witness} did not vouch for the checkpoint of {said.size} leaves"
            )


def _keys(rosters: Sequence[SignedRoster], node_id: str) -> set[bytes]:
    """Every key that a roster names for a node: what it signed under an earlier one still counts."""
    named = (signed.roster.member(node_id) for signed in rosters)
    return {member.signing_key for member in named if member is not None}


def _signed_by_any(keys: Iterable[bytes], check: Callable[[bytes], None]) -> bool:
    for key in keys:
        try:
            check(key)
        except LancangError:
            continue
        return True
    return False


def _verified(
    newest: Checkpoint,
    size: int,
    checkpoints: Iterable[SignedCheckpoint],
    rosters: Sequence[SignedRoster],
    anchored: bool,
) -> Verified:
    last = rosters[-1].roster
    if last.alliance != newest.alliance:
        raise LancangError(Code.LOG_ALTERED, "the log is of another alliance than the roster")
    others = tuple(member.node_id for member in last.members if member.node_id != newest.owner)
    return Verified(
        newest.alliance, newest.owner, newest.generation, size, newest.root, _vouched(checkpoints), others,
        last.version, rosters[-1].hash, anchored,
    )  # fmt: skip


def _vouched(checkpoints: Iterable[SignedCheckpoint]) -> tuple[Vouched, ...]:
    """From the longest: who vouches for a longer log vouches for every shorter one that it begins with."""
    result: list[Vouched] = []
    names: set[str] = set()
    for signed in sorted(checkpoints, key=lambda each: each.checkpoint.size, reverse=True):
        new = {given.witness for given in signed.cosignatures} - names
        if new:
            names |= new
            ms = min(given.ms for given in signed.cosignatures)
            result.append(Vouched(signed.checkpoint.size, tuple(sorted(names)), ms))
    return tuple(result)
