"""What every chain has to publish next: its changes, and where the lists of their records begin.

A plan may be made for a round while the one before it is built and stored. It holds only if nothing became visible
meanwhile: then the records of the two are different ones, and what was read is what would be read again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from node.acts.publishing.encode import encode_versions
from node.acts.publishing.heads import Heads, derive
from node.acts.runtime.node import Node
from node.acts.runtime.publications import Publication
from node.errors import Code, LancangError
from node.storage import chains, evaluations, publishing
from node.storage.chains import Cursor
from node.storage.publishing import Pending
from node.storage.records import Kind
from node.storage.sealed_records import Evaluations


@dataclass(frozen=True, slots=True, repr=False)
class Outbox:
    """A chain and its next changes, at least one. full: whether there may be more."""

    publication: Publication
    found: Sequence[Pending]
    full: bool

    def records(self) -> Iterator[int]:
        """The versions to be posted."""
        return (change.version for change in self.found if change.kind is Kind.PUT)


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """What every chain publishes in one round, and the heads of the records that are posted.

    publications: all chains there were; visible: the newest change there was, when the first of the plans that build on
    each other was read; ends: where each chain that they publish will stand once all of them are stored, by its number.
    """

    publications: tuple[Publication, ...]
    visible: int
    outboxes: Sequence[Outbox]
    heads: Heads
    ends: Mapping[int, Cursor]

    @property
    def full(self) -> bool:
        """Whether there may be more to publish after it."""
        return any(outbox.full for outbox in self.outboxes)


@dataclass(frozen=True, slots=True, repr=False)
class _Read:
    """Outboxes as they stand, and by epoch the evaluations of records whose heads are not known."""

    publications: tuple[Publication, ...]
    visible: int
    outboxes: Sequence[Outbox]
    opened: Mapping[int, Mapping[int, Evaluations]]


async def plan_next(node: Node, limit: int, known: Heads) -> Plan:
    """At most limit changes of every chain from where it stands.

    known: heads derived before; they can't be wrong. An import encodes for the newest epoch alone: for an older one
    that is made up here. Raises LancangError(STORAGE_DAMAGED) if it can't be: left out, a record would look withdrawn
    to its audience.
    """
    read = await node.read(_read, node, limit, {}, known)
    if lacking := _lacking(read, known):
        for epoch, versions in lacking.items():
            await encode_versions(node, node.epochs[epoch], versions)
        read = await node.read(_read, node, limit, {}, known)
        if _lacking(read, known):
            raise LancangError(Code.STORAGE_DAMAGED, "a record to publish has no evaluations")
    return await _planned(node, read, read.visible, known, {})


async def plan_after(node: Node, before: Plan, limit: int) -> Plan:
    """The round after a plan that is not stored yet. Check it with still_holds before it is built."""
    read = await node.read(_read, node, limit, before.ends, {})
    return await _planned(node, read, before.visible, {}, before.ends)


async def still_holds(node: Node, plan: Plan) -> bool:
    """Whether a plan made ahead is what plan_next would give once those before it are stored."""
    if plan.publications != tuple(node.publications) or (await node.read(chains.latest)).visible_no != plan.visible:
        return False
    return all(version in plan.heads[each.publication.chain_no] for each in plan.outboxes for version in each.records())


async def _planned(node: Node, read: _Read, visible: int, known: Heads, before: Mapping[int, Cursor]) -> Plan:
    heads: Heads = {each.publication.chain_no: dict(known.get(each.publication.chain_no, {})) for each in read.outboxes}
    for epoch, chosen in _by_epoch(read.outboxes).items():
        if read.opened[epoch]:
            derived = await derive(node, [each.publication for each in chosen], read.opened[epoch])
            for chain_no, found in derived.items():
                heads[chain_no] |= found
    ends = {outbox.publication.chain_no: outbox.found[-1].cursor for outbox in read.outboxes}
    return Plan(read.publications, visible, read.outboxes, heads, {**before, **ends})


def _read(connection: Connection, node: Node, limit: int, ends: Mapping[int, Cursor], known: Heads) -> _Read:
    """Of one state of the database, so that nothing is withdrawn in between. ends: where chains will stand."""
    publications, visible = tuple(node.publications), chains.latest(connection).visible_no
    # Most chains stand at one place, and the same changes follow it.
    at_place: defaultdict[Cursor, list[Publication]] = defaultdict(list)
    for publication in publications:
        at_place[ends.get(publication.chain_no) or chains.get(connection, publication.chain_no).cursor].append(
            publication
        )
    outboxes: list[Outbox] = []
    for at, chosen in at_place.items():
        if changes := publishing.changes_after(connection, at, limit):
            each = publishing.with_old_tags(connection, [publication.chain_no for publication in chosen], changes)
            outboxes += [Outbox(*both, len(changes) == limit) for both in zip(chosen, each, strict=True)]
    opened = {
        epoch: evaluations.many(connection, node.sealer, wanted, epoch) if wanted else {}
        for epoch, chosen in _by_epoch(outboxes).items()
        for wanted in [_without_heads(chosen, known)]
    }
    return _Read(publications, visible, outboxes, opened)


def _by_epoch(outboxes: Sequence[Outbox]) -> dict[int, list[Outbox]]:
    chosen: defaultdict[int, list[Outbox]] = defaultdict(list)
    for each in outboxes:
        chosen[each.publication.state.scope.epoch].append(each)
    return chosen


def _without_heads(outboxes: Sequence[Outbox], known: Heads) -> list[int]:
    """The versions that some chain is to post and has no heads of."""
    wanted: dict[int, None] = {}
    for each in outboxes:
        heads = known.get(each.publication.chain_no, {})
        wanted |= dict.fromkeys(version for version in each.records() if version not in heads)
    return list(wanted)


def _lacking(read: _Read, known: Heads) -> dict[int, list[int]]:
    """By epoch the versions to be posted of which there are neither heads nor evaluations."""
    found = {
        epoch: [version for version in _without_heads(chosen, known) if version not in read.opened[epoch]]
        for epoch, chosen in _by_epoch(read.outboxes).items()
    }
    return {epoch: versions for epoch, versions in found.items() if versions}
