"""Worker processes for the long work of imports and publishing, on every core.

Started with spawn (fork deadlocks under gRPC); this module imports nothing heavy, and a worker dies with its parent.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

IDLE_SECONDS: Final = 60.0
"""So long workers wait for more: an import is followed by its publishing, often by another import."""

_PR_SET_PDEATHSIG = 1


class Workers:
    """A pool of worker processes that begins with the first work and ends once there was none for a while.

    On the event loop's thread only: a worker dies with the thread that began it.
    """

    def __init__(self, count: int, idle_seconds: float = IDLE_SECONDS) -> None:
        """count: processes at most; idle_seconds: how long they outlive their last work."""
        self.count = count
        self._idle_seconds = idle_seconds
        self._pool: ProcessPoolExecutor | None = None
        self._at_work = 0
        self._ending: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Start the processes if there are none, without waiting for them: more work is coming."""
        if self._pool is None:
            # An executor starts one process with each work it is given.
            for _ in range(self.count):
                self._started().submit(os.getpid)
            self._rest()

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do a work, a function of a module with plain arguments, in a worker process.

        Raises what it raises, BrokenExecutor if a process was ended meanwhile; the next work starts new ones.
        """
        self._at_work += 1
        try:
            pool = self._started()
            try:
                future = pool.submit(work, *args, **kwargs)
            except BrokenExecutor:
                # One was ended while all were idle: nothing is lost with it.
                self.close()
                pool = self._started()
                future = pool.submit(work, *args, **kwargs)
            return await asyncio.wrap_future(future)
        except BrokenExecutor:
            if self._pool is pool:
                self.close()
            raise
        finally:
            self._at_work -= 1
            self._rest()

    def close(self) -> None:
        """End the processes; work that has not begun is cancelled."""
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _started(self) -> ProcessPoolExecutor:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        if self._pool is None:
            spawn = get_context("spawn")
            self._pool = ProcessPoolExecutor(
                self.count, mp_context=spawn, initializer=begin_worker, initargs=(os.getpid(),)
            )
        return self._pool

    def _rest(self) -> None:
        if self._pool is not None and not self._at_work:
            self._ending = asyncio.get_running_loop().call_later(self._idle_seconds, self.close)


def begin_worker(parent: int) -> None:
    """A worker's first step: leave signals to its parent, and end when it ends."""
    # Ctrl-C and SIGTERM reach the whole process group: the parent decides when a worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
