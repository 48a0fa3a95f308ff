"""Everything a node does by itself: publish changes, follow each peer's index, forget what has expired."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

import structlog

from node.acts.disclosing.deadlines import watch_deadlines
from node.acts.disclosing.read import erase_disclosed, withdraw_of_revoked
from node.acts.epochs.end_epochs import end_copies, end_epochs
from node.acts.epochs.link_tags import LINKS_MS, links_wanted, publish_links
from node.acts.epochs.rotate import go_on
from node.acts.membership.renew import renew_if_due
from node.acts.membership.revocations import record_revocations
from node.acts.oversight.expiries import ExpiryWatch
from node.acts.publishing.publish import full_delta_waits, publish_cover, publish_pending
from node.acts.runtime.node import Node
from node.acts.upkeep.leavers import forget_left_members
from node.acts.upkeep.retain import forget_expired
from node.clock import SystemClock
from node.config import read_secret
from node.jobs import corrections
from node.jobs.alarms import Looks
from node.jobs.courier import Rounds
from node.jobs.membership import Channels, Followers, follow_membership, open_audiences
from node.jobs.roster_news import RosterNews
from node.jobs.supervise import keep_running
from node.jobs.witnessing import CHECK_SECONDS, ROUND_SECONDS, check_own, go_round

# News is published within 500 ms (protocol.md 4); a short wait lets records that come together share a delta.
LINGER_SECONDS = 0.1
TICK_SECONDS = 0.5
RETENTION_SECONDS = 60.0
CERTIFICATE_SECONDS = 2.0
ALARM_SECONDS = 10.0
DEADLINE_SECONDS = 2.0
# How long after the hour a rotation or the end of an epoch may wait to be noticed.
EPOCH_SECONDS = 2.0

_log = structlog.get_logger("jobs")


class Jobs:
    """The running loops."""

    def __init__(self, loops: list[Coroutine[Any, Any, None]], *others: Followers | Rounds | RosterNews) -> None:
        """others: what keeps tasks of its own beside these loops."""
        self._tasks = [asyncio.create_task(loop) for loop in loops]
        self._others = others

    async def stop(self) -> None:
        """Cancel all and wait for their end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for other in self._others:
            await other.stop()


def start_jobs(node: Node, channels: Channels) -> Jobs:
    """Start every loop. channels: the way to the other members."""
    node.news.set()
    node.membership.set()
    node.roster_news.set()
    followers, rounds, news = Followers(node), Rounds(node), RosterNews(node)
    loops = [
        keep_running("publish", partial(_publish, node), pause=0.01, longest=5.0),
        keep_running("certificate", partial(_certificates, node, channels), pause=CERTIFICATE_SECONDS, longest=60.0),
        keep_running("expiry", ExpiryWatch(node).turn, pause=RETENTION_SECONDS, longest=RETENTION_SECONDS),
        keep_running("epochs", partial(_rotate, node), pause=0.01, longest=60.0),
        keep_running("ended epochs", partial(_end_epochs, node), pause=EPOCH_SECONDS, longest=60.0),
        keep_running("retention", partial(_retain, node), pause=RETENTION_SECONDS, longest=RETENTION_SECONDS),
        keep_running("deadlines", partial(watch_deadlines, node), pause=DEADLINE_SECONDS, longest=60.0),
        keep_running("alarms", Looks(node).look, pause=ALARM_SECONDS, longest=60.0),
        keep_running("checkpoints", partial(go_round, node), pause=ROUND_SECONDS, longest=ROUND_SECONDS),
        keep_running("log check", partial(check_own, node), pause=CHECK_SECONDS, longest=CHECK_SECONDS),
        keep_running("membership", partial(follow_membership, node, channels, followers), pause=0.01, longest=5.0),
        keep_running("corrections", partial(corrections.turn, node), pause=0.01, longest=5.0),
        keep_running("courier", rounds.turn, pause=0.01, longest=5.0),
        keep_running("roster news", news.turn, pause=0.01, longest=5.0),
        keep_running("audiences", partial(open_audiences, node), pause=0.01, longest=5.0),
    ]
    return Jobs(loops, followers, rounds, news)


async def _retain(node: Node) -> None:
    await forget_expired(node)
    await erase_disclosed(node)
    await forget_left_members(node)


async def _certificates(node: Node, channels: Channels) -> None:
    """Renew what is due, present what is new, and log whom the home no longer believes."""
    now = SystemClock().now_ms()
    renewed = await asyncio.to_thread(renew_if_due, node.home, partial(read_secret, node.settings), now)
    if renewed:
        _log.info("certificates renewed", whose=renewed)
    await channels.follow_certificate()
    await record_revocations(node)
    await withdraw_of_revoked(node)


async def _publish(node: Node) -> None:
    """Publish when there is news; with cover traffic, also when there is none."""
    try:
        async with asyncio.timeout(TICK_SECONDS if node.policy.cover_traffic else _links_seconds(node)):
            await node.news.wait()
    except TimeoutError:
        if node.policy.cover_traffic:
            await publish_cover(node)
        await publish_links(node)
        return
    if not await full_delta_waits(node):
        await asyncio.sleep(LINGER_SECONDS)
    node.news.clear()
    node.changes.set()
    try:
        await publish_pending(node)
        await publish_links(node)
    except BaseException:
        node.news.set()
        raise


def _links_seconds(node: Node) -> float | None:
    """How long to wait for news while tags may still have to be linked; for ever while there is one epoch."""
    return LINKS_MS / 1000 if links_wanted(node) else None


async def _rotate(node: Node) -> None:
    """Rotate when it is wanted or due."""
    try:
        async with asyncio.timeout(EPOCH_SECONDS):
            await node.rotation.wanted.wait()
    except TimeoutError:
        pass
    node.rotation.wanted.clear()
    await go_on(node)


async def _end_epochs(node: Node) -> None:
    """End what is past its grace: a rotation that takes hours, or fails, must not keep an older key alive."""
    await end_epochs(node)
    await end_copies(node)
