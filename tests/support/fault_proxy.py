"""A TCP proxy between two nodes that loses, holds back and cuts, on order: before the peer handled a call, or after.

The line is TLS, so it knows bytes and directions and not messages; that is what a broken line knows too.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from enum import Enum
from types import TracebackType
from typing import Self

from node.config import Address

_PIECE = 16_384


class Fault(Enum):
    """What the line does to bytes."""

    NONE = "none"
    CLOSED = "closed"  # nobody is let in, everybody is cut
    CUT_REQUESTS = "cut-requests"  # the next byte towards the owner ends the connection: nothing is handled
    LOSE_ANSWERS = "lose-answers"  # requests arrive and are handled, answers never come back
    SILENT = "silent"  # nothing arrives anywhere and nothing is closed


class FaultProxy:
    """Listens at one address and passes on to another, until closed. Thread-safe from outside."""

    def __init__(self, listen: Address, target: Address) -> None:
        self.fault = Fault.NONE
        self.delay_seconds = 0.0
        self.bytes_per_second: float | None = None
        self._listen, self._target = listen, target
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        serving = asyncio.start_server(self._pass, self._listen.host, self._listen.port)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def inject(self, fault: Fault) -> None:
        """From now on the line does this. A connection that has lost bytes is of no use any more: heal() cuts it."""
        self.fault = fault
        if fault is Fault.CLOSED:
            self.cut()

    def slow(self, *, delay_seconds: float = 0.0, bytes_per_second: float | None = None) -> None:
        """Hold every piece back, or let only so much through."""
        self.delay_seconds, self.bytes_per_second = delay_seconds, bytes_per_second

    def cut(self) -> None:
        """End every connection at once."""
        self._call(self._abort_all)

    def heal(self) -> None:
        """A good line again, for new connections."""
        harmed = self.fault is not Fault.NONE
        self.fault = Fault.NONE
        self.slow()
        if harmed:
            self.cut()

    def _call(self, what: Callable[[], None]) -> None:
        done = threading.Event()

        def run() -> None:
            what()
            done.set()

        self._loop.call_soon_threadsafe(run)
        done.wait(10)

    def _abort_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _close(self) -> None:
        self._server.close()
        self._abort_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault is Fault.CLOSED:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        inner: asyncio.StreamWriter | None = None
        try:
            with contextlib.suppress(OSError):
                answers, inner = await asyncio.open_connection(self._target.host, self._target.port)
                self._writers |= {writer, inner}
                await asyncio.gather(self._pump(reader, inner, True), self._pump(answers, writer, False))
        finally:
            for each in (writer, inner):
                if each is not None:
                    self._writers.discard(each)
                    each.transport.abort()
            if task is not None:
                self._tasks.discard(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: bool) -> None:
        while piece := await reader.read(_PIECE):
            if self.fault is Fault.CUT_REQUESTS and requests:
                raise ConnectionResetError
            if self.fault is Fault.SILENT or (self.fault is Fault.LOSE_ANSWERS and not requests):
                continue
            if self.delay_seconds:
                await asyncio.sleep(self.delay_seconds)
            if self.bytes_per_second:
                await asyncio.sleep(len(piece) / self.bytes_per_second)
            writer.write(piece)
            await writer.drain()
        raise ConnectionResetError
