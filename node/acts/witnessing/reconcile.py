"""Reconcile two logs: what both ends should have logged of each other, leaf by leaf.

The peer hands out its leaves that concern this node, each proven to be in the log that it signed. An act left out at
one end shows; one that both leave out does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from node.acts.membership.standing import check_target
from node.acts.runtime.node import Node
from node.acts.runtime.peer import Peer
from node.acts.witnessing.compare_logs import compare_logs
from node.acts.witnessing.vouch import verify_of_owner
from node.audit import journal, tree
from node.audit.journal import ActKind, Detail, record_act
from node.audit.kinds import CODES
from node.audit.leaf import Leaf, commitments
from node.audit.shared import FOR_ALL, OTHER_END, Line
from node.errors import Code, LancangError
from node.model.checkpoint import Checkpoint, SharedAct
from node.storage import copies, log

PAGE = 500
SETTLING_MS = 60_000
"""So long one end may have logged what the other has not yet, or the last checkpoint does not yet hold."""

_KINDS = {code: kind for kind, code in CODES.items()}
# Who joined later has not taken up what came before: only where both have it, it is compared.
_NOT_MISSED = frozenset({ActKind.ROSTER_ACCEPTED})


class What(StrEnum):
    """How two logs differ in one act."""

    ONLY_HERE = "only-here"
    ONLY_THERE = "only-there"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Numbered:
    """A leaf with the number of its act in the log that has it."""

    act_no: int
    leaf: Leaf

    @property
    def kind(self) -> ActKind | None:
        """None for a kind that a later program logs."""
        return _KINDS.get(self.leaf.act)


@dataclass(frozen=True, slots=True)
class Difference:
    """One act on which the logs do not agree; of both ends' leaves that of this node."""

    what: What
    found: Numbered


@dataclass(frozen=True, slots=True)
class Reconciled:
    """agreed: acts that both logs have alike; settling: too new to tell; peer_size: of the peer's log compared."""

    agreed: int
    differences: tuple[Difference, ...]
    settling: int
    peer_size: int


async def reconcile(node: Node, name: str, from_ms: int, officer: str) -> Reconciled:
    """Compare with one peer, from a time on.

    Raises LancangError: PEER_UNKNOWN, PEER_SUSPENDED, NODE_UNREACHABLE; LOG_FORK if what it hands out is not in the log
    that it signed, or not in the one that this node knows.
    """
    check_target(node, name)
    peer = node.peers.get(name)
    if peer is None:
        raise LancangError(Code.NODE_UNREACHABLE, f"no channel to {name}")
    said, theirs = await _fetched(node, peer)
    ours = await node.read(_own, name)
    found = compare(ours, theirs, from_ms, said.ms - SETTLING_MS)
    good, wrong = judge_heads(theirs.values(), await node.read(_heads, node, name))
    done = Reconciled(found.agreed + good, (*found.differences, *wrong), found.settling, said.size)
    detail: Detail = {"size": said.size, "agreed": done.agreed, "differences": len(done.differences)}
    await node.write(record_act, ActKind.LOG_RECONCILED, officer, name, node.clock.now_ms(), detail)
    return done


def compare(
    ours: Mapping[bytes, Numbered], theirs: Mapping[bytes, Numbered], from_ms: int, settled_ms: int
) -> Reconciled:
    """Compare by act id what two ends logged of each other. settled_ms: what is newer may be missing at one end."""
    agreed, settling, differences = 0, 0, list[Difference]()
    for act_id in {**ours, **theirs}:
        here, there = ours.get(act_id), theirs.get(act_id)
        found = here or there
        if found is None or found.leaf.ms < from_ms:
            continue
        if here is not None and there is not None:
            if _agree(here, there):
                agreed += 1
            else:
                differences.append(Difference(What.DIFFERS, here))
        elif found.kind in OTHER_END and found.kind not in _NOT_MISSED:
            if found.leaf.ms > settled_ms:
                settling += 1
            else:
                differences.append(Difference(What.ONLY_THERE if here is None else What.ONLY_HERE, found))
    differences.sort(key=lambda each: (each.found.leaf.ms, each.found.act_no))
    return Reconciled(agreed, tuple(differences), settling, 0)


