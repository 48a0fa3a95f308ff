"""A recipient whose disk is full takes no letter and says so; with room again each comes once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import disk
from tests.support.federation import RunningFederation, wait_for
from tests.support.letter_node import WANTED
from tests.support.small_disk import on_a_small_disk

COUNT = 600


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[RunningFederation]:
    """cn writes to th, whose data lies on a disk of 16 MB."""
    environment = {"LETTERS_TO": "th", "LETTERS_LINES": "40", "LETTERS_AT_ONCE": "50"}
    program = ("tests.support.letter_node",)
    with on_a_small_disk(tmp_path, "th", environment=environment, program=program) as running:
        yield running


def test_letters_wait_while_the_recipients_disk_is_full_and_come_once(nodes: RunningFederation) -> None:
    sender, recipient = nodes.node("cn").home, nodes.node("th").home
    ballast = recipient.database.parent / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(ballast.parent).free))
    (sender.path / WANTED).write_text(str(COUNT), encoding="ascii")
    full = "SELECT count(*) FROM outbox WHERE error = 'LCG-610' AND owed = 1"
    wait_for(lambda: disk.number(sender, full) > 0, "th says that its disk is full")
    assert nodes.processes["th"].poll() is None
    ballast.unlink()
    assert nodes.command("outbox", "retry", "TH", home="cn").returncode == 0
    wait_for(lambda: disk.number(sender, "SELECT count(*) FROM outbox WHERE state = 'delivered'") == COUNT, "delivered")
    taken = disk.rows(recipient, "SELECT line, message_id FROM test_taken ORDER BY n")
    written = disk.rows(sender, "SELECT line, message_id FROM test_written ORDER BY n")
    assert len(taken) == COUNT
    for line in {line for line, _ in written}:
        assert [each for each in taken if each[0] == line] == [each for each in written if each[0] == line]
