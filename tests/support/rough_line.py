"""Three nodes in rough conditions: th stands behind a line that can fail, each has a clock of its own that can jump.

Everything that must hold after any fault is checked in one place: records, chains, copies, budgets.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from node.acts.founding.found_federation import found_federation, free_loopback_addresses
from node.clock import SystemClock
from node.v1 import operator_pb2
from tests.support import disk
from tests.support.fault_proxy import FaultProxy
from tests.support.federation import RunningFederation, roomy_policy, wait_for
from tests.support.people import Line, phones_of
from tests.support.six_nodes import wait_spread

MEMBERS = ("cn", "la", "th")
OWNER = "th"
AUDIENCES = ("cn", "la")
ASK = 64


@dataclass(slots=True)
class RoughLine:
    """The federation, the line before th, and what th holds by now: record id -> phone."""

    running: RunningFederation
    proxy: FaultProxy
    extras: Mapping[str, Mapping[str, str]]
    held: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def start(self, node: str = OWNER) -> None:
        """Start a node again and wait until it serves."""
        self.running.start(node, extra=self.extras[node])
        self.running.wait_serving(node)

    def restart(self, node: str = OWNER) -> None:
        """Kill a node and start it again."""
        self.running.kill(node)
        self.start(node)

    def shift_clock(self, node: str, ms: int) -> None:
        """Set a node's clock so far off."""
        Path(self.extras[node]["LANCANG_TEST_CLOCK"]).write_text(str(ms), encoding="ascii")

    def imported(
        self, records: Sequence[Line], on_progress: Callable[[int], None] | None = None
    ) -> operator_pb2.ImportSummary:
        """Import at th, as the same file each time. on_progress is told the lines done. Raises LancangError."""
        summary = import_lines(self.running, OWNER, records, on_progress)
        self.remember(records)
        return summary

    def remember(self, records: Sequence[Line]) -> None:
        """These records stand at th."""
        self.held.update(zip((record["record_id"] for record in records), phones_of(records), strict=True))

    def search(
        self, requester: str, phone: str, seconds: float = 60.0, peers: Sequence[str] = ()
    ) -> dict[str, operator_pb2.Answer]:
        """The answers to one phone within so many seconds."""
        query = json.dumps({"query_id": "q", "phones": [phone]}).encode()
        request = operator_pb2.SearchRequest(query=query, purpose="telecom-fraud", case_number="C-3", peers=peers)
        with self.running.officer(requester) as stub:
            result = stub.Search(request, timeout=seconds).result
        return {answer.node: answer for answer in result.answers}

    def asks(self) -> int:
        """How many asks th has charged."""
        return disk.number(self.running.node(OWNER).home, "SELECT count(*) FROM ask")

    def found(self, requester: str, phones: Sequence[str]) -> dict[str, list[str]]:
        """The tags that each phone leads to at th."""
        answers = answers_of(self.running, requester, OWNER, phones)
        assert {answer.outcome for answer in answers.values()} <= {"hit", "none"}, answers
        return {phone: [hit.tag for hit in answer.hits] for phone, answer in answers.items()}

    def record_of(self, audience: str, tag: str) -> str:
        """The record id behind a tag."""
        reference = operator_pb2.TagReference(tag=bytes.fromhex(tag), audience=audience)
        with self.running.officer(OWNER) as stub:
            shown = stub.ShowRecord(operator_pb2.ShowRecordRequest(tag=reference), timeout=10.0)
        return str(json.loads(shown.record)["record_id"])

    def check_all(self, draw: random.Random, sample: int = 6) -> None:
        """What must hold whenever the dust has settled: nothing lost, nothing doubled, nothing begun anew."""
        self.running.wait_in_sync()
        wait_spread(self.running, OWNER)
        self.check_records(draw, sample)
        self.check_chains()
        check_charges(self.running, OWNER)

    def check_records(self, draw: random.Random, sample: int) -> None:
        """Every record held has one live version and one standing tag an audience; a sample is found exactly once."""
        home = self.running.node(OWNER).home
        with self.running.officer(OWNER) as stub:
            live = stub.GetStatus(operator_pb2.GetStatusRequest(), timeout=10.0).live_records
        assert live == len(self.held)
        standing = (
            "SELECT count(*), count(DISTINCT row) FROM tag JOIN chain USING (chain_no)"
            " WHERE audience = ? AND revoked_seq IS NULL"
        )
        for audience in AUDIENCES:
            assert disk.rows(home, standing, audience) == [(live, live)]
        wanted = dict(draw.sample(sorted(self.held.items()), min(sample, len(self.held))))
        tags = self.found("cn", list(wanted.values()))
        assert {phone: len(each) for phone, each in tags.items()} == dict.fromkeys(wanted.values(), 1)
        if wanted:
            record_id, phone = next(iter(wanted.items()))
            assert self.record_of("cn", tags[phone][0]) == record_id

    def check_chains(self) -> None:
        """One chain an audience, the same S, each label once, each delta on the last; no copy was begun anew."""
        home = self.running.node(OWNER).home
        for audience in AUDIENCES:
            chain = disk.chain(home, audience)
            assert self.secrets.setdefault(audience, (chain.number, chain.secret)) == (chain.number, chain.secret)
            labels = chain.labels()
            assert len(np.unique(labels)) == len(labels)
            links = disk.rows(
                home, "SELECT seq, previous, hash FROM delta WHERE chain_no = ? ORDER BY seq", chain.number
            )
            assert [seq for seq, _, _ in links] == list(range(1, chain.seq + 1))
            assert [previous for _, previous, _ in links[1:]] == [hash_ for _, _, hash_ in links[:-1]]
            received = disk.rows(
                self.running.node(audience).home,
                "SELECT count(*) FROM act WHERE kind = 'index-received' AND peer = ?", OWNER)  # fmt: skip
            assert received == [(1,)]


