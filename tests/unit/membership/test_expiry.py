"""What ends by itself is told of at its marks, each once; and a pause ends when there is a reason."""

from __future__ import annotations

import asyncio

import pytest

from node.acts.oversight.expiries import DAY_MS, WARN_DAYS_LEAF, Expiry
from node.acts.runtime.copies import NUDGE_MS, PeerView
from node.errors import Code, LancangError
from node.jobs.supervise import keep_running


@pytest.mark.parametrize(
    ("days", "reached"), [(31, None), (30, 30), (8, 30), (7, 7), (2, 7), (1, 1), (0.1, 1), (0, 0), (-3, 0)]
)
def test_a_roster_is_announced_at_thirty_seven_and_one_days(days: float, reached: int | None) -> None:
    assert Expiry("roster", int(days * DAY_MS), 0, "Sign a new one.").reached == reached


@pytest.mark.parametrize(("days", "reached"), [(29, None), (8, None), (7, 7), (1, 1), (0, 0)])
def test_a_certificate_that_lives_thirty_days_is_not_announced_at_thirty(days: int, reached: int | None) -> None:
    assert Expiry("officer analyst", days * DAY_MS, 0, "Renew it.", WARN_DAYS_LEAF).reached == reached


async def test_a_job_that_waits_after_a_failure_is_tried_again_at_once_when_nudged() -> None:
    nudge, turns = asyncio.Event(), asyncio.Queue[int]()

    async def fail() -> None:
        await turns.put(turns.qsize())
        raise LancangError(Code.NODE_UNREACHABLE)

    job = asyncio.create_task(keep_running("test", fail, pause=3_600.0, longest=7_200.0, nudge=nudge))
    async with asyncio.timeout(10):
        await turns.get()
        for _ in range(3):
            while not turns.empty():
                await turns.get()
            # It clears the event when its pause begins: nudge until it is heard.
            while turns.empty():
                nudge.set()
                await asyncio.sleep(0)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)


def test_a_peer_that_calls_is_tried_again_once_a_second_and_only_if_that_may_help() -> None:
    view = PeerView("cn", fault=LancangError(Code.NODE_UNREACHABLE))
    view.heard_of(NUDGE_MS)
    assert view.retry.is_set()
    view.retry.clear()
    view.heard_of(NUDGE_MS + 1)
    assert not view.retry.is_set()
    view.heard_of(2 * NUDGE_MS)
    assert view.retry.is_set()
    broken = PeerView("cn", fault=LancangError(Code.PROOF_WRONG))
    broken.heard_of(NUDGE_MS)
    assert not broken.retry.is_set()
