"""SIGKILL at random moments of an import, of publishing and of asks: nothing is lost and nothing doubled."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from node.errors import LancangError
from node.v1 import operator_pb2
from tests.support import disk
from tests.support.federation import wait_for
from tests.support.people import numbered, phones_of
from tests.support.rough_line import AUDIENCES, OWNER, RoughLine, answers_of, children, wait_gone
from tests.support.six_nodes import wait_spread

# More than an import does without worker processes.
LINES = 260
_numbers = count(0, 1_000)


def _killed_import(rough: RoughLine, draw: random.Random) -> None:
    first = next(_numbers)
    records = numbered("TH", LINES, first, first)
    node = rough.running.processes[OWNER]
    moment = draw.randrange(1, LINES)
    workers: list[int] = []

    def progress(done: int) -> None:
        if done >= moment:
            workers.extend(children(node.pid))
            node.kill()

    before = dict(rough.held)
    try:
        rough.imported(records, progress)
    except LancangError:
        # Until it was shown by one transaction, nobody may see anything of it.
        node.wait()
        wait_gone(workers)
        rough.start()
        if _staging(rough):
            rough.held = before
            rough.check_all(draw, 4)
            assert rough.found("cn", phones_of(records)[:3]) == {phone: [] for phone in phones_of(records)[:3]}
    rough.start()
    rough.imported(records)
    rough.check_all(draw)
    assert _staging(rough) == 0


def _staging(rough: RoughLine) -> int:
    """How many imports th has begun and not ended."""
    home = rough.running.node(OWNER).home
    return disk.number(home, "SELECT count(*) FROM record_import WHERE state = 'staging'")


def test_a_killed_import_is_never_half_visible_and_completes_by_the_same_command(
    rough: RoughLine, draw: random.Random
) -> None:
    _killed_import(rough, draw)


def _killed_while_publishing(rough: RoughLine, draw: random.Random) -> None:
    first = next(_numbers)
    records = numbered("TH", 120, first, first)
    home = rough.running.node(OWNER).home
    rough.check_all(draw, 0)
    stop = disk.chain(home, "cn").seq + draw.randrange(1, len(records) // 8)
    rough.imported(records)
    wait_for(lambda: disk.chain(home, draw.choice(AUDIENCES)).seq >= stop, f"a delta of {stop}")
    rough.restart()
    rough.check_all(draw)


def test_publishing_goes_on_where_it_was_killed(rough: RoughLine, draw: random.Random) -> None:
    _killed_while_publishing(rough, draw)


def _killed_while_asked(rough: RoughLine, draw: random.Random) -> None:
    first = next(_numbers)
    rough.imported(numbered("TH", 20, first, first))
    wait_spread(rough.running, OWNER)
    home = rough.running.node(OWNER).home
    paid = disk.number(home, "SELECT count(*) FROM ask")
    enough = paid + draw.randrange(2, 12)
    phones = [draw.choice(sorted(rough.held.values())) for _ in range(40)]
    answered: list[operator_pb2.Answer] = []
    ended = threading.Event()

    def asking(requester: str) -> None:
        for phone in phones:
            if ended.is_set():
                return
            answered.extend(rough.running.search(requester, {"phones": [phone]}, peers=[OWNER]).answers)

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(asking, requester) for requester in ("cn", "la") * 2]
        wait_for(lambda: disk.number(home, "SELECT count(*) FROM ask") >= enough, f"{enough} asks")
        rough.running.kill(OWNER)
        ended.set()
        for each in running:
            each.result()
    good = sum(answer.outcome == "hit" for answer in answered)
    assert {answer.outcome for answer in answered} <= {"hit", "unreachable", "timeout"}
    rough.start()
    # An answer got was paid for; an ask killed under way may have been paid for, never the other way round.
    assert disk.number(home, "SELECT count(*) FROM ask") - paid >= good
    rough.check_all(draw)


def test_no_budget_is_lower_than_what_was_charged_before_a_kill(rough: RoughLine, draw: random.Random) -> None:
    _killed_while_asked(rough, draw)


def _killed_while_asked_of_many(rough: RoughLine, draw: random.Random) -> None:
    first = next(_numbers)
    rough.imported(numbered("TH", 20, first, first))
    wait_spread(rough.running, OWNER)
    paid = rough.asks()
    enough = paid + draw.randrange(1, 40)
    phones = draw.sample(sorted(rough.held.values()), 20) + [f"+66810{number:06}" for number in range(60)]
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(answers_of, rough.running, requester, OWNER, phones) for requester in ("cn", "la")]
        wait_for(lambda: rough.asks() >= enough, f"{enough} asks")
        rough.running.kill(OWNER)
        answers = [answer for each in running for answer in each.result().values()]
    assert {answer.outcome for answer in answers} <= {"hit", "none", "unreachable", "timeout"}
    good = sum(answer.outcome in {"hit", "none"} for answer in answers)
    rough.start()
    # Each ask of a call is charged before any is answered; none twice, though a broken call is sent again.
    assert good <= rough.asks() - paid <= len(answers)
    rough.check_all(draw)


def test_a_kill_in_the_middle_of_many_asks_neither_loses_nor_doubles_a_charge(
    rough: RoughLine, draw: random.Random
) -> None:
    _killed_while_asked_of_many(rough, draw)


def test_a_killed_requester_keeps_its_copies_and_resumes_the_streams(rough: RoughLine, draw: random.Random) -> None:
    rough.running.kill("cn")
    first = next(_numbers)
    rough.imported(numbered("TH", 30, first, first))
    rough.start("cn")
    rough.check_all(draw)


KILLS = (_killed_import, _killed_while_publishing, _killed_while_asked, _killed_while_asked_of_many)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_nothing_is_lost_in_a_long_row_of_kills(rough: RoughLine, draw: random.Random) -> None:
    for _ in range(60):
        draw.choice(KILLS)(rough, draw)
