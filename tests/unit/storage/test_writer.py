"""The writer: groups share a commit, one's failure is its own, nothing is promised before it is durable."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select
from sqlalchemy.exc import IntegrityError

from node.errors import Code, LancangError
from node.storage.engine import Database
from node.storage.schema_records import counter
from node.storage.writer import GROUP_LIMIT, GROUPS_BEFORE_BULK, Priority, Work, Writer


def _put(name: str, value: int = 0) -> Work[str]:
    def work(connection: Connection) -> str:
        connection.execute(insert(counter).values(name=name, value=value))
        return name

    return work


def _names(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.scalars(select(counter.c.name)))


@contextmanager
def _held(writer: Writer) -> Iterator[None]:
    """Keep the writer busy inside, so that what is submitted there waits together."""
    started, go_on = threading.Event(), threading.Event()

    def wait(_connection: Connection) -> None:
        started.set()
        assert go_on.wait(10)

    holding = writer.submit(wait)
    assert started.wait(10)
    yield
    go_on.set()
    holding.result(10)


def test_works_that_wait_share_one_commit(database: Database, writer: Writer) -> None:
    commits: list[Connection] = []
    with _held(writer):
        futures = [writer.submit(_put(str(each))) for each in range(20)]
        event.listen(database.writing, "commit", commits.append)
    assert [future.result(10) for future in futures] == [str(each) for each in range(20)]
    assert len(commits) == 2  # the one that held the writer, and the group


def test_the_failure_of_one_undoes_only_itself(database: Database, writer: Writer) -> None:
    def half(connection: Connection) -> None:
        connection.execute(insert(counter).values(name="half", value=0))
        raise ValueError("no further")

    with _held(writer):
        first, second, third = writer.submit(_put("a")), writer.submit(half), writer.submit(_put("b"))
        twice = writer.submit(_put("a"))
    assert (first.result(10), third.result(10)) == ("a", "b")
    with pytest.raises(ValueError, match="no further"):
        second.result(10)
    with pytest.raises(IntegrityError):
        twice.result(10)
    assert _names(database) == {"a", "b"}


def test_no_future_completes_before_the_commit(database: Database, writer: Writer) -> None:
    done_at_commit: list[bool] = []
    durable_when_done: list[bool] = []

    def look(_connection: Connection) -> None:
        done_at_commit.extend(future.done() for future in futures)

    with _held(writer):
        futures = [writer.submit(_put(str(each))) for each in range(5)]
        for future in futures:
            future.add_done_callback(lambda done: durable_when_done.append(done.result() in _names(database)))
        event.listen(database.writing, "commit", look)
    futures[-1].result(10)
    event.remove(database.writing, "commit", look)
    writer.call(lambda _: None)
    assert done_at_commit == [False] * 10  # the commit of the one that held the writer, then their own
    assert durable_when_done == [True] * 5


def test_a_failed_commit_fails_its_whole_group(database: Database, writer: Writer) -> None:
    def fail(_connection: Connection) -> None:
        raise LancangError(Code.DISK_FULL)

    def arm(_connection: Connection) -> None:
        event.listen(database.writing, "commit", fail)

    with _held(writer):
        doomed: list[Future[Any]] = [writer.submit(_put(f"doomed {each}")) for each in range(3)]
        doomed.append(writer.submit(arm))
    for future in doomed:
        with pytest.raises(LancangError) as failed:
            future.result(10)
        assert failed.value.code is Code.DISK_FULL
    event.remove(database.writing, "commit", fail)
    assert writer.call(_put("after")) == "after"
    assert _names(database) == {"after"}


def test_live_goes_before_bulk(writer: Writer) -> None:
    order: list[str] = []
    with _held(writer):
        futures = [
            writer.submit(lambda _, say=name: order.append(say), priority)  # type: ignore[misc]  # a bound default
            for name, priority in (
                ("bulk 1", Priority.BULK),
                ("bulk 2", Priority.BULK),
                ("live 1", Priority.LIVE),
                ("live 2", Priority.LIVE),
            )
        ]
    for future in futures:
        future.result(10)
    assert order == ["live 1", "live 2", "bulk 1", "bulk 2"]


def test_a_live_work_waits_for_one_bulk_work_at_most(writer: Writer) -> None:
    order: list[str] = []

    def bulk(_connection: Connection) -> None:
        if not order:
            writer.submit(lambda _: order.append("live"))
        order.append("bulk")

    with _held(writer):
        futures = [writer.submit(bulk, Priority.BULK) for _ in range(5)]
    for future in futures:
        future.result(10)
    assert order == ["bulk", "live", "bulk", "bulk", "bulk", "bulk"]


def test_bulk_gets_a_turn_under_steady_live_load(writer: Writer) -> None:
    order: list[str] = []
    with _held(writer):
        futures = [writer.submit(lambda _: order.append("bulk"), Priority.BULK)]
        futures += [
            writer.submit(lambda _: order.append("live")) for _ in range(GROUP_LIMIT * (GROUPS_BEFORE_BULK + 1))
        ]
    for future in futures:
        future.result(10)
    assert order.index("bulk") <= GROUP_LIMIT * GROUPS_BEFORE_BULK


async def test_many_tasks_wait_for_their_own_results(writer: Writer) -> None:
    results = await asyncio.gather(*(writer.run(_put(str(each))) for each in range(50)))
    assert results == [str(each) for each in range(50)]


async def test_a_work_cancelled_before_it_starts_is_not_done(database: Database, writer: Writer) -> None:
    with _held(writer):
        task = asyncio.ensure_future(writer.run(_put("cancelled")))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    writer.call(_put("kept"))
    assert _names(database) == {"kept"}


def test_a_work_may_not_wait_for_another(writer: Writer) -> None:
    with pytest.raises(RuntimeError, match="may not wait"):
        writer.call(lambda _: writer.call(_put("inner")))


def test_closing_finishes_what_waits_and_refuses_more(database: Database) -> None:
    writer = Writer(database.writing)
    with _held(writer):
        futures = [writer.submit(_put("live")), writer.submit(_put("bulk"), Priority.BULK)]
        closing = threading.Thread(target=writer.close)
        closing.start()
    closing.join(10)
    assert [future.result(0) for future in futures] == ["live", "bulk"]
    with pytest.raises(LancangError) as refused:
        writer.submit(_put("late"))
    assert refused.value.code is Code.NODE_DRAINING
