"""An owner that showed two histories of its index once, and then behaves: nothing that it does makes that undone.

What does is a new epoch, or an administrator here who drops the copy.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

from node.errors import Code
from tests.support.federation import wait_for
from tests.support.hostile_owner import Honest
from tests.support.hostile_scene import REQUESTER, Scene, playing
from tests.support.hostile_streams import ForksOnce


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The requester, once it has seen the fork."""
    with playing(tmp_path_factory.mktemp("forks") / "f", (Honest, ForksOnce)) as scene:
        scene.settle((Honest, ForksOnce))
        yield scene


def greeted_again(scene: Scene) -> None:
    """Wait until the requester has come back and gone through a whole turn."""
    fake = scene.fakes[ForksOnce.name()]
    assert isinstance(fake, ForksOnce)
    before = fake.greeted
    wait_for(lambda: fake.greeted >= before + 2, "the requester has come back twice")


def restart(scene: Scene) -> None:
    """Start the requester anew, once it has ended."""
    scene.running.start(REQUESTER)
    scene.running.wait_serving(REQUESTER)
    wait_for(lambda: scene.peer(Honest).state == "in-sync", "the honest owner is followed")


def refused(scene: Scene) -> bool:
    """Whether the owner is refused by name, and the search goes on without it."""
    answers = scene.search(Honest, ForksOnce)
    assert answers[Honest.name()].outcome == "hit"
    answer = answers[ForksOnce.name()]
    return (answer.outcome, answer.code) == ("error", Code.BATCH_FORK)


def reports(scene: Scene) -> list[tuple[str, str]]:
    """The faults that the requester has logged: whose, and which."""
    acts = [act for act in scene.running.acts(REQUESTER) if act.kind == "index-refused"]
    return [(act.peer, json.loads(act.detail)["code"]) for act in acts]


def test_good_heads_after_a_fork_do_not_make_it_undone(scene: Scene) -> None:
    greeted_again(scene)
    assert refused(scene)
    assert scene.peer(ForksOnce).code == Code.BATCH_FORK


def test_a_fork_raises_one_alarm(scene: Scene) -> None:
    def raised() -> list[dict[str, str]]:
        acts = [act for act in scene.running.acts(REQUESTER) if act.kind == "alarm-raised"]
        return [{"peer": act.peer, "kind": json.loads(act.detail)["kind"]} for act in acts]

    wait_for(lambda: bool(raised()), "the requester calls its people")
    greeted_again(scene)
    assert raised() == [{"peer": ForksOnce.name(), "kind": "two-histories"}]


@pytest.mark.soak
def test_an_owner_out_of_reach_after_a_fork_is_not_searched_in_the_copy(scene: Scene) -> None:
    fake = scene.fakes[ForksOnce.name()]
    assert isinstance(fake, ForksOnce)
    fake.broken = True
    greeted_again(scene)
    assert refused(scene)
    fake.broken = False


def test_a_fork_outlives_a_restart_and_is_reported_once(scene: Scene) -> None:
    reported = reports(scene)
    assert set(reported) == {(ForksOnce.name(), Code.BATCH_FORK)}
    scene.running.kill(REQUESTER)
    restart(scene)
    greeted_again(scene)
    assert refused(scene)
    assert reports(scene) == reported
    assert scene.fakes[ForksOnce.name()].asks == []


def test_an_administrator_who_drops_the_copy_takes_the_index_anew(scene: Scene) -> None:
    before = scene.fakes[ForksOnce.name()].streams
    scene.running.kill(REQUESTER)
    shutil.rmtree(scene.running.node(REQUESTER).home.index / "copies" / f"{ForksOnce.name()}-1")
    restart(scene)
    wait_for(lambda: scene.fakes[ForksOnce.name()].streams == before + 1, "the index is fetched anew")
    # It forks again, which is found out again.
    wait_for(lambda: scene.peer(ForksOnce).code == Code.BATCH_FORK, "the second fork is seen")
