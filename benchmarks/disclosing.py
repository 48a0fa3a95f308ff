"""From the owner's desk to the requester's screen: how long after the second signature what was approved is read."""

from __future__ import annotations

import time

from benchmarks.rows import Limit, Row, Spread
from tests.support.disclosing import GIVEN, Desks
from tests.support.federation import RunningFederation

DISCLOSURES = 12
STEP_SECONDS = 0.01
PATIENCE_SECONDS = 30.0


def measure(running: RunningFederation) -> list[Row]:
    """Through the commands of both ends, in one process, so that no interpreter's start is measured."""
    desks = Desks(running)
    desks.requested(desks.hit(desks.person()))
    taken = [_one(desks) for _ in range(DISCLOSURES)]
    measured = Spread.of(taken, "s")
    return [
        Row(
            "a disclosure on the requester's screen, after the second signature",
            measured,
            None,
            measured.most,
            Limit(2.0, "s"),
            {"longest": f"{measured.most:.3g} s"},
        )
    ]


def _one(desks: Desks) -> float:
    request_id = desks.requested(desks.hit(desks.person()))
    first = desks.approve(request_id, *GIVEN)
    if first.exit_code:
        raise RuntimeError(first.output)
    begun = time.perf_counter()
    second = desks.approve(request_id, officer="approver")
    if second.exit_code:
        raise RuntimeError(second.output)
    while desks.ask("disclosure", "read", request_id, "--json").exit_code:
        if time.perf_counter() - begun > PATIENCE_SECONDS:
            raise RuntimeError("nothing arrived")
        time.sleep(STEP_SECONDS)
    return time.perf_counter() - begun
