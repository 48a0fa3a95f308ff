"""A real requester among owners who each misbehave in one way: each is named by its code, and nobody else is disturbed.

One federation and one search serve all tests here: what officers of the requester see is taken once and then asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from node.crypto.sealing import Sealer, derive_key
from node.crypto.signing import verify
from node.errors import Code
from node.exchange.epoch_pace import most_a_day
from node.model.epoch import EpochStatement
from node.storage import evidence
from node.storage.keystore import open_keystore
from tests.support.federation import wait_for
from tests.support.hostile_answers import (
    ANSWERING,
    SECRET_TEXT,
    CrashingAnswer,
    NobodyHome,
    OtherKeyClaimedOpenly,
    TerminalTakingStatus,
    WrongProof,
)
from tests.support.hostile_owner import FakeOwner, Honest
from tests.support.hostile_scene import REQUESTER, STALE_SECONDS, Scene, playing
from tests.support.hostile_silence import (
    DatesItsHeadsAhead,
    EndlessList,
    FallsSilent,
    NeverAnswers,
    SilentFromTheStart,
)
from tests.support.hostile_words import SPEAKING, NoStatement, SecondStatementLater
from tests.support.many_epochs import EpochsWithoutEnd, LongPast

SILENT = (FallsSilent, SilentFromTheStart, DatesItsHeadsAhead, EndlessList, NeverAnswers)
JUDGED: tuple[type[FakeOwner], ...] = (Honest, *ANSWERING, *SPEAKING, *SILENT, EpochsWithoutEnd, LongPast)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The requester, once it has made up its mind on each owner, and one search of all that answer at all."""
    with playing(tmp_path_factory.mktemp("owners") / "f", JUDGED) as scene:
        scene.settle(JUDGED)
        scene.answers = scene.search(*(kind for kind in JUDGED if kind is not NeverAnswers))
        yield scene
        # Whatever the owners sent, nothing went wrong that the program had not foreseen.
        assert "unforeseen" not in scene.log()
        assert "Traceback" not in scene.log()
        assert '"level": "error"' not in scene.log()


def named(kind: type[FakeOwner]) -> str:
    """A test's name."""
    return kind.name()


def test_the_search_goes_on_with_the_honest(scene: Scene) -> None:
    answer = scene.answers[Honest.name()]
    assert (answer.outcome, answer.code) == ("hit", "")
    assert [hit.band for hit in answer.hits] == ["strong"]


@pytest.mark.parametrize("kind", [kind for kind in ANSWERING if kind is not NobodyHome], ids=named)
def test_a_wrong_answer_is_an_error_by_its_code(scene: Scene, kind: type[FakeOwner]) -> None:
    assert scene.settled[kind.name()].state == "in-sync"
    answer = scene.answers[kind.name()]
    assert (answer.outcome, answer.code, list(answer.hits)) == ("error", kind.code, [])
    assert len(scene.fakes[kind.name()].asks) == 1


@pytest.mark.parametrize("kind", [kind for kind in SPEAKING if kind is not NoStatement], ids=named)
def test_a_wrong_word_is_an_error_by_its_code(scene: Scene, kind: type[FakeOwner]) -> None:
    peer = scene.settled[kind.name()]
    assert (peer.state, peer.code) == ("error", kind.code)
    answer = scene.answers[kind.name()]
    assert (answer.outcome, answer.code, list(answer.hits)) == ("error", kind.code, [])
    # Nobody pays for an ask to an owner who is known to lie.
    assert scene.fakes[kind.name()].asks == []


def test_an_owner_without_an_epoch_is_refused_and_not_asked(scene: Scene) -> None:
    assert (scene.settled[NoStatement.name()].state, scene.answers[NoStatement.name()].code) == ("error", "LCG-306")
    assert scene.answers[NoStatement.name()].outcome == "refused"


def test_an_owner_who_says_it_is_away_is_taken_at_its_word(scene: Scene) -> None:
    """Nobody can tell a node that is away from one that says so; it is no hit and no 'none'."""
    answer = scene.answers[NobodyHome.name()]
    assert (answer.outcome, answer.code, list(answer.hits)) == ("unreachable", "LCG-601", [])


def test_what_was_copied_before_a_second_key_is_not_searched(scene: Scene) -> None:
    peer = scene.settled[SecondStatementLater.name()]
    assert peer.epoch == 1
    assert peer.postings > 0
    assert scene.answers[SecondStatementLater.name()].outcome == "error"


def test_a_peers_words_do_not_move_a_terminal(scene: Scene) -> None:
    for answer in scene.answers.values():
        assert answer.reason.isprintable()
    assert "owned" in scene.answers[TerminalTakingStatus.name()].reason


def test_a_peers_exception_is_not_repeated(scene: Scene) -> None:
    assert SECRET_TEXT not in scene.answers[CrashingAnswer.name()].reason
    assert SECRET_TEXT not in scene.log()


@pytest.mark.parametrize("kind", [WrongProof, OtherKeyClaimedOpenly], ids=named)
def test_a_wrong_answer_is_kept_as_an_act(scene: Scene, kind: type[FakeOwner]) -> None:
    acts = [act for act in scene.running.acts(REQUESTER) if act.kind == "answer-refused" and act.peer == kind.name()]
    assert [json.loads(act.detail)["code"] for act in acts] == [kind.code]
    asked = scene.fakes[kind.name()].asks[0]
    assert json.loads(acts[0].detail)["ask_id"] == asked.ask_id.hex()


