"""Letters between two real nodes: each arrives once, in its conversation's order, and both logs tell of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import disk
from tests.support.federation import RunningFederation, roomy_policy, running_federation, wait_for
from tests.support.letter_node import WANTED

COUNT, LINES = 30, 4


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFederation]:
    """cn and th; cn writes to th."""
    directory = tmp_path_factory.mktemp("letters") / "f"
    environment = {"LETTERS_LINES": str(LINES), "LETTERS_TO": "th"}
    with running_federation(
        directory, ("cn", "th"), roomy_policy(), environment, ("tests.support.letter_node",)
    ) as running:
        yield running


def test_a_letter_queued_in_a_transaction_is_handled_once_at_the_other_end(writers: RunningFederation) -> None:
    (writers.node("cn").home.path / WANTED).write_text(str(COUNT), encoding="ascii")
    sender, receiver = writers.node("cn").home, writers.node("th").home
    wait_for(lambda: disk.number(sender, "SELECT count(*) FROM outbox WHERE state = 'delivered'") == COUNT, "delivered")
    written = disk.rows(sender, "SELECT line, message_id FROM test_written ORDER BY n")
    taken = disk.rows(receiver, "SELECT line, message_id FROM test_taken ORDER BY n")
    for line in {line for line, _ in written}:
        assert [each for each in taken if each[0] == line] == [each for each in written if each[0] == line]
    assert len(taken) == COUNT
    acts = "SELECT act_id FROM act WHERE kind = ? ORDER BY act_id"
    assert disk.rows(sender, acts, "letter-delivered") == disk.rows(receiver, acts, "letter-received")
