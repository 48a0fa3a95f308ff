"""An officer who leaves in the middle of an act: it is done whole, in the database and in memory, or not at all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from node.acts.epochs.end_epochs import end_epochs
from node.acts.epochs.own_epoch import store_opened
from node.acts.epochs.rotate import begin_rotation, cancel_rotation, go_on
from node.acts.membership.suspend import resume, suspend
from node.acts.publishing.build_chain import write_snapshot
from node.audit.journal import record_act
from node.errors import Code, LancangError
from node.storage import epochs
from node.storage.epochs import EpochState
from node.storage.writer import Priority
from tests.support import disk
from tests.support.federation import wait_for
from tests.unit.acts.owner import founded_owner, imported, owner_at


class Held:
    """A step of a transaction that waits, once it has begun, until it is let go on."""

    def __init__(self, step: Callable[..., Any]) -> None:
        self.begun, self.go_on, self._step = threading.Event(), threading.Event(), step

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.begun.set()
        assert self.go_on.wait(20)
        return self._step(*args, **kwargs)


async def leave_in_the_middle(act: asyncio.Task[Any], step: Held) -> None:
    assert await asyncio.to_thread(step.begun.wait, 20)
    act.cancel()
    step.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await act


async def test_a_suspension_counts_at_once_also_if_the_officer_leaves_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = founded_owner(tmp_path)
    async with owner_at(home) as node:
        for act, left in ((suspend, {"cn"}), (resume, set[str]())):
            step = Held(record_act)
            with monkeypatch.context() as patch:
                patch.setattr("node.acts.membership.suspend.record_act", step)
                await leave_in_the_middle(asyncio.create_task(act(node, "cn", "a reason", "administrator")), step)
            assert set(node.suspended) == left
            assert {name for (name,) in disk.rows(home, "SELECT node_id FROM suspension")} == left


async def test_a_rotation_is_opened_or_given_up_and_the_log_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = founded_owner(tmp_path)
    async with owner_at(home) as node:
        await begin_rotation(node, "administrator", "test")
        step = Held(store_opened)
        monkeypatch.setattr("node.acts.epochs.rotate.store_opened", step)
        turning = asyncio.create_task(go_on(node))
        assert await asyncio.to_thread(step.begun.wait, 20)
        cancelling = asyncio.create_task(cancel_rotation(node, "administrator"))
        # It has asked what there is, and waits for the writer.
        await asyncio.to_thread(wait_for, lambda: node.writer.waiting(Priority.LIVE) == 1, "it waits")
        step.go_on.set()
        with pytest.raises(LancangError) as refused:
            await cancelling
        assert refused.value.code is Code.ROTATION_NONE
        await turning
        assert sorted(node.epochs) == [1, 2]
        assert disk.rows(home, "SELECT count(*) FROM act WHERE kind = 'rotation-given-up'") == [(0,)]


async def test_a_rotation_cancelled_before_it_opens_is_given_up(tmp_path: Path) -> None:
    async with owner_at(founded_owner(tmp_path)) as node:
        await begin_rotation(node, "administrator", "test")
        assert await cancel_rotation(node, "administrator") == 2
        await go_on(node)
        assert [each.state for each in await node.read(epochs.own)] == [EpochState.OPEN]
        await end_epochs(node)
        assert sorted(node.epochs) == [1]


async def test_a_cancelled_rotation_stays_cancelled_when_the_node_ends_at_once(tmp_path: Path) -> None:
    home = founded_owner(tmp_path)
    async with owner_at(home) as node:
        await begin_rotation(node, "administrator", "test")
        assert await cancel_rotation(node, "administrator") == 2
        # Acknowledged: nothing of it can be opened any more, whatever happens to the node now.
        assert disk.rows(home, "SELECT epoch, state, seed, secret_key FROM own_epoch WHERE epoch = 2") == [
            (2, "given-up", None, None)
        ]
    async with owner_at(home) as node:
        await go_on(node)
        assert sorted(node.epochs) == [1]
        assert disk.rows(home, "SELECT epoch, state FROM own_epoch") == [(1, "open")]
        assert disk.rows(home, "SELECT count(*) FROM act WHERE kind = 'epoch-opened'") == [(1,)]
        # Its number was never told to anybody, and is given again.
        assert await begin_rotation(node, "administrator", "test") == 2


async def test_a_rotation_cancelled_in_the_middle_of_the_work_is_given_up_without_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = founded_owner(tmp_path)
    async with owner_at(home) as node:
        await imported(node, [{"record_id": "TH-1", "names": [{"text": "Somchai Jaidee"}]}])
        await begin_rotation(node, "administrator", "test")
        step = Held(write_snapshot)
        monkeypatch.setattr("node.acts.publishing.build_chain.write_snapshot", step)
        turning = asyncio.create_task(go_on(node))
        assert await asyncio.to_thread(step.begun.wait, 20)
        assert await cancel_rotation(node, "administrator") == 2
        step.go_on.set()
        await turning
        assert disk.rows(home, "SELECT epoch, state FROM own_epoch") == [(1, "open")]
        assert disk.rows(home, "SELECT count(*) FROM evaluation WHERE epoch = 2") == [(0,)]
