"""The pool of worker processes: it begins with work, rests, ends, and begins again; a lost worker is replaced."""

from __future__ import annotations

import asyncio
import operator
import os
import signal
from collections.abc import AsyncIterator
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from node.acts.runtime.workers import Workers
from tests.support.federation import wait_for


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    pool = Workers(1)
    yield pool
    pool.close()


async def _gone(pid: int) -> None:
    await asyncio.to_thread(wait_for, lambda: not Path(f"/proc/{pid}").exists(), f"process {pid} has ended")


async def test_a_worker_is_another_process_and_is_kept_for_the_next_work(workers: Workers) -> None:
    first = await workers.run(os.getpid)
    assert first != os.getpid()
    assert await workers.run(os.getpid) == first
    assert await workers.run(operator.add, 2, 3) == 5


async def test_what_a_work_raises_reaches_who_asked_for_it(workers: Workers) -> None:
    with pytest.raises(ZeroDivisionError):
        await workers.run(operator.truediv, 1, 0)
    assert await workers.run(operator.add, 2, 3) == 5


async def test_idle_workers_end_and_the_next_work_begins_new_ones() -> None:
    workers = Workers(1, idle_seconds=0.0)
    first = await workers.run(os.getpid)
    await _gone(first)
    assert await workers.run(os.getpid) != first
    workers.close()


async def test_workers_begun_ahead_end_as_well_when_nothing_comes() -> None:
    before = _children()
    workers = Workers(1, idle_seconds=0.0)
    workers.begin()
    (pid,) = _children() - before
    await _gone(pid)


async def test_a_worker_that_is_ended_at_its_work_fails_that_work_alone(workers: Workers) -> None:
    pid = await workers.run(os.getpid)
    with pytest.raises(BrokenExecutor):
        await workers.run(os.kill, pid, signal.SIGKILL)
    assert await workers.run(operator.add, 2, 3) == 5


async def test_a_worker_that_was_ended_while_idle_costs_no_work(workers: Workers) -> None:
    pid = await workers.run(os.getpid)
    os.kill(pid, signal.SIGKILL)
    await _gone(pid)
    assert await workers.run(operator.add, 2, 3) == 5


def _children() -> set[int]:
    """Processes of this one that run Python code, not multiprocessing's own tracker of resources."""
    found = [int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
    return {pid for pid in found if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()}
