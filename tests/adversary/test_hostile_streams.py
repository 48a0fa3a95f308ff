"""A real requester that follows owners whose index streams break the rules of protocol.md 4, one rule each.

One federation and one search serve all tests here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from node.errors import Code
from tests.support.hostile_links import STREAMING, LinksOfAnotherPast, LinksWithoutEnd, UnsortedLinks
from tests.support.hostile_owner import FakeOwner, Honest
from tests.support.hostile_scene import REQUESTER, Scene, playing
from tests.support.hostile_snapshots import OtherSecretLater, SnapshotAgain
from tests.support.hostile_streams import (
    ForkedDelta,
    GappedDelta,
    ReplayedDelta,
    TagRevokedTwice,
    TwoHeadsForOneNumber,
    UnsortedLabels,
)

# Where the misdeed came: after the snapshot, or after the first delta.
AFTER_SNAPSHOT = (
    UnsortedLabels, GappedDelta, OtherSecretLater, SnapshotAgain, UnsortedLinks, LinksOfAnotherPast, LinksWithoutEnd,
)  # fmt: skip
AFTER_ONE = (ReplayedDelta, ForkedDelta, TwoHeadsForOneNumber, TagRevokedTwice)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The requester, once it has made up its mind on each owner, and one search of all."""
    kinds: tuple[type[FakeOwner], ...] = (Honest, *STREAMING)
    with playing(tmp_path_factory.mktemp("streams") / "f", kinds) as scene:
        scene.settle(kinds)
        scene.answers = scene.search(*kinds)
        yield scene
        assert "unforeseen" not in scene.log()
        assert "Traceback" not in scene.log()
        assert '"level": "error"' not in scene.log()


def named(kind: type[FakeOwner]) -> str:
    """A test's name."""
    return kind.name()


def test_the_honest_are_followed_and_searched(scene: Scene) -> None:
    assert (scene.settled[Honest.name()].state, scene.answers[Honest.name()].outcome) == ("in-sync", "hit")


@pytest.mark.parametrize("kind", STREAMING, ids=named)
def test_a_broken_stream_is_an_error_by_its_code(scene: Scene, kind: type[FakeOwner]) -> None:
    peer = scene.settled[kind.name()]
    assert (peer.state, peer.code) == ("error", kind.code)
    answer = scene.answers[kind.name()]
    assert (answer.outcome, answer.code, list(answer.hits)) == ("error", kind.code, [])


@pytest.mark.parametrize("kind", STREAMING, ids=named)
def test_an_owner_with_a_broken_stream_is_not_asked(scene: Scene, kind: type[FakeOwner]) -> None:
    assert scene.fakes[kind.name()].asks == []


@pytest.mark.parametrize("kind", STREAMING, ids=named)
def test_a_broken_stream_is_kept_as_an_act_once(scene: Scene, kind: type[FakeOwner]) -> None:
    acts = [act for act in scene.running.acts(REQUESTER) if act.kind == "index-refused" and act.peer == kind.name()]
    if kind.code == Code.INPUT_TOO_LARGE:
        # The transport refused it: nothing came that could be kept.
        assert acts == []
        return
    assert {json.loads(act.detail)["code"] for act in acts} == {kind.code}
    assert len(acts) == 1


@pytest.mark.parametrize(("kind", "seq"), [*((kind, 0) for kind in AFTER_SNAPSHOT), *((kind, 1) for kind in AFTER_ONE)])
def test_a_copy_stays_where_the_last_honest_head_left_it(scene: Scene, kind: type[FakeOwner], seq: int) -> None:
    peer = scene.settled[kind.name()]
    assert (peer.seq, peer.epoch) == (seq, 1)
    assert peer.postings == 24 * 1024 + seq * 192


def test_the_requester_comes_back_and_still_refuses(scene: Scene) -> None:
    """It tries again, more and more rarely, and nothing that it is shown again is believed."""
    assert scene.fakes[GappedDelta.name()].streams >= 2
    assert scene.peer(GappedDelta).code == Code.BATCH_GAP


def test_a_fork_is_not_followed_again(scene: Scene) -> None:
    assert scene.fakes[ForkedDelta.name()].streams == 1
    assert scene.peer(ForkedDelta).code == Code.BATCH_FORK
