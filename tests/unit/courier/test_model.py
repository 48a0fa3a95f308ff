"""Letters over a line that loses calls, to a handler that fails at times: each once, in order, or told refused."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection

from node.acts.courier.give_up import expire
from node.acts.runtime.node import Node
from node.errors import Code, LancangError
from node.model.courier import Kind, Letter
from tests.support import disk
from tests.support.letter_node import REFUSED, take
from tests.support.letter_pair import Line, Pair, pair_at

SECOND = 1_000
_LOWEST_OWED = """
SELECT message_id FROM outbox AS one WHERE owed = 1 AND number = (
    SELECT min(number) FROM outbox AS other WHERE other.conversation = one.conversation AND other.owed = 1)
"""


class Correspondence(RuleBasedStateMachine):
    """What was written in each line, and what each letter may still become."""

    pair: Pair
    runner: asyncio.Runner

    @initialize()
    def begin(self) -> None:
        self.base = os.urandom(15)
        self.written: dict[bytes, list[bytes]] = defaultdict(list)
        self.refused: set[bytes] = set()
        self.limited: set[bytes] = set()
        self.failing = 0
        self.pair.recipient.courier.handlers[Kind.DISCLOSURE_REQUEST] = self.handle

    def handle(self, connection: Connection, node: Node, letter: Letter) -> None:
        """Take a letter; fail afterwards, with all that was written, as often as was said."""
        take(connection, node, letter)
        if self.failing:
            self.failing -= 1
            raise LancangError(Code.INTERNAL) if self.failing % 2 else RuntimeError("a fault of the handler")

    @rule(
        line=st.integers(0, 3),
        refused=st.booleans(),
        seconds=st.sampled_from([None, None, 5, 20]),
        count=st.integers(1, 3),
    )
    def write(self, line: int, refused: bool, seconds: int | None, count: int) -> None:
        where = self.base + bytes([line])
        until = None if seconds is None else self.pair.clock.now_ms() + seconds * SECOND
        for _ in range(count):
            body = REFUSED if refused else os.urandom(20)
            message_id = self.runner.run(self.pair.write(where, body, until_ms=until))
            self.written[where].append(message_id)
            if refused:
                self.refused.add(message_id)
            if until is not None:
                self.limited.add(message_id)

    @rule(state=st.sampled_from([*Line, Line.LOST_AFTER]))
    def call(self, state: Line) -> None:
        lowest = disk.rows(self.pair.sender.home, _LOWEST_OWED)
        self.pair.line.state, self.pair.line.seen = state, []
        try:
            self.runner.run(self.pair.send())
        except LancangError:
            assert state is not Line.GOOD
        assert {each.letter.message_id for each in self.pair.line.seen} <= {each for (each,) in lowest}

    @rule(seconds=st.integers(1, 30))
    def wait(self, seconds: int) -> None:
        self.pair.clock.advance(seconds * SECOND)
        self.runner.run(self.pair.sender.write(expire, self.pair.sender))

    @rule(times=st.integers(1, 3))
    def let_the_handler_fail(self, times: int) -> None:
        self.failing = times

    @invariant()
    def each_was_taken_at_most_once_and_in_its_order(self) -> None:
        for where, taken in self.taken().items():
            places = [self.written[where].index(message_id) for message_id in taken]
            assert places == sorted(set(places))

    def taken(self) -> dict[bytes, list[bytes]]:
        found: dict[bytes, list[bytes]] = defaultdict(list)
        for where, _, message_id in self.pair.taken():
            if where[:15] == self.base:
                found[where].append(message_id)
        return found

    def teardown(self) -> None:
        if not hasattr(self, "base"):
            return
        self.failing = 0
        self.runner.run(self.pair.send_all())
        taken = {each for letters in self.taken().values() for each in letters}
        told = dict(self.pair.told())
        for message_id in (each for letters in self.written.values() for each in letters):
            state = self.pair.state(message_id)
            assert (state == "delivered") == (message_id in taken)
            assert (message_id in told) == (state in ("refused", "expired"))
            assert state == "delivered" or message_id in self.refused | self.limited
        assert len(self.pair.told()) == len(told)


@pytest.fixture
def machine(founded: Path, tmp_path: Path) -> Iterator[type[Correspondence]]:
    """The machine over one pair of nodes; each example has conversations of its own."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        directory = Path(shutil.copytree(founded, tmp_path / "f"))
        opened = runner.run(stack.enter_async_context(pair_at(directory)))

        class Ours(Correspondence):
            pair = opened

        Ours.runner = runner
        yield Ours
        runner.run(stack.aclose())


def test_whatever_the_line_does_each_letter_arrives_once_and_in_order(machine: type[Correspondence]) -> None:
    run_state_machine_as_test(
        machine,
        # Without shrinking: it would take minutes, and the steps of a failure are printed as they were.
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.reuse, Phase.generate),
        ),
    )