def test_every_owner_was_asked_the_same_blinded_question(scene: Scene) -> None:
    """An owner cannot be told apart by what it was asked; another owner's case handle is not shown to it."""
    asked: tuple[type[FakeOwner], ...] = (Honest, *ANSWERING)
    asks = [scene.fakes[kind.name()].asks[0] for kind in asked]
    assert len({ask.elements for ask in asks}) == 1
    assert len({ask.case for ask in asks}) == len(asks)


def test_a_list_without_end_is_the_owners_fault(scene: Scene) -> None:
    answer = scene.answers[EndlessList.name()]
    assert (answer.outcome, answer.code, list(answer.hits)) == ("error", Code.INDEX_FAULT, [])
    acts = [act for act in scene.running.acts(REQUESTER) if act.kind == "index-refused"]
    assert Code.INDEX_FAULT in [json.loads(act.detail)["code"] for act in acts if act.peer == EndlessList.name()]


def test_who_falls_silent_stays_searchable_and_is_shown_as_stale(scene: Scene) -> None:
    assert scene.settled[FallsSilent.name()].postings > 0

    def stale() -> bool:
        answer = scene.search(FallsSilent)[FallsSilent.name()]
        return (answer.outcome, answer.code) == ("hit", Code.INDEX_STALE)

    wait_for(stale, "the silent owner's index is shown as stale", 3 * STALE_SECONDS)
    assert scene.peer(FallsSilent).code == Code.NODE_TIMEOUT


def test_who_never_says_anything_timed_out(scene: Scene) -> None:
    assert scene.settled[SilentFromTheStart.name()].code == Code.NODE_TIMEOUT
    answer = scene.answers[SilentFromTheStart.name()]
    assert (answer.outcome, answer.code, list(answer.hits)) == ("timeout", Code.NODE_TIMEOUT, [])


def test_heads_from_tomorrow_keep_no_index_fresh(scene: Scene) -> None:
    assert (scene.peer(DatesItsHeadsAhead).state, scene.peer(DatesItsHeadsAhead).code) == ("stale", Code.INDEX_STALE)
    answer = scene.search(DatesItsHeadsAhead)[DatesItsHeadsAhead.name()]
    assert (answer.outcome, answer.code) == ("hit", Code.INDEX_STALE)


def test_who_never_answers_costs_the_others_nothing(scene: Scene) -> None:
    answers = scene.search(NeverAnswers, Honest, seconds=5.0)
    assert (answers[NeverAnswers.name()].outcome, answers[NeverAnswers.name()].code) == ("timeout", Code.NODE_TIMEOUT)
    assert answers[Honest.name()].outcome == "hit"


def test_two_statements_for_one_epoch_are_kept_as_proof(scene: Scene) -> None:
    """Both under the owner's own signature, so that whoever has the roster can check them."""
    node = scene.running.node(REQUESTER)
    keys = open_keystore(node.home.keystore, REQUESTER, node.secret_file.read_bytes().strip())
    sealer = Sealer(derive_key(keys.storage_master, "columns"))
    acts = [act for act in scene.running.acts(REQUESTER) if act.kind == "index-refused"]
    act_id = next(act.act_id for act in acts if act.peer == SecondStatementLater.name())
    with create_engine(f"sqlite:///{node.home.database}").connect() as connection:
        kept = evidence.get(connection, sealer, act_id)
    assert kept is not None
    statements = []
    for word in json.loads(kept)["statements"]:
        signed = bytes.fromhex(word["signed"])
        verify(scene.fakes[SecondStatementLater.name()].paper.signing.public, signed, bytes.fromhex(word["signature"]))
        statements.append(EpochStatement.decode(signed))
    assert [said.epoch for said in statements] == [1, 1]
    assert statements[0].public_key != statements[1].public_key


def accepted_epochs(scene: Scene, kind: type[FakeOwner]) -> int:
    """How many of an owner's statements were taken up."""
    return sum(act.kind == "peer-epoch-accepted" and act.peer == kind.name() for act in scene.running.acts(REQUESTER))


def test_epochs_without_end_are_refused_by_name_after_those_of_a_day(scene: Scene) -> None:
    name = EpochsWithoutEnd.name()
    assert (scene.settled[name].state, scene.settled[name].code) == ("error", Code.EPOCH_PACE)
    assert scene.answers[name].code == Code.EPOCH_PACE
    most = most_a_day(scene.fakes[name].roster.roster.policy)
    # It comes back every few seconds, and nothing more of it is stored.
    assert accepted_epochs(scene, EpochsWithoutEnd) == most
    refused = [act for act in scene.running.acts(REQUESTER) if act.kind == "index-refused" and act.peer == name]
    assert [json.loads(act.detail)["code"] for act in refused] == [Code.EPOCH_PACE]


def test_epochs_without_end_raise_an_alarm(scene: Scene) -> None:
    def raised() -> bool:
        acts = [act for act in scene.running.acts(REQUESTER) if act.kind == "alarm-raised"]
        return any(json.loads(act.detail)["kind"] == "too-many-epochs" and act.peer == EpochsWithoutEnd.name()
                   for act in acts)  # fmt: skip

    wait_for(raised, "an alarm of too many epochs", 30)


def test_an_owner_with_a_long_past_is_followed_from_where_it_is(scene: Scene) -> None:
    assert (scene.settled[LongPast.name()].state, scene.answers[LongPast.name()].outcome) == ("in-sync", "hit")
    assert accepted_epochs(scene, LongPast) == 2