def check_charges(running: RunningFederation, owner: str) -> None:
    """Every ask taken is charged, logged and counted once, whatever became of its answer."""
    home = running.node(owner).home
    counted = "SELECT sum(used) FROM budget_use WHERE requester = ? AND officer = '' AND window = 'epoch'"
    for requester in running.processes:
        charged = disk.number(home, "SELECT sum(charged) FROM ask WHERE requester = ?", requester)
        logged = disk.number(home, "SELECT count(*) FROM act WHERE kind = 'ask-received' AND peer = ?", requester)
        # The buckets of five minutes are forgotten after a day; the epoch's counter is for ever.
        assert charged == disk.number(home, counted, requester) == logged * ASK


def import_lines(
    running: RunningFederation, node: str, records: Sequence[Line], on_progress: Callable[[int], None] | None = None
) -> operator_pb2.ImportSummary:
    """Import records as a file that is known again by its content. Raises LancangError."""
    lines = [json.dumps(record, ensure_ascii=False).encode() for record in records]
    digest = hashlib.sha256(b"\n".join(lines)).digest()
    header = operator_pb2.ImportHeader(digest=digest, total_lines=len(lines))

    def requests() -> Iterator[operator_pb2.ImportRecordsRequest]:
        yield operator_pb2.ImportRecordsRequest(header=header)
        for at in range(0, len(lines), 256):
            part = operator_pb2.ImportLines(first_line=at + 1, lines=lines[at : at + 256])
            yield operator_pb2.ImportRecordsRequest(lines=part)

    summary = operator_pb2.ImportSummary()
    with running.officer(node) as stub:
        for response in stub.ImportRecords(requests(), timeout=600.0):
            if response.WhichOneof("message") == "progress" and on_progress is not None:
                on_progress(response.progress.lines_done)
            if response.WhichOneof("message") == "summary":
                summary = response.summary
    return summary


def answers_of(
    running: RunningFederation, requester: str, owner: str, phones: Sequence[str]
) -> dict[str, operator_pb2.Answer]:
    """One owner's answer to each phone, searched as one stream."""
    header = operator_pb2.SearchManyHeader(purpose="telecom-fraud", case_number="C-2", peers=[owner])

    def requests() -> Iterator[operator_pb2.SearchManyRequest]:
        yield operator_pb2.SearchManyRequest(header=header)
        for place, phone in enumerate(phones):
            query = json.dumps({"query_id": f"q{place}", "phones": [phone]}).encode()
            yield operator_pb2.SearchManyRequest(query=operator_pb2.SearchManyQuery(line=place + 1, query=query))

    found = {}
    with running.officer(requester) as stub:
        for response in stub.SearchMany(requests(), timeout=300.0):
            assert not response.HasField("refusal"), response.refusal
            found[phones[response.line - 1]] = response.result.answers[0]
    return found


@contextmanager
def rough_line(directory: Path) -> Iterator[RoughLine]:
    """cn, la and th, up and in sync; th's address in the roster is the proxy's."""
    *endpoints, behind = free_loopback_addresses(len(MEMBERS) + 1)
    now = SystemClock().now_ms()
    federation = found_federation(directory / "federation", MEMBERS, roomy_policy(), now, endpoints=endpoints)
    running = RunningFederation(federation)
    extras = {node: {"LANCANG_TEST_CLOCK": str(directory / f"{node}.clock")} for node in MEMBERS}
    extras[OWNER]["LANCANG_LISTEN"] = str(behind)
    with FaultProxy(running.node(OWNER).endpoint, behind) as proxy:
        rough = RoughLine(running, proxy, extras)
        try:
            for node in MEMBERS:
                running.start(node, extra=extras[node])
            running.wait_serving()
            running.wait_in_sync()
            rough.check_chains()
            yield rough
        finally:
            running.stop()


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, listed.read_text(encoding="ascii").split())
    return found


def wait_gone(pids: Sequence[int]) -> None:
    """Wait until these processes have ended."""
    wait_for(lambda: not any(map(_alive, pids)), f"processes {pids} end", 10)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}
