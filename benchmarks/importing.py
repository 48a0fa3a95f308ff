"""A new record's way to all peers, and a big import, among six real nodes on the same cores."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.floors import PEERS, cores, import_floor, records_a_second
from benchmarks.people import record_lines
from benchmarks.processor_time import of_process, processor_seconds
from benchmarks.rows import Limit, Row, Spread
from tests.support import disk
from tests.support.federation import RunningFederation

OWNER = "th"
SINGLE = 12
RECORDS = 4_000
PATIENCE_SECONDS = 300.0


def measure(running: RunningFederation) -> list[Row]:
    """One record at a time, then thousands."""
    return [_new_record(running), _import(running)]


def _new_record(running: RunningFederation) -> Row:
    """Through the command, its own start included; found means that the peer's copy is searched with it."""
    after: list[float] = []
    whole: list[float] = []
    for line in record_lines(SINGLE, seed=41):
        before = _copied(running)
        begun = time.perf_counter()
        _run_import(running, [line])
        ended = time.perf_counter()
        _await(partial(_moved_on, running, before))
        reached = time.perf_counter()
        after.append(max(0.0, reached - ended))
        whole.append(reached - begun)
    measured = Spread.of(whole, "s")
    notes = {"longest": f"{measured.most:.3g} s", "after the command has ended": Spread.of(after, "s").text()}
    limit = Limit(2.0, "s")
    return Row("a new record findable at all peers, from the command's start", measured, None, measured.most, limit,
               notes)  # fmt: skip


def _import(running: RunningFederation) -> Row:
    """One file, while the six nodes share the cores; done when every peer's delta is published."""
    lines = record_lines(RECORDS, seed=42)
    sample = lines[:400]
    rates = [records_a_second(sample)]
    parts = import_floor(sample)
    process = running.processes[OWNER].pid
    wanted = _published(running, _peers(running)[0]) + -(-RECORDS // 8)
    owner_used, all_used = of_process(process), processor_seconds(running)
    begun = time.perf_counter()
    _run_import(running, lines)
    visible = time.perf_counter() - begun
    _await(lambda: all(_published(running, peer) >= wanted for peer in _peers(running)))
    published = time.perf_counter() - begun
    owner_used, published_used = of_process(process) - owner_used, processor_seconds(running) - all_used
    _await(lambda: all(seq >= wanted for seq in _copied(running)))
    spread = time.perf_counter() - begun
    rates.append(records_a_second(sample))
    floor = sum(rates) / len(rates)
    notes = {
        "records visible at the owner": f"{visible:.2f} s, {RECORDS / visible / floor:.0%} of the floor",
        "published to five audiences": f"{published:.2f} s",
        "in all five peers' copies": f"{spread:.2f} s",
        "CPU time of the owner, its workers included": f"{owner_used:.1f} s; of all six nodes {published_used:.1f} s "
        f"of {cores() * published:.1f} s",
        "the floor's parts": f"tokenising {parts.tokenising / parts.total:.0%}, "
        f"evaluating {parts.evaluating / parts.total:.0%}, deriving {parts.deriving / parts.total:.0%}",
    }
    return Row(
        f"import of {RECORDS} records until published to {PEERS} audiences, six nodes up",
        Spread.of([RECORDS / published], "records/s"),
        Spread.of(rates, "records/s"),
        RECORDS / published / floor * 100,
        Limit(75.0, "%", at_least=True),
        notes,
    )


def _run_import(running: RunningFederation, lines: list[bytes]) -> None:
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        Path(file.name).write_bytes(b"".join(line + b"\n" for line in lines))
        done = running.command("record", "import", file.name, home=OWNER)
    if done.returncode != 0:
        raise AssertionError(f"record import ended with {done.returncode}: {done.stderr}")


def _peers(running: RunningFederation) -> list[str]:
    return [node.node_id for node in running.federation.nodes if node.node_id != OWNER]


def _published(running: RunningFederation, audience: str) -> int:
    return disk.number(running.node(OWNER).home, "SELECT seq FROM chain WHERE audience = ?", audience)


def _copied(running: RunningFederation) -> list[int]:
    """How far each peer has stored the owner's chain; it is searched at once from then on."""
    return [disk.copied_seq(running.node(peer).home, OWNER) for peer in _peers(running)]


def _moved_on(running: RunningFederation, before: Sequence[int]) -> bool:
    return all(now > then for now, then in zip(_copied(running), before, strict=True))


def _await(reached: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        if time.monotonic() > until:
            raise AssertionError(f"not reached in {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.02)
