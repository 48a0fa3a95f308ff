"""A disk that fills up under an import: refused by name, nothing lost, searches go on, and it completes later."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.errors import Code, LancangError
from tests.support import disk
from tests.support.federation import RunningFederation, wait_for
from tests.support.people import numbered, phones_of
from tests.support.rough_line import answers_of, check_charges, import_lines
from tests.support.small_disk import on_a_small_disk

SPARE = 1_100_000


NEED = 400_000
"""What a rotation of 440 records takes at least."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[RunningFederation]:
    """cn and th, th's data on a disk of 16 MB."""
    with on_a_small_disk(tmp_path, "th") as running:
        yield running


def test_an_import_that_fills_the_disk_is_refused_and_completes_later(small_disk: RunningFederation) -> None:
    home = small_disk.node("th").home
    before, rest = numbered("TH", 40, 1), numbered("TH", 400, 2, first=1_000)
    import_lines(small_disk, "th", before)
    wait_for(lambda: small_disk.published("th"), "th has published")
    ballast = home.database.parent / "ballast"
    free = shutil.disk_usage(ballast.parent).free
    ballast.write_bytes(bytes(free - SPARE))
    with pytest.raises(LancangError) as full:
        import_lines(small_disk, "th", rest)
    assert full.value.code is Code.DISK_FULL
    assert small_disk.processes["th"].poll() is None
    # With the disk as it is: what stood is found, what was not shown is not.
    phones = [*phones_of(before)[:3], *phones_of(rest)[:2]]
    answers = answers_of(small_disk, "cn", "th", phones)
    assert [answers[phone].outcome for phone in phones] == ["hit"] * 3 + ["none"] * 2
    assert disk.number(home, "SELECT count(*) FROM record_import WHERE state = 'visible'") == 1
    ballast.unlink()
    import_lines(small_disk, "th", rest)
    wait_for(lambda: small_disk.published("th"), "th has published")
    wanted = phones_of(before)[-2:] + phones_of(rest)[::80]
    wait_for(
        lambda: all(len(answer.hits) == 1 for answer in answers_of(small_disk, "cn", "th", wanted).values()),
        "everything is found once",
    )
    assert disk.rows(home, "SELECT count(*), count(DISTINCT row) FROM tag WHERE revoked_seq IS NULL") == [(440, 440)]
    check_charges(small_disk, "th")
    _a_rotation_that_fills_the_disk_goes_on_when_there_is_room(small_disk, ballast, phones_of(before)[:2])


def _a_rotation_that_fills_the_disk_goes_on_when_there_is_room(
    nodes: RunningFederation, ballast: Path, phones: list[str]
) -> None:
    home = nodes.node("th").home
    ballast.write_bytes(bytes(shutil.disk_usage(ballast.parent).free - NEED))
    begun = nodes.command("--as", "administrator", "epoch", "rotate", "--yes", "--no-wait", home="th")
    assert begun.returncode == 0, begun.stderr
    wait_for(lambda: "LCG-610" in nodes.log("th"), "the disk is full")
    answers = answers_of(nodes, "cn", "th", phones)
    assert {(answer.outcome, answer.epoch) for answer in answers.values()} == {("hit", 1)}
    assert disk.rows(home, "SELECT state FROM own_epoch ORDER BY epoch") == [("open",), ("preparing",)]
    ballast.unlink()
    wait_for(lambda: disk.rows(home, "SELECT state FROM own_epoch WHERE epoch = 2") == [("open",)], "it goes on")
    wait_for(
        lambda: {(each.outcome, each.epoch) for each in answers_of(nodes, "cn", "th", phones).values()} == {("hit", 2)},
        "cn takes up epoch 2",
    )
    check_charges(nodes, "th")
