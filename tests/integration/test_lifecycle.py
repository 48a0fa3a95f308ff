"""Starting and ending a node: draining with work in hand, and every reason for which it does not start."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from node.acts.founding.found_federation import found_federation
from node.cli.running import running
from node.clock import SystemClock
from node.roster.documents import encode_signed, unsigned
from node.roster.signing import sign_roster
from node.storage.durable_files import write_durably
from node.storage.engine import open_database
from node.v1 import matching_pb2, operator_pb2
from tests.support import disk
from tests.support.federation import RunningFederation, roomy_policy, wait_for
from tests.support.hostile_calls import RefusedError
from tests.support.hostile_members import keys_of, roster_of
from tests.support.hostile_target import SUBSCRIBE, TARGET, Target, found_target

LINE = b'{"record_id": "R-1", "names": [{"text": "Last Minute"}], "category": "wanted"}'


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A node in a roster with members on paper."""
    made = found_target(tmp_path_factory.mktemp("life") / "f", replace(roomy_policy(), head_seconds=1))
    try:
        yield made
    finally:
        made.running.stop()


@pytest.fixture
def serving(target: Target) -> Target:
    """That node, started unless it serves already."""
    target.running.start(TARGET)
    target.running.wait_serving(TARGET)
    return target


@pytest.fixture
def founded(tmp_path: Path) -> RunningFederation:
    """A node that has never run."""
    return RunningFederation(found_federation(tmp_path / "f", [TARGET], roomy_policy(), SystemClock().now_ms()))


