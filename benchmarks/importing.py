"""A new record's way to all peers, and a big import, among six real nodes on the same cores."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
RECORDS = 8_000
PATIENCE_SECONDS = 300.0


def measure(running: RunningFederation) -> list[Row]:
    """One record at a time, then thousands."""
    return [_new_record(running), _import(running)]


@dataclass(frozen=True, slots=True)
class _Import:
    """Seconds from the command's start until the records are visible, and published to all; CPU seconds till then."""

    visible: float
    published: float
    owner_used: float
    all_used: float


def _new_record(running: RunningFederation) -> Row:
    """Through the command, its own start included; found means that the peer's copy is searched with it."""
    after: list[float] = []
    whole: list[float] = []
    for line in record_lines(SINGLE, seed=41):
        before = _copied(running)
        begun = time.perf_counter()
        run_import(running, [line])
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
    """One file at an owner that has these cores to itself, as nations have; and while six nodes share them."""
    lines = record_lines(2 * RECORDS, seed=42)
    sample = lines[:400]
    rates = [records_a_second(sample)]
    parts = import_floor(sample)
    shared = _timed(running, lines[:RECORDS])
    _await(lambda: _copied(running) == [_published(running, peer) for peer in _peers(running)])
    for peer in _peers(running):
        running.kill(peer)
    alone = _timed(running, lines[RECORDS:])
    rates.append(records_a_second(sample))
    floor = sum(rates) / len(rates)
    notes = {
        "records visible at the owner": f"{alone.visible:.2f} s, {RECORDS / alone.visible / floor:.0%} of the floor",
        "published to five audiences": f"{alone.published:.2f} s",
        "CPU time of the owner, its workers included": f"{alone.owner_used:.1f} s of {cores() * alone.published:.1f} s",
        "the same while six nodes share these cores": f"visible after {shared.visible:.2f} s, published after "
        f"{shared.published:.2f} s; {shared.all_used:.1f} s of {cores() * shared.published:.1f} s CPU time",
        "the floor's parts": f"tokenising {parts.tokenising / parts.total:.0%}, "
        f"evaluating {parts.evaluating / parts.total:.0%}, deriving {parts.deriving / parts.total:.0%}",
    }
    return Row(
        f"import of {RECORDS} records until published to {PEERS} audiences",
        Spread.of([RECORDS / alone.published], "records/s"),
        Spread.of(rates, "records/s"),
        RECORDS / alone.published / floor * 100,
        Limit(75.0, "%", at_least=True),
        notes,
    )


def _timed(running: RunningFederation, lines: list[bytes]) -> _Import:
    process = running.processes[OWNER].pid
    wanted = _published(running, _peers(running)[0]) + -(-len(lines) // 8)
    owner_used, all_used = of_process(process), processor_seconds(running)
    begun = time.perf_counter()
    run_import(running, lines)
    visible = time.perf_counter() - begun
    _await(lambda: disk.number(running.node(OWNER).home, "SELECT min(seq) FROM chain") >= wanted)
    published = time.perf_counter() - begun
    return _Import(visible, published, of_process(process) - owner_used, processor_seconds(running) - all_used)


def run_import(running: RunningFederation, lines: list[bytes]) -> None:
    """Import lines at the owner as a person would, by the command."""
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
