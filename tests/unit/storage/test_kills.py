"""A process killed with SIGKILL in the middle of commits: what was acknowledged is there, nothing is half there."""

from __future__ import annotations

import os
import random
import select as readiness
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from node.audit import journal
from node.crypto.sealing import Sealer
from node.storage import imports, records
from node.storage.engine import Database, open_database
from node.storage.imports import Line
from node.storage.row_keys import RowKeys
from node.storage.schema_asks import ask, budget_use
from node.storage.schema_records import record_import, record_version
from tests.unit.storage.builders import MS, sealed

_Q = 64
_LINES = 400

_WORK_UNTIL_KILLED = """
import os, sys, threading
from pathlib import Path
from node.audit.journal import ActKind, record_act
from node.crypto.sealing import Sealer
from node.model.roster import Budget
from node.policy import budgets
from node.storage import asks, imports
from node.storage.engine import open_database
from node.storage.imports import Line
from node.storage.row_keys import RowKeys
from node.storage.writer import Priority, Writer
from tests.unit.storage.builders import MS, ask, sealed

sealer, keys = Sealer(bytes(range(32))), RowKeys(bytes(range(32, 64)))
writer = Writer(open_database(Path(sys.argv[1])).writing)
first, lines = int(sys.argv[2]), int(sys.argv[3])
plenty = Budget(*[10**9] * 6)

def charge(number):
    def work(connection):
        budgets.charge(connection, "cn", "officer", 1, 64, plenty, MS)
        asks.add(connection, ask(number), 64, MS)
        record_act(connection, ActKind.ASK_ANSWERED, "cn", "cn", MS, {"evaluations": 64})
    return work

def ask_on(start):
    for number in range(start, 10**9, 4):
        writer.call(charge(number))
        os.write(1, f"{number}\\n".encode())

def bring_in():
    begun = writer.call(lambda c: imports.begin(c, bytes(16), bytes(16), MS))
    for done in range(begun.lines_done, lines, 10):
        part = [Line(n, sealed(keys, sealer, f"r{n}")) for n in range(done + 1, done + 11)]
        writer.call(lambda c: imports.stage(c, begun.import_no, part, [], through=done + 10, ms=MS), Priority.BULK)

for start in range(4):
    threading.Thread(target=ask_on, args=(first + start,)).start()
bring_in()
"""


def _run_and_kill(path: Path, first: int, acknowledged: int) -> set[int]:
    """Let a child work until it has acknowledged so many asks, kill it, and return all it acknowledged."""
    child = subprocess.Popen(
        [sys.executable, "-c", _WORK_UNTIL_KILLED, str(path), str(first), str(_LINES)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    said = b""
    while said.count(b"\n") < acknowledged:
        assert readiness.select([child.stdout], [], [], 30)[0]
        chunk = os.read(child.stdout.fileno(), 65536)
        assert chunk, "the child died by itself"
        said += chunk
    child.send_signal(signal.SIGKILL)
    said += child.stdout.read()
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    return {int(line) for line in said.split(b"\n")[:-1]}


def _check(database: Database, acknowledged: set[int]) -> None:
    with database.reading() as connection:
        stored = {int.from_bytes(each, "big") for each in connection.scalars(select(ask.c.ask_id))}
        used = connection.scalar(
            select(func.sum(budget_use.c.used)).where(budget_use.c.window == "epoch", budget_use.c.officer == "")
        )
        assert acknowledged <= stored
        assert used == _Q * len(stored)
        assert journal.count(connection) == len(stored)
        lines_done = connection.scalar(select(record_import.c.lines_done)) or 0
        assert connection.scalar(select(func.count()).select_from(record_version)) == lines_done
        assert records.counts(connection).live == 0  # staged is not visible
    assert database.damage() == []


def test_a_killed_node_keeps_what_it_acknowledged_and_resumes(path: Path, sealer: Sealer, keys: RowKeys) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - to repeat a failure
    chosen = random.Random(seed)
    acknowledged: set[int] = set()
    for attempt in range(3):
        acknowledged |= _run_and_kill(path, 1 + attempt * 10**6, chosen.randrange(1, 120))
        database = open_database(path)
        _check(database, acknowledged)
        database.close()
    database = open_database(path)
    with database.writing.begin() as connection:
        begun = imports.begin(connection, bytes(16), bytes(16), MS)
        rest = [Line(number, sealed(keys, sealer, f"r{number}")) for number in range(begun.lines_done + 1, _LINES + 1)]
        if rest:
            imports.stage(connection, begun.import_no, rest, [], through=_LINES, ms=MS)
        imports.make_visible(connection, begun.import_no, MS)
    with database.reading() as connection:
        assert [record.record_id for record in records.live(connection, sealer)] == [
            f"r{number}" for number in range(1, _LINES + 1)
        ]
    database.close()
