"""A new epoch opens while everybody searches: nothing fails, old hits are known again, the old key is gone at last."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from node.config import Home
from node.v1 import operator_epochs_pb2 as messages
from node.v1 import operator_epochs_pb2_grpc, operator_pb2
from tests.support import disk
from tests.support.federation import RunningFederation, roomy_policy, running_federation, wait_for
from tests.support.people import numbered

PERSON = {"names": [{"text": "Somchai Jaidee"}], "birth_date": "1980-05-17"}
RECORD = {"record_id": "TH-1", "names": [{"text": "สมชาย ใจดี", "script": "Thai"}], "birth_date": "1980-05-17"}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFederation]:
    with running_federation(tmp_path_factory.mktemp("rotation") / "federation", ("cn", "la", "th")) as running:
        running.load("th", [RECORD, *numbered("TH", 80, 0, 0)])
        wait_for(lambda: running.published("th"), "th is published")
        yield running


def hit_of(nodes: RunningFederation) -> tuple[int, operator_pb2.Hit]:
    answer = nodes.search("cn", PERSON, peers=["th"]).answers[0]
    assert answer.outcome == "hit", answer
    return answer.epoch, answer.hits[0]


def rotated(nodes: RunningFederation) -> None:
    done = nodes.command("--as", "administrator", "epoch", "rotate", "--yes", "--reason", "a test", home="th")
    assert done.returncode == 0, done.stderr


def test_a_search_never_fails_while_an_epoch_opens_and_an_old_hit_is_known_again(nodes: RunningFederation) -> None:
    old, before = hit_of(nodes)
    new = old + 1
    answers: list[operator_pb2.Answer] = []
    ended = threading.Event()

    def searching() -> None:
        while not ended.is_set():
            answers.extend(nodes.search("la", PERSON, peers=["th"]).answers)

    search = threading.Thread(target=searching)
    search.start()
    try:
        rotated(nodes)
        wait_for(lambda: hit_of(nodes)[0] == new, f"cn takes up epoch {new}")
        wait_for(lambda: answers[-1].epoch == new, f"la takes up epoch {new}")
    finally:
        ended.set()
        search.join()
    assert {answer.outcome for answer in answers} == {"hit"}
    assert [answer.epoch for answer in answers] == sorted(answer.epoch for answer in answers)
    wait_for(lambda: hit_of(nodes)[1].first_hit_id != "", "the links arrive")
    _, after = hit_of(nodes)
    assert after.tag != before.tag
    first = before.first_hit_id or before.hit_id
    assert after.first_hit_id == first
    # The owner finds its record by either tag.
    for tag in (before.tag, after.tag):
        shown = nodes.command("record", "show", "--tag", tag, "--audience", "cn", "--json", home="th")
        assert json.loads(shown.stdout)["record_id"] == "TH-1"


def test_a_record_of_the_grace_is_published_in_both_epochs(nodes: RunningFederation) -> None:
    if _newest(nodes) == 1:
        rotated(nodes)
    new = {"record_id": "TH-9", "names": [{"text": "ธนพล รุ่งเรือง"}], "birth_date": "1991-02-03"}
    nodes.load("th", [new])
    wait_for(lambda: nodes.published("th"), "th is published")
    query = {"names": [{"text": "Thanaphon Rungrueang"}], "birth_date": "1991-02-03"}
    wait_for(lambda: nodes.search("cn", query, peers=["th"]).answers[0].outcome == "hit", "the new record is found")
    home = nodes.node("th").home
    seq = "SELECT seq FROM chain WHERE epoch = 1 AND audience = 'cn'"
    held = "SELECT seq FROM copy WHERE owner = 'th' AND epoch = 1"
    wait_for(
        lambda: disk.number(home, seq) == disk.number(nodes.node("cn").home, held), "cn follows the old epoch as well"
    )


def test_what_an_administrator_sees(nodes: RunningFederation) -> None:
    if _newest(nodes) == 1:
        rotated(nodes)
    shown = nodes.command("epoch", "show", "--json", home="th")
    assert shown.returncode == 0, shown.stderr
    told = json.loads(shown.stdout)
    states = [each["state"] for each in told["epochs"]]
    assert states == ["grace"] * (len(states) - 1) + ["open"]
    assert len(states) > 1
    assert "grace" in nodes.command("epoch", "show", home="th").stdout
    refused = nodes.command("--as", "analyst", "epoch", "rotate", "--yes", home="th")
    assert refused.returncode not in (0, 1)
    assert "analyst may not call RotateEpoch" in refused.stderr
    nothing = nodes.command("--as", "administrator", "epoch", "rotate", "--cancel", home="th")
    assert nothing.returncode == 11


def test_both_epochs_draw_on_one_budget(nodes: RunningFederation) -> None:
    home = nodes.node("th").home
    charged = disk.number(home, "SELECT sum(charged) FROM ask WHERE requester = 'cn'")
    used = "SELECT sum(used) FROM budget_use WHERE requester = 'cn' AND officer = '' AND window = "
    assert disk.number(home, used + "'epoch'") == charged
    assert disk.number(home, used + "'bucket'") == charged


def test_the_key_of_an_epoch_past_its_grace_is_gone_from_the_disk(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    # Heads come often: a node erases nothing by a clock that its peers have not confirmed.
    often = replace(roomy_policy(), head_seconds=1, stale_seconds=6)
    with running_federation(
        tmp_path / "federation", ("cn", "th"), often, environment={"LANCANG_TEST_CLOCK": str(clock)}
    ) as nodes:
        nodes.load("th", [RECORD])
        wait_for(lambda: nodes.published("th"), "th is published")
        home = nodes.node("th").home
        secrets = disk.rows(home, "SELECT seed, secret_key FROM own_epoch WHERE epoch = 1")[0]
        salts = [row[0] for row in disk.rows(home, "SELECT shared_secret FROM chain WHERE epoch = 1")]
        copied = disk.rows(nodes.node("cn").home, "SELECT shared_secret FROM copy WHERE owner = 'th'")[0]
        assert all(each in _bytes_of(home.path) for each in (*secrets, *salts))
        assert copied[0] in _bytes_of(nodes.node("cn").home.path)
        rotated(nodes)
        wait_for(lambda: hit_of(nodes)[0] == 2, "cn takes up epoch 2")

        clock.write_text(str(9 * 86_400_000))
        closed = "SELECT count(*) FROM own_epoch WHERE state = 'closed'"
        wait_for(lambda: disk.number(home, closed) == 1, "epoch 1 is closed")
        wait_for(lambda: not any(each in _bytes_of(home.path) for each in (*secrets, *salts)), "its key is gone")
        wait_for(lambda: copied[0] not in _bytes_of(nodes.node("cn").home.path), "its copy at cn is gone")
        assert not (nodes.node("cn").home.index / "copies" / "th-1").exists()
        assert disk.number(home, "SELECT count(*) FROM evaluation WHERE epoch = 1") == 0
        assert disk.number(home, "SELECT count(*) FROM ask WHERE epoch = 1 AND elements IS NOT NULL") == 0
        assert hit_of(nodes)[0] == 2


def _bytes_of(home: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(home.rglob("*")) if file.is_file())


def test_a_rotation_killed_at_any_moment_goes_on_by_itself(nodes: RunningFederation, draw: random.Random) -> None:
    home = nodes.node("th").home
    for _ in range(3):
        epoch = _newest(nodes) + 1
        moment, most = draw.choice(
            [
                ("SELECT count(*) FROM own_epoch WHERE epoch = ?", 1),
                ("SELECT count(*) FROM evaluation WHERE epoch = ?", 80),
                ("SELECT count(*) FROM chain WHERE state = 'open' AND epoch = ?", 2),
            ]
        )
        enough = draw.randint(1, most)
        with nodes.officer_channel("th", "administrator") as channel:
            stub = operator_epochs_pb2_grpc.OperatorEpochsServiceStub(channel)
            stub.RotateEpoch(messages.RotateEpochRequest(reason="kill"), timeout=10.0)
        wait_for(partial(_reached, home, moment, epoch, enough), f"{enough} of {moment}")
        nodes.kill("th")
        nodes.start("th")
        nodes.wait_serving("th")
        wait_for(partial(_serves, nodes, epoch), f"cn takes up epoch {epoch}")
    opened = disk.rows(home, "SELECT detail FROM act WHERE kind = 'epoch-opened' ORDER BY act_no")
    assert [json.loads(detail)["epoch"] for (detail,) in opened] == list(range(1, _newest(nodes) + 1))


def _reached(home: Home, sql: str, epoch: int, enough: int) -> bool:
    return disk.number(home, sql, epoch) >= enough


def _serves(nodes: RunningFederation, epoch: int) -> bool:
    if _newest(nodes) != epoch:
        return False
    answer = nodes.search("cn", PERSON, peers=["th"]).answers[0]
    # Just after the kill th may still be out of reach.
    return (answer.outcome, answer.epoch) == ("hit", epoch)


def _newest(nodes: RunningFederation) -> int:
    return disk.number(nodes.node("th").home, "SELECT max(epoch) FROM own_epoch WHERE state = 'open'")