@dataclass(frozen=True, slots=True)
class OwnHead:
    """How far this node's copy of an index has come: what its owner's act of that head must commit to."""

    at: frozenset[bytes]
    hash: bytes


def judge_heads(theirs: Iterable[Numbered], heads: Sequence[OwnHead]) -> tuple[int, list[Difference]]:
    """How many heads in the owner's log are those that were shown here, and which are not."""
    good, wrong = 0, list[Difference]()
    for each in theirs:
        said = set(each.leaf.commitments)
        for head in heads:
            if each.kind is ActKind.INDEX_HEAD and head.at <= said:
                if head.hash in said:
                    good += 1
                else:
                    wrong.append(Difference(What.DIFFERS, each))
    return good, wrong


def _heads(connection: Connection, node: Node, owner: str) -> list[OwnHead]:
    found = []
    for copy in copies.every(connection):
        if copy.owner != owner or copy.position is None:
            continue
        secret = copies.shared_secret(connection, node.sealer, owner, copy.epoch)
        seq, hash_ = copy.position.seq, copy.position.hash
        salt = Line(node.alliance, owner, node.node_id).of_head(copy.epoch, seq, hash_, secret).salt
        at = frozenset(commitments(salt, {"epoch": copy.epoch, "seq": seq}))
        found.append(OwnHead(at, commitments(salt, {"hash": hash_.hex()})[0]))
    return found


def _agree(here: Numbered, there: Numbered) -> bool:
    """Whether two leaves tell of one act: kinds that belong together, and nothing that one says and the other denies.

    One end may log more fields than the other; the fields that it shares have the same commitments.
    """
    if here.kind is None or there.kind not in OTHER_END.get(here.kind, frozenset()):
        return False
    one, other = set(here.leaf.commitments), set(there.leaf.commitments)
    return one <= other or other <= one


def _own(connection: Connection, peer: str) -> dict[bytes, Numbered]:
    until = log.state(connection).size
    numbers = journal.shared_with(connection, peer, 0, until, until)
    leaves = (Numbered(act_no, Leaf.decode(log.leaf(connection, act_no))) for act_no in numbers)
    return {each.leaf.act_id: each for each in leaves}


async def _fetched(node: Node, peer: Peer) -> tuple[Checkpoint, dict[bytes, Numbered]]:
    """The checkpoint under which a peer proves its leaves, and those leaves."""
    after, found = 0, dict[bytes, Numbered]()
    first = page = await peer.shared(0, PAGE, 0)
    said = first.signed.checkpoint
    if (said.alliance, said.owner) != (node.alliance, peer.node_id):
        raise LancangError(Code.MESSAGE_MALFORMED, "checkpoint: of another log than was asked for")
    await node.read(verify_of_owner, node, first.signed)
    await compare_logs(node, first.signed, peer.node_id)
    while True:
        if page.signed.checkpoint != said:
            raise LancangError(Code.MESSAGE_MALFORMED, "checkpoint: another one on a later page")
        for act in page.acts:
            if act.act_no <= after:
                raise LancangError(Code.MESSAGE_MALFORMED, "acts: not in the order of the log")
            after = act.act_no
            proven = await node.compute(_proven, act, said, node.node_id)
            found[proven.leaf.act_id] = proven
        if page.complete or not page.acts:
            return said, found
        page = await peer.shared(after, PAGE, said.size)


def _proven(act: SharedAct, said: Checkpoint, reader: str) -> Numbered:
    hash_ = tree.leaf_hash(act.leaf)
    if tree.root_from_inclusion(hash_, act.act_no - 1, said.size, act.path) != said.root:
        raise LancangError(Code.LOG_FORK, f"act {act.act_no} is not in the log that {said.owner} signed")
    try:
        leaf = Leaf.decode(act.leaf)
    except ValueError:
        raise LancangError(Code.MESSAGE_MALFORMED, "leaf: not of this version") from None
    if leaf.peer not in (reader, "") or (not leaf.peer and _KINDS.get(leaf.act) not in FOR_ALL):
        raise LancangError(Code.MESSAGE_MALFORMED, "leaf: it does not concern this node")
    return Numbered(act.act_no, leaf)
