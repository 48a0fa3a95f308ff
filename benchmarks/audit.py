"""The log at a million leaves: what an act costs beyond its own row, a proof, and verifying a full export.

The floor of verifying is SHA-256 over the same leaves and over the tree above them, on all cores, and nothing else.
"""

from __future__ import annotations

import random
import resource
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, insert

from benchmarks.floors import cores, on_all_cores
from benchmarks.rows import Limit, Row, Spread
from node.acts.founding.found_federation import found_federation
from node.acts.witnessing.verify_export import verify_export
from node.audit import kept_tree
from node.audit.checkpoints import cosign, sign_checkpoint
from node.audit.export import ExportEnd, written
from node.audit.journal import ActKind, Done, act_row, logging_as, record_acts
from node.audit.leaf import Actors, Detail
from node.clock import SystemClock
from node.crypto.signing import SigningKey
from node.model.checkpoint import Checkpoint, SignedCheckpoint
from node.roster.policy_defaults import default_policy
from node.storage import log
from node.storage.engine import Database, open_database
from node.storage.keystore import open_keystore
from node.storage.schema_acts import act
from node.storage.writer import Writer

LEAVES = 1_000_000
AT_ONCE = 2_000
APPENDS, PROOFS, VERIFICATIONS = 300, 300, 3
MS = 1_800_000_000_000


def measure() -> list[Row]:
    """A log is filled, added to, proven and exported."""
    with tempfile.TemporaryDirectory() as scratch:
        database = open_database(Path(scratch) / "node.db")
        writer = Writer(logging_as(database.writing, Actors("th", secrets.token_bytes(32))))
        try:
            for start in range(0, LEAVES, AT_ONCE):
                acts = [_received(number) for number in range(start, start + AT_ONCE)]
                writer.call(lambda connection, acts=acts: record_acts(connection, acts))  # type: ignore[misc]  # a bound default
            rows = [_append(writer), _proof(database)]
            export = Path(scratch) / "th.log"
            size = _export(database, Path(scratch) / "federation", export)
        finally:
            writer.close()
            database.close()
        return [*rows, _verify(export, size)]


def _received(number: int) -> Done:
    """An ask as its owner logs it: eight fields, the largest of the usual acts."""
    detail: Detail = {
        "ask_id": secrets.token_hex(32), "search_id": secrets.token_hex(16), "epoch": 1, "purpose": "telecom-fraud",
        "case_handle": secrets.token_hex(16), "officer": secrets.token_hex(16), "elements": 64,
    }  # fmt: skip
    return Done(ActKind.ASK_RECEIVED, secrets.token_hex(16), "cn", MS + number, detail)


def _append(writer: Writer) -> Row:
    """One act in a transaction of its own, with its leaf and without."""
    whole = [writer.call(_timed(lambda connection: record_acts(connection, [_received(1)]))) for _ in range(APPENDS)]
    bare = [writer.call(_bare) for _ in range(APPENDS)]
    spread, floor = Spread.of(whole, "ms"), Spread.of(bare, "ms")
    beyond = spread.p50 - floor.p50
    return Row(f"an act's leaf in a log of {LEAVES:,}, beyond its row", spread, floor, beyond, Limit(1.0, "ms"))


def _timed(work: Callable[[Connection], None]) -> Callable[[Connection], float]:
    def run(connection: Connection) -> float:
        begun = time.perf_counter()
        work(connection)
        return (time.perf_counter() - begun) * 1e3

    return run


def _bare(connection: Connection) -> float:
    """The row alone, as it was written before there was a tree; undone, for it has no leaf."""
    done, number = _received(1), log.state(connection).size + 1
    connection.exec_driver_sql("SAVEPOINT bare")
    begun = time.perf_counter()
    connection.execute(insert(act), [act_row(number, done)])
    took = (time.perf_counter() - begun) * 1e3
    connection.exec_driver_sql("ROLLBACK TO bare")
    connection.exec_driver_sql("RELEASE bare")
    return took


def _proof(database: Database) -> Row:
    draw = random.Random(7)
    took = []
    for _ in range(PROOFS):
        with database.reading() as reading:
            begun = time.perf_counter()
            kept_tree.inclusion(reading, draw.randint(1, LEAVES), LEAVES)
            took.append((time.perf_counter() - begun) * 1e3)
    spread = Spread.of(took, "ms")
    return Row(
        "an inclusion proof in it", spread, None, spread.p50, Limit(5.0, "ms"), {"the slowest": f"{max(took):.2f} ms"}
    )


def _export(database: Database, federation: Path, target: Path) -> int:
    """A full export as a node writes it, signed and vouched for under a real roster."""
    founded = found_federation(federation, ("cn", "th"), default_policy(), SystemClock().now_ms())
    homes = {node.node_id: node for node in founded.nodes}
    keys = {
        name: open_keystore(node.home.keystore, name, node.secret_file.read_bytes().strip()).signing
        for name, node in homes.items()
    }
    with database.reading() as reading:
        size = log.state(reading).size
        signed = _signed(kept_tree.root(reading, size), size, keys)
        end = ExportEnd((signed,), (homes["th"].home.roster.read_bytes(),))
        with target.open("wb") as file:
            file.writelines(written({"format": 1}, log.leaves(reading, 0, size), end))
    return size


def _signed(root: bytes, size: int, keys: dict[str, SigningKey]) -> SignedCheckpoint:
    signed = sign_checkpoint(Checkpoint("mekong", "th", 1, size, MS, root), keys["th"])
    return replace(signed, cosignatures=(cosign(signed.checkpoint, "cn", MS, keys["cn"]),))


def _verify(export: Path, size: int) -> Row:
    took, waited = [], []
    for _ in range(VERIFICATIONS):
        begun, used = time.perf_counter(), _processor_seconds()
        found = verify_export(export, None, SystemClock().now_ms())
        waited.append(time.perf_counter() - begun)
        # As the floor is measured: what all cores do in the processor time that it took.
        took.append(size / (_processor_seconds() - used) * cores() / 1e3)
        assert found.alone_from > size
    leaf_bytes = (export.stat().st_size - 100_000) // size
    floor = on_all_cores(_hashing, [secrets.token_bytes(leaf_bytes)] * 100_000) / 1e3
    alone = on_all_cores(_leaves_alone, [secrets.token_bytes(leaf_bytes)] * 100_000) / 1e3
    spread = Spread.of(took, "thousand leaves/s")
    notes = {
        "hashing the leaves alone, without the tree": f"{alone:.0f} thousand leaves/s",
        "bytes of a leaf": str(leaf_bytes),
        "on the wall": f"{min(waited):.2f} s at best",
    }
    return Row(
        f"verifying a full export of {size:,} leaves, on {cores()} cores", spread,
        Spread.of([floor], "thousand leaves/s"), spread.p50 / floor * 100, Limit(80.0, "%", at_least=True), notes,
    )  # fmt: skip


def _processor_seconds() -> float:
    """Of this process and of those it has ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _leaves_alone(leaves: Sequence[bytes]) -> float:
    begun = time.thread_time()
    for leaf in leaves:
        sha256(leaf).digest()
    return time.thread_time() - begun


def _hashing(leaves: Sequence[bytes]) -> float:
    """The hashes that a tree of these leaves has, two for each, and nothing else."""
    pair = b"\x01" + bytes(64)
    begun = time.thread_time()
    for leaf in leaves:
        sha256(leaf).digest()
        sha256(pair).digest()
    return time.thread_time() - begun