def run_node(federation: RunningFederation, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a node that is expected to end by itself at once."""
    node = federation.node(TARGET)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LANCANG_")}
    environment |= {"LANCANG_SECRET_FILE": str(node.secret_file), **extra}
    return subprocess.run(
        [sys.executable, "-m", "node.cli", "--home", str(node.home.path), "node", "run"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def is_ready(metrics: str) -> bool:
    """What /readyz says."""
    try:
        with urllib.request.urlopen(f"http://{metrics}/readyz", timeout=5) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        with error:
            return False


def test_a_node_asked_to_end_finishes_what_it_has_in_hand(serving: Target) -> None:
    """An import half sent and a stream half followed: SIGTERM lets both end well, and nothing is left behind."""
    home, process = serving.running.node(TARGET).home, serving.running.processes[TARGET]
    found = running(home)
    assert found is not None

    def requests() -> Iterator[operator_pb2.ImportRecordsRequest]:
        yield operator_pb2.ImportRecordsRequest(header=operator_pb2.ImportHeader(digest=bytes(32), total_lines=1))
        staging = "SELECT count(*) FROM record_import WHERE state = 'staging'"
        wait_for(lambda: disk.number(home, staging) == 1, "the import has begun")
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: not is_ready(found.metrics), "the node says that it is not ready")
        yield operator_pb2.ImportRecordsRequest(lines=operator_pb2.ImportLines(first_line=1, lines=[LINE]))

    with serving.member("cn") as caller, serving.running.officer(TARGET) as stub:
        stream = caller.stream(SUBSCRIBE, matching_pb2.SubscribeIndexRequest(epoch=1).SerializeToString())
        assert next(stream)
        *_, last = stub.ImportRecords(requests(), timeout=30)
        assert (last.summary.added, last.summary.refused) == (1, 0)
        # The subscriber sees a regular end, not a failure.
        messages = [matching_pb2.SubscribeIndexResponse.FromString(data) for data in stream]
        assert messages[-1].WhichOneof("message") == "head"
    assert process.wait(15) == 0
    assert not home.run.exists()
    assert not found.operator_socket.parent.exists()
    assert '"event": "stopped"' in serving.log()
    # It starts again and has what came at the last minute.
    serving.running.start(TARGET)
    serving.running.wait_serving(TARGET)
    with serving.running.officer(TARGET) as stub:
        assert stub.GetStatus(operator_pb2.GetStatusRequest(), timeout=5).live_records == 1
    serving.serves()


def test_a_node_that_drains_takes_no_new_calls_and_says_so(serving: Target) -> None:
    process = serving.running.processes[TARGET]
    with serving.member("cn") as caller:
        watch = caller.stream("/grpc.health.v1.Health/Watch", b"", seconds=30)
        assert next(watch) == b"\x08\x01"
        process.send_signal(signal.SIGTERM)
        assert next(watch) == b"\x08\x02"
        with pytest.raises(RefusedError):
            caller.unary("/grpc.health.v1.Health/Check", b"")
    assert process.wait(15) == 0


def test_a_second_process_on_one_home_is_refused_and_the_first_goes_on(serving: Target) -> None:
    second = run_node(serving.running)
    assert (second.returncode, "LCG-604" in second.stderr) == (16, True)
    assert "Traceback" not in second.stderr
    assert running(serving.running.node(TARGET).home) is not None
    serving.serves()


def test_a_wrong_secret_opens_nothing(founded: RunningFederation, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    write_durably(wrong, b"not the secret of this node at all\n")
    ended = run_node(founded, LANCANG_SECRET_FILE=str(wrong))
    assert (ended.returncode, "LCG-607" in ended.stderr) == (16, True)
    assert "not the secret" not in ended.stderr
    assert not founded.node(TARGET).home.database.exists()


def test_a_secret_that_is_not_there_is_missed_by_name(founded: RunningFederation, tmp_path: Path) -> None:
    ended = run_node(founded, LANCANG_SECRET_FILE=str(tmp_path / "away"))
    assert (ended.returncode, "LCG-606" in ended.stderr) == (16, True)


def test_a_test_clock_is_refused_under_a_real_roster(founded: RunningFederation, tmp_path: Path) -> None:
    home = founded.node(TARGET).home
    real = unsigned(replace(roster_of(founded.federation, TARGET).roster, demo=False))
    write_durably(home.roster, encode_signed(sign_roster(real, TARGET, keys_of(founded.federation, TARGET).signing)))
    clock = tmp_path / "clock"
    clock.write_text("0")
    ended = run_node(founded, LANCANG_TEST_CLOCK=str(clock))
    assert (ended.returncode, "LCG-611" in ended.stderr) == (2, True)
    assert "test_clock" in ended.stderr


def test_a_demo_takes_a_test_clock(founded: RunningFederation, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text(str(3_600_000))
    founded.start(TARGET, extra={"LANCANG_TEST_CLOCK": str(clock)})
    try:
        founded.wait_serving(TARGET)
        with founded.officer(TARGET) as stub:
            now = stub.GetStatus(operator_pb2.GetStatusRequest(), timeout=5).now_ms
    finally:
        founded.stop()
    assert 3_500_000 < now - SystemClock().now_ms() < 3_700_000


def test_a_database_of_a_newer_lancang_is_refused_and_left_alone(founded: RunningFederation) -> None:
    path = founded.node(TARGET).home.database
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    open_database(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = path.read_bytes()
    ended = run_node(founded)
    assert (ended.returncode, "LCG-609" in ended.stderr) == (17, True)
    assert path.read_bytes() == before


def test_a_roster_that_was_altered_is_refused(founded: RunningFederation) -> None:
    home = founded.node(TARGET).home
    document = home.roster.read_text(encoding="utf-8")
    assert '"list_cap": 256' in document
    home.roster.write_text(document.replace('"list_cap": 256', '"list_cap": 255'), encoding="utf-8")
    ended = run_node(founded)
    assert (ended.returncode, "LCG-304" in ended.stderr) == (9, True)


def test_an_address_that_is_taken_is_named(serving: Target, tmp_path: Path) -> None:
    """Two nodes never share a port unseen."""
    taken = serving.running.node(TARGET).endpoint
    other = found_federation(tmp_path / "g", [TARGET], roomy_policy(), SystemClock().now_ms(), endpoints=[taken])
    ended = run_node(RunningFederation(other))
    assert (ended.returncode, "LCG-611" in ended.stderr) == (2, True)
    assert str(taken) in ended.stderr
