"""One of the two is set back to a backup: what it lost of letters comes again, and new ones find their numbers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from node.acts.runtime.node import Node
from node.acts.upkeep.retain import BODIES_MS, forget_expired
from node.audit.journal import ActKind, record_act
from tests.support import disk
from tests.support.letter_pair import RECIPIENT, SENDER, pair_at


@pytest.fixture
def directory(founded: Path, tmp_path: Path) -> Path:
    """Both homes."""
    return Path(shutil.copytree(founded, tmp_path / "f"))


def back_up(directory: Path, name: str) -> None:
    shutil.copytree(directory / name, directory / f"{name}-backup")


def set_back(directory: Path, name: str) -> None:
    shutil.rmtree(directory / name)
    (directory / f"{name}-backup").rename(directory / name)


async def mark_restored(node: Node) -> None:
    await node.write(record_act, ActKind.NODE_RESTORED, node.node_id, "", node.clock.now_ms())


async def test_a_recipient_that_was_set_back_gets_what_it_lost_again_in_its_order(directory: Path) -> None:
    async with pair_at(directory) as pair:
        written = [await pair.write()]
        await pair.send_all()
    back_up(directory, RECIPIENT)
    async with pair_at(directory) as pair:
        written += [await pair.write() for _ in range(3)]
        await pair.send_all()
    set_back(directory, RECIPIENT)
    async with pair_at(directory) as pair:
        assert len(pair.taken()) == 1
        written.append(await pair.write())
        await pair.send_all()
        assert [message_id for _, _, message_id in pair.taken()] == written
        assert disk.number(pair.sender.home, "SELECT count(*) FROM act WHERE kind = 'letters-sent-again'") == 1
        assert {pair.state(each) for each in written} == {"delivered"}


async def test_of_what_is_not_kept_any_more_a_recipient_gets_the_numbers_and_goes_on(directory: Path) -> None:
    back_up(directory, RECIPIENT)
    async with pair_at(directory) as pair:
        lost = await pair.write()
        await pair.send_all()
        pair.clock.advance(BODIES_MS + 1000)
        await forget_expired(pair.sender)
        assert pair.state(lost) == "delivered"
    set_back(directory, RECIPIENT)
    async with pair_at(directory) as pair:
        new = await pair.write()
        await pair.send_all()
        assert [message_id for _, _, message_id in pair.taken()] == [new]


async def test_a_sender_that_was_set_back_goes_on_behind_the_numbers_it_lost(directory: Path) -> None:
    async with pair_at(directory) as pair:
        kept = await pair.write()
    back_up(directory, SENDER)
    async with pair_at(directory) as pair:
        lost = [await pair.write() for _ in range(2)]
        await pair.send_all()
    set_back(directory, SENDER)
    async with pair_at(directory) as pair:
        await mark_restored(pair.sender)
        new = [await pair.write() for _ in range(2)]
        await pair.send_all()
        assert [message_id for _, _, message_id in pair.taken()] == [kept, *lost, *new]
        assert {pair.state(each) for each in (kept, *new)} == {"delivered"}


async def test_a_sender_that_was_not_restored_does_not_change_its_numbers(directory: Path) -> None:
    back_up(directory, SENDER)
    async with pair_at(directory) as pair:
        await pair.write()
        await pair.send_all()
    set_back(directory, SENDER)
    async with pair_at(directory) as pair:
        stuck = await pair.write()
        await pair.send()
        assert pair.state(stuck) == "waiting"
        assert disk.rows(pair.sender.home, "SELECT number, error FROM outbox") == [(1, "LCG-416")]
