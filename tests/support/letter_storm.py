"""Two nodes that write to each other, each behind a line that can fail; what must hold once the dust has settled."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from node.acts.founding.found_federation import found_federation, free_loopback_addresses
from node.clock import SystemClock
from node.config import Home
from tests.support import disk
from tests.support.fault_proxy import Fault, FaultProxy
from tests.support.federation import RunningFederation, roomy_policy, wait_for
from tests.support.letter_node import WANTED

NODES = ("cn", "th")
_FAULTS = (Fault.CLOSED, Fault.CUT_REQUESTS, Fault.LOSE_ANSWERS, Fault.LOSE_ANSWERS, Fault.SILENT)


@dataclass(slots=True)
class Storm:
    """The federation, and the line before each node."""

    running: RunningFederation
    proxies: Mapping[str, FaultProxy]
    extras: Mapping[str, Mapping[str, str]]

    def home(self, node: str) -> Home:
        """A node's home."""
        return self.running.node(node).home

    def want(self, node: str, count: int) -> None:
        """Let a node write until it has written so many letters in all."""
        new = self.home(node).path / f"{WANTED}.new"
        new.write_text(str(count), encoding="ascii")
        new.rename(self.home(node).path / WANTED)

    def start(self, node: str) -> None:
        """Start a node and wait until it serves."""
        self.running.start(node, extra=self.extras[node])
        self.running.wait_serving(node)

    def taken(self, node: str) -> int:
        """How many letters a node's handler has taken."""
        return disk.number(self.home(node), "SELECT count(*) FROM test_taken")

    def delivered(self, node: str) -> int:
        """How many of its letters a node holds a receipt for."""
        return disk.number(self.home(node), "SELECT count(*) FROM outbox WHERE owed = 0")

    def wait_delivered(self, count: int, seconds: float = 60.0) -> None:
        """Wait until each node has written so many letters and holds a receipt for each."""
        for node in NODES:
            wait_for(lambda node=node: self.delivered(node) >= count, f"{count} letters of {node}", seconds)  # type: ignore[misc]  # default binds node

    def strike(self, draw: random.Random) -> str:
        """Once a few more letters were taken: kill a node, or break a line for a while. Returns what was done."""
        node, fault = draw.choice(NODES), draw.choice(_FAULTS)
        goal = self.taken(node) + draw.randrange(1, 12)
        wait_for(lambda: self.taken(node) >= goal or self._all_written(), f"{node} takes {goal} letters", 120)
        if draw.random() < 0.5:
            self.running.kill(node)
            self.start(node)
            return f"killed {node}"
        self.proxies[node].inject(fault)
        # How long a line is broken is chance too: there is nothing to await.
        time.sleep(draw.uniform(0.05, 0.8))
        self.proxies[node].heal()
        return f"{fault.value} before {node}"

    def _all_written(self) -> bool:
        return all(
            self.delivered(node) >= int((self.home(node).path / WANTED).read_text(encoding="ascii")) for node in NODES
        )

    def check(self, count: int) -> None:
        """Nothing lost, nothing doubled, each conversation in its order, and both logs tell the same."""
        for sender, recipient in (NODES, NODES[::-1]):
            home, other = self.home(sender), self.home(recipient)
            written = disk.rows(home, "SELECT line, message_id FROM test_written ORDER BY n")
            taken = disk.rows(other, "SELECT line, message_id FROM test_taken ORDER BY n")
            assert len(written) == len(taken) == count
            for line in {line for line, _ in written}:
                assert [each for each in taken if each[0] == line] == [each for each in written if each[0] == line]
            assert disk.rows(home, "SELECT state, count(*) FROM outbox GROUP BY state") == [("delivered", count)]
            ids = sorted(message_id for _, message_id in written)
            for node, kind in ((home, "letter-delivered"), (other, "letter-received")):
                acts = disk.rows(node, "SELECT act_id FROM act WHERE kind = ?", kind)
                assert sorted(act_id for (act_id,) in acts) == ids
            assert disk.number(other, "SELECT count(*) FROM act WHERE kind = 'letter-fault'") == 0


@contextmanager
def letter_storm(directory: Path, *, pause: float) -> Iterator[Storm]:
    """cn and th, up, each behind its proxy, ready to write in eight conversations."""
    *endpoints, first, second = free_loopback_addresses(2 * len(NODES))
    behind = dict(zip(NODES, (first, second), strict=True))
    now = SystemClock().now_ms()
    federation = found_federation(directory / "federation", NODES, roomy_policy(), now, endpoints=endpoints)
    environment = {"LETTERS_TO": ",".join(NODES), "LETTERS_LINES": "8", "LETTERS_PAUSE": str(pause)}
    running = RunningFederation(federation, environment, program=("tests.support.letter_node",))
    with ExitStack() as stack:
        proxies = {node: stack.enter_context(FaultProxy(running.node(node).endpoint, behind[node])) for node in NODES}
        extras = {node: {"LANCANG_LISTEN": str(behind[node])} for node in NODES}
        storm = Storm(running, proxies, extras)
        try:
            for node in NODES:
                running.start(node, extra=extras[node])
            running.wait_serving()
            yield storm
        finally:
            running.stop()
