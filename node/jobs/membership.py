"""Keep what this node does with others in line with the roster: channels, followed indexes, published chains.

It compares what there is with what there should be, so that it may be interrupted and begun again at any point.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from node.acts.epochs.own_epoch import open_publications
from node.acts.following.sync_index import sync_index
from node.acts.membership.standing import changed_for_calls
from node.acts.runtime.node import Node
from node.acts.runtime.peer import Peer
from node.errors import Code, LancangError
from node.jobs.supervise import keep_running
from node.model.roster import Member
from node.observe import INCIDENTS

FOLLOW_PAUSE_SECONDS = 0.2
FOLLOW_LONGEST_SECONDS = 10.0


class Channels(Protocol):
    """The way to the other members (node/app)."""

    async def follow_roster(self) -> None:
        """Open, move and close channels as the roster says."""
        ...

    async def follow_certificate(self) -> None:
        """Present a renewed certificate."""
        ...


@dataclass(slots=True)
class _Follower:
    member: Member
    task: asyncio.Task[None]


class Followers:
    """One loop a peer whose index this node follows."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._running: dict[str, _Follower] = {}

    async def follow_roster(self) -> None:
        """End the loops of whom this node does not follow any more, or knows by other keys now; start the others."""
        wanted = {member.node_id: member for member in self._node.correspondents()}
        ended = [
            self._running.pop(name)
            for name, follower in tuple(self._running.items())
            if name not in wanted or changed_for_calls(follower.member, wanted[name])
        ]
        await _cancelled(ended)
        for follower in ended:
            # It may have been ended between a transaction and what it does to a copy in memory: load them anew.
            self._node.copies.view(follower.member.node_id).copies.clear()
        for name, member in wanted.items():
            peer = self._node.peers.get(name)
            if name not in self._running and peer is not None:
                self._running[name] = _Follower(member, asyncio.create_task(_follow(self._node, peer)))

    async def stop(self) -> None:
        """End all."""
        await _cancelled(list(self._running.values()))
        self._running.clear()


async def _cancelled(followers: list[_Follower]) -> None:
    for follower in followers:
        follower.task.cancel()
    await asyncio.gather(*(follower.task for follower in followers), return_exceptions=True)


async def _follow(node: Node, peer: Peer) -> None:
    await keep_running(
        f"follow {peer.node_id}",
        partial(sync_index, node, peer),
        pause=FOLLOW_PAUSE_SECONDS,
        longest=FOLLOW_LONGEST_SECONDS,
        on_problem=_remember(node, peer),
        nudge=node.copies.view(peer.node_id).retry,
    )


async def follow_membership(node: Node, channels: Channels, followers: Followers) -> None:
    """Wait until something changed, then bring it about. Raises LancangError; then it is tried again."""
    await node.membership.wait()
    node.membership.clear()
    try:
        await channels.follow_certificate()
        await channels.follow_roster()
        await followers.follow_roster()
        forget_leavers(node)
        node.new_audiences.set()
        node.courier.wake.set()
    except BaseException:
        node.membership.set()
        raise


async def open_audiences(node: Node) -> None:
    """Wait until somebody may have joined, then build what is to be published to whom. A large index takes its time."""
    await node.new_audiences.wait()
    node.new_audiences.clear()
    try:
        await open_publications(node)
    except BaseException:
        node.new_audiences.set()
        raise
    # Who left while an index was built for it.
    forget_leavers(node)
    node.news.set()


def forget_leavers(node: Node) -> None:
    """What is published to a member that left is served no more, and its index is searched no more."""
    staying = {member.node_id for member in node.audiences()}
    for publication in node.publications:
        if publication.audience not in staying:
            node.publications.remove(publication.state.scope.epoch, publication.audience)
            publication.wake()
    for gone in node.copies.views.keys() - staying - {node.node_id}:
        if node.roster.roster.member(gone) is None:
            del node.copies.views[gone]


def _remember(node: Node, peer: Peer) -> Callable[[Exception], None]:
    """Keep by name why a peer's index can't be followed."""

    def remember(problem: Exception) -> None:
        view = node.copies.view(peer.node_id)
        known = problem if isinstance(problem, LancangError) else LancangError(Code.INTERNAL, "see this node's log")
        view.fault = known
        INCIDENTS.labels(peer.node_id, known.code.value).inc()

    return remember
