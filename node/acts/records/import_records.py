"""Import records: read and evaluate lines in worker processes, stage them in short transactions, show them by one.

Lines are staged in their order, so an import that was interrupted goes on after the last staged one; those before are
only read for their record ids, which no later line may repeat. What stands so already is not evaluated again.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from sqlalchemy import Connection

from matcher.reading import claimed_id
from node.acts.epochs.own_epoch import current_epoch
from node.acts.runtime.long_work import EncodedTokens, ReadRecord, encode_records, read_and_encode, read_lines
from node.acts.runtime.node import Node
from node.acts.runtime.serving import ServingEpoch
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.model.records import ImportReport, RefusedLine
from node.observe import RECORDS
from node.storage import imports, records, standing
from node.storage.imports import Import, Line, Refusal
from node.storage.sealed_records import Evaluations, seal_record

P = ParamSpec("P")
T = TypeVar("T")

CHUNK = 128
"""Lines a worker takes at once and a transaction stages at once: some 10 ms."""

SMALLEST_CHUNK = 32
"""Towards the end of a file chunks get smaller, so that all workers end together."""

FEW = 192
"""Up to so many lines are worked on in this process: starting workers costs more than it saves."""

ROOM_LEFT_BYTES = 64 << 20
"""Disk that an import leaves free (a sixteenth of a small one): a full one could no longer charge an ask."""


class AbandonedError(Exception):
    """The sender takes back what it sent: the file is not the one that was announced."""


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What an officer wants imported. digest: SHA-256 of the lines; total_lines: 0 if unknown."""

    digest: bytes
    total_lines: int
    dry_run: bool
    officer: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is. resume_from_line: the first line wanted."""

    lines_done: int
    resume_from_line: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class _Chunk:
    """Lines ready to be staged, through the last of them. rows, verdicts: by line; lines: none in a dry run.

    Of lines that are staged already it holds the rows alone.
    """

    through: int
    lines: tuple[Line, ...]
    refused: tuple[RefusedLine, ...]
    rows: Mapping[int, bytes]
    verdicts: Mapping[int, str]


@dataclass(slots=True)
class _Import:
    """One import under way."""

    node: Node
    order: ImportOrder
    epoch: ServingEpoch
    begun: Import | None = None
    seen: dict[bytes, int] = field(default_factory=dict)
    tally: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("added", "changed", "unchanged", "refused"), 0)
    )

    @property
    def small(self) -> bool:
        """Whether it is known to be worked on in this process."""
        return 0 < self.order.total_lines <= FEW

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """In a worker process; a small file in a thread."""
        run = self.node.compute if self.small else self.node.workers.run
        return await run(work, *args, **kwargs)


async def import_records(
    node: Node, order: ImportOrder, batches: AsyncIterator[tuple[int, list[bytes]]]
) -> AsyncIterator[Progress | RefusedLine | ImportReport]:
    """Import lines as they come; yields progress, each refused line, and the report at the end.

    Raises LancangError(INPUT_INVALID) once batches raise AbandonedError; what was staged is dropped.
    """
    node.check_holds_records()
    job = _Import(node, order, current_epoch(node))
    if not job.small:
        node.workers.begin()
    try:
        async for item in _take(job, batches):
            yield item
    except AbandonedError:
        if job.begun is not None:
            await node.write(imports.drop, job.begun.import_no, node.clock.now_ms())
        raise LancangError(Code.INPUT_INVALID, "the import was given up by who sent it; nothing was taken") from None
    yield await _finish(job)


async def _take(job: _Import, batches: AsyncIterator[tuple[int, list[bytes]]]) -> AsyncIterator[Progress | RefusedLine]:
    if not job.order.dry_run:
        job.begun = await _begin(job)
    done = job.begun.lines_done if job.begun else 0
    yield Progress(done, resume_from_line=1)
    if job.begun is not None and done:
        for earlier in await _reported(job, job.begun):
            yield earlier
    queue: deque[asyncio.Task[_Chunk]] = deque()
    try:
        async for first, lines in _chunks(job, batches, done):
            work = _reread if first <= done else _work
            queue.append(asyncio.create_task(work(job, first, lines)))
            if len(queue) > 2 * job.node.workers.count:
                async for item in _stage(job, await queue.popleft()):
                    yield item
        while queue:
            async for item in _stage(job, await queue.popleft()):
                yield item
    finally:
        for task in queue:
            task.cancel()


async def _begin(job: _Import) -> Import:
    node, digest, now = job.node, job.node.row_keys.file(job.order.digest), job.node.clock.now_ms()
    return await node.write(imports.begin, node.random(16), digest, now)


async def _reported(job: _Import, begun: Import) -> list[RefusedLine]:
    """What was said of lines before the interruption."""
    refused: list[RefusedLine] = []
    while page := await job.node.read(imports.report, begun.import_no, refused[-1].line if refused else 0):
        refused += [RefusedLine(each.number, each.code, each.message, "") for each in page]
    return refused


async def _chunks(
    job: _Import, batches: AsyncIterator[tuple[int, list[bytes]]], done: int
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """All lines in chunks, none of which has lines staged before (through done) beside others.

    Raises LancangError(INPUT_INVALID) if a line is missing between.
    """
    expected = 1
    async for first, lines in batches:
        if first > expected:
            raise LancangError(Code.INPUT_INVALID, f"line {first} came where line {expected} was expected")
        rest = lines[expected - first :]
        while rest:
            size = min(CHUNK, done + 1 - expected) if expected <= done else _chunk_size(job, expected)
            part, rest = rest[:size], rest[size:]
            yield expected, part
            expected += len(part)


def _chunk_size(job: _Import, first: int) -> int:
    if not job.order.total_lines:
        return CHUNK
    left = job.order.total_lines + 1 - first
    return max(SMALLEST_CHUNK, min(CHUNK, left // (2 * job.node.workers.count)))


async def _reread(job: _Import, first: int, lines: list[bytes]) -> _Chunk:
    """Only the record ids of lines that an interrupted import has staged, refused or found unchanged."""
    read = await job.run(read_lines, first, lines)
    rows = {item.line: job.node.row_keys.record(item.record_id) for item in read if isinstance(item, ReadRecord)}
    return _Chunk(first + len(lines) - 1, (), (), rows, {})


async def _work(job: _Import, first: int, lines: list[bytes]) -> _Chunk:
    """Read lines and evaluate what does not stand so already, seal it."""
    node, secret = job.node, job.epoch.key.secret
    known, doubtful = await node.read(_standing, node, first, lines)
    if job.order.dry_run:
        read = await job.run(read_lines, first, lines)
    else:
        read = await job.run(read_and_encode, secret, first, lines, doubtful)
    taken = [item for item in read if isinstance(item, ReadRecord)]
    rows = {item.line: node.row_keys.record(item.record_id) for item in taken}
    new = [item for item in taken if known.get(rows[item.line]) != node.row_keys.content(rows[item.line], item.content)]
    changed = {item.line for item in new}
    sealed: tuple[Line, ...] = ()
    if not job.order.dry_run:
        late = [item for item in new if item.encoded is None]
        encoded = await job.run(encode_records, secret, [item.content for item in late]) if late else []
        by_line = {item.line: item.encoded for item in new if item.encoded is not None}
        by_line |= dict(zip((item.line for item in late), encoded, strict=True))
        sealed = await node.compute(_seal, job, taken, by_line)
    return _Chunk(
        through=first + len(lines) - 1,
        lines=sealed,
        refused=tuple(item for item in read if isinstance(item, RefusedLine)),
        rows=rows,
        verdicts={
            line: "unchanged" if line not in changed else "changed" if row in known else "added"
            for line, row in rows.items()
        },
    )


def _standing(
    connection: Connection, node: Node, first: int, lines: Sequence[bytes]
) -> tuple[dict[bytes, bytes], frozenset[int]]:
    """What stands of the records that lines claim to be: its digests by row, and those lines.

    They are not evaluated before it is known whether they change anything.
    """
    claimed = ((number, claimed_id(line)) for number, line in enumerate(lines, first))
    rows = {number: node.row_keys.record(record_id) for number, record_id in claimed if record_id is not None}
    known = standing.digests(connection, list(rows.values()))
    return known, frozenset(number for number, row in rows.items() if row in known)


def _seal(job: _Import, taken: list[ReadRecord], encoded: Mapping[int, EncodedTokens]) -> tuple[Line, ...]:
    node, epoch = job.node, job.epoch.statement.epoch
    lines = []
    for item in taken:
        tokens = encoded.get(item.line)
        evaluations = {epoch: Evaluations(tokens.kinds, tokens.evaluations)} if tokens else {}
        record = seal_record(node.row_keys, node.sealer, item.record_id, item.content, evaluations)
        lines.append(Line(item.line, record))
    return tuple(lines)


async def _stage(job: _Import, chunk: _Chunk) -> AsyncIterator[Progress | RefusedLine]:
    begun = job.begun
    repeated = _repeated(job, chunk)
    if begun is not None and chunk.through <= begun.lines_done:
        return
    refused = sorted((*chunk.refused, *repeated.values()), key=lambda each: each.line)
    if begun is not None:
        _check_room(job.node)
        refusals = [Refusal(each.line, each.code, each.message) for each in refused]
        lines = [line for line in chunk.lines if line.number not in repeated]
        now = job.node.clock.now_ms()
        job.begun = await job.node.write_bulk(
            imports.stage, begun.import_no, lines, refusals, through=chunk.through, ms=now
        )
    for line, verdict in chunk.verdicts.items():
        if line not in repeated:
            job.tally[verdict] += 1
    job.tally["refused"] += len(refused)
    for each in refused:
        yield each
    yield Progress(chunk.through)


def _repeated(job: _Import, chunk: _Chunk) -> dict[int, RefusedLine]:
    """Lines whose record id an earlier line of the file has: which of the two is meant only a person can say."""
    repeated = {}
    for line, row in chunk.rows.items():
        first = job.seen.setdefault(row, line)
        if first != line:
            message = f"record_id: line {first} of this file has the same one, and was taken"
            repeated[line] = RefusedLine(line, Code.INPUT_INVALID, message, "Give each record its own id.")
    return repeated


def _check_room(node: Node) -> None:
    """Raise LancangError(DISK_FULL) before an import takes the room that asks, charges and the log need."""
    disk = shutil.disk_usage(node.home.database.parent)
    room = min(ROOM_LEFT_BYTES, disk.total // 16)
    if disk.free < room:
        raise LancangError(
            Code.DISK_FULL,
            f"{disk.free >> 20} MiB free; an import leaves {room >> 20} MiB to searches",
            remedy="Free space, then run the same import again: it goes on where it stopped.",
        )


async def _finish(job: _Import) -> ImportReport:
    """Make the whole import visible in one short transaction, and wake the publisher."""
    node, begun = job.node, job.begun
    if begun is None:
        return ImportReport(sum(job.tally.values()), **job.tally, dry_run=True)
    added = await node.read(standing.count_added, begun.import_no)
    now = node.clock.now_ms()

    def show(connection: Connection) -> Import:
        done = imports.make_visible(connection, begun.import_no, now)
        detail: Detail = {
            "import_id": done.import_id.hex(),
            "accepted": done.accepted,
            "unchanged": done.unchanged,
            "refused": done.refused,
        }
        record_act(connection, ActKind.RECORDS_IMPORTED, job.order.officer, "", now, detail)
        return done

    done = await node.write(show)
    node.news.set()
    RECORDS.set((await node.read(records.counts)).live)
    return ImportReport(
        lines=done.accepted + done.unchanged + done.refused,
        added=added,
        changed=done.accepted - added,
        unchanged=done.unchanged,
        refused=done.refused,
        dry_run=False,
    )
