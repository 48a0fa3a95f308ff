"""Two nodes, each with a clock of its own that a test sets off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from node.acts.founding.found_federation import found_federation
from node.clock import SystemClock
from node.v1 import operator_pb2
from tests.support.federation import RunningFederation, roomy_policy, wait_for

MINUTE, DAY = 60_000, 86_400_000
PHONE = "+66810123456"
RECORD = {"record_id": "TH-1", "names": [{"text": "สมชาย ใจดี"}], "phones": [PHONE]}


@dataclass(frozen=True, slots=True)
class TwoClocks:
    """cn and th, each with a clock of its own."""

    running: RunningFederation
    directory: Path

    def settings(self, node: str) -> dict[str, str]:
        """What a node is started with."""
        return {"LANCANG_TEST_CLOCK": str(self.directory / f"{node}.clock")}

    def set(self, node: str, ms: int) -> None:
        """Set a node's clock so far off."""
        (self.directory / f"{node}.clock").write_text(str(ms), encoding="ascii")

    def answer(self) -> operator_pb2.Answer:
        """What cn is told of someone th holds."""
        return self.running.search("cn", {"phones": [PHONE]}).answers[0]

    def doctor(self, node: str) -> dict[str, operator_pb2.Check]:
        """A node's doctor, by check."""
        with self.running.officer(node, "administrator") as stub:
            checks = stub.RunDoctor(operator_pb2.RunDoctorRequest(), timeout=20.0).checks
        return {check.name: check for check in checks}

    def restart(self, node: str) -> None:
        """Start a node anew."""
        self.running.kill(node)
        self.running.start(node, extra=self.settings(node))
        self.running.wait_serving(node)

    def seen_by_cn(self) -> operator_pb2.Peer:
        """How cn's officers see th."""
        return self.running.peers("cn")[0]

    def wait_followed(self) -> None:
        """Wait until cn follows th again: what it found closed, it finds open when it next greets the owner.

        After the clocks went back the owner's heads still bear the later time, which is shown as stale.
        """
        wait_for(lambda: self.seen_by_cn().state in {"in-sync", "stale"}, "cn follows th again")

    def left_here(self) -> int:
        """What cn may still buy at th today, as th counts."""
        return next(peer.budget_left_here_day for peer in self.running.peers("th") if peer.node_id == "cn")

    def opened(self, node: str) -> int:
        """How many epochs a node has opened."""
        return sum(act.kind == "epoch-opened" for act in self.running.acts(node))

    def right(self) -> None:
        """Set both clocks right, and wait until cn finds what th holds; th may have sent heads of a time to come."""
        for node in ("cn", "th"):
            self.set(node, 0)
        wait_for(lambda: self.answer().outcome == "hit", "cn finds the record")


@contextmanager
def two_clocks(directory: Path) -> Iterator[TwoClocks]:
    """cn and th, th with a record, both clocks right."""
    often = replace(roomy_policy(), head_seconds=1)
    founded = found_federation(directory / "federation", ("cn", "th"), often, SystemClock().now_ms())
    two = TwoClocks(RunningFederation(founded), directory)
    try:
        for node in ("cn", "th"):
            two.running.start(node, extra=two.settings(node))
        two.running.wait_serving()
        two.running.wait_in_sync()
        two.running.load("th", [RECORD])
        yield two
    finally:
        two.running.stop()
