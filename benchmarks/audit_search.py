"""What the log adds to a search: the leaves, salts and hashes of the acts that it writes at all six nodes.

In processor time, against that of the whole search at all six nodes: both of one run.
"""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, insert

from benchmarks.floors import PEERS
from benchmarks.people import query_lines
from benchmarks.processor_time import processor_seconds
from benchmarks.rows import Limit, Row, Spread
from node.audit.journal import ActKind, Detail, Done, act_row, logging_as, record_acts
from node.audit.leaf import Actors
from node.storage import log
from node.storage.engine import open_database
from node.storage.schema_acts import act
from node.storage.writer import Writer
from node.v1 import operator_pb2
from tests.support.federation import RunningFederation

SEARCHES, WARM_UP, ROUNDS = 30, 4, 200
REQUESTER = "cn"
MS = 1_800_000_000_000


def measure(running: RunningFederation) -> list[Row]:
    """Searches among six nodes, then their acts alone, with leaves and without."""
    used = _searches(running)
    with tempfile.TemporaryDirectory() as scratch:
        database = open_database(Path(scratch) / "node.db")
        writer = Writer(logging_as(database.writing, Actors("cn", secrets.token_bytes(32))))
        try:
            extra = [writer.call(_extra) for _ in range(ROUNDS)]
        finally:
            writer.close()
            database.close()
    spread, whole = Spread.of(extra, "ms"), Spread.of(used, "ms")
    share = spread.p50 / (whole.p50 - spread.p50) * 100
    return [Row("what leaves and tree add to the acts of a search, CPU of all six nodes", spread, whole, share,
                Limit(5.0, "%"))]  # fmt: skip


def _searches(running: RunningFederation) -> list[float]:
    used = []
    with running.officer(REQUESTER) as stub:
        for number, line in enumerate(query_lines(SEARCHES + WARM_UP, seed=71)):
            request = operator_pb2.SearchRequest(query=line, purpose="telecom-fraud", case_number="BENCH-3")
            before = processor_seconds(running)
            stub.Search(request, timeout=60.0)
            if number >= WARM_UP:
                used.append((processor_seconds(running) - before) * 1e3)
    return used


def _transactions() -> list[list[Done]]:
    """The acts of one search, transaction by transaction: two at the requester, two at each owner."""
    search_id = secrets.token_hex(16)
    sent: Detail = {"search_id": search_id, "purpose": "telecom-fraud", "case_handle": secrets.token_hex(16),
                    "officer": secrets.token_hex(16)}  # fmt: skip
    answer: Detail = {"ask_id": secrets.token_hex(32), "evaluations": 64}
    received: Detail = {**sent, "ask_id": secrets.token_hex(32), "epoch": 1, "elements": 64}
    ended: Detail = {"search_id": search_id, "answered": "kh la mm th vn", "failed": ""}
    answers = [Done(ActKind.ANSWER_RECEIVED, "th", "th", MS, answer, may_repeat=True) for _ in range(PEERS)]
    owners = [
        [Done(kind, "cn", "cn", MS, detail, may_repeat=True)]
        for _ in range(PEERS)
        for kind, detail in ((ActKind.ASK_RECEIVED, received), (ActKind.ASK_ANSWERED, answer))
    ]
    return [
        [Done(ActKind.ASK_SENT, "analyst", "th", MS, sent) for _ in range(PEERS)],
        [*answers, Done(ActKind.SEARCH, "", "", MS, ended)],
        *owners,
    ]


def _extra(connection: Connection) -> float:
    """Milliseconds of processor time of all of them, beyond those of the bare rows that stood there before."""
    whole = bare = 0.0
    for acts in _transactions():
        before = [done for done in acts if done.kind is not ActKind.ANSWER_RECEIVED]
        bare += _bare(connection, before)
        begun = time.thread_time()
        record_acts(connection, acts)
        whole += time.thread_time() - begun
    return (whole - bare) * 1e3


def _bare(connection: Connection, acts: Sequence[Done]) -> float:
    first = log.state(connection).size + 1
    connection.exec_driver_sql("SAVEPOINT bare")
    begun = time.thread_time()
    connection.execute(insert(act), [act_row(first + place, done) for place, done in enumerate(acts)])
    took = time.thread_time() - begun
    connection.exec_driver_sql("ROLLBACK TO bare")
    connection.exec_driver_sql("RELEASE bare")
    return took
