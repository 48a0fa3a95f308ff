"""Peers who bring rosters: what a quorum signed waits for the administrator, and nothing else gets in."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from node.crypto.sealing import Sealer, derive_key
from node.roster.documents import parse_signed
from node.storage import evidence
from node.v1 import operator_pb2
from tests.support.ceremony import typed
from tests.support.federation import wait_for
from tests.support.hostile_members import keys_of
from tests.support.hostile_owner import Honest
from tests.support.hostile_rosters import (
    KINDS,
    BringsAnotherNext,
    BringsGarbage,
    BringsOneThatNobodySigned,
    BringsRoster,
    BringsTheNext,
    BringsWhatWasNotAsked,
    ClaimsAFarFuture,
    equip,
)
from tests.support.hostile_scene import REQUESTER, Scene, playing

REFUSED = {
    BringsOneThatNobodySigned: "LCG-304",
    BringsGarbage: "LCG-301",
    BringsWhatWasNotAsked: "LCG-412",
    ClaimsAFarFuture: "LCG-301",
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A requester to which each has brought what it had."""
    with playing(tmp_path_factory.mktemp("rosters") / "f", (Honest, *KINDS), equip) as scene:
        wait_for(lambda: all(bringer(scene, kind).asked for kind in KINDS), "everyone was asked for a roster")
        wait_for(lambda: len(refusals(scene)) == 1, "the requester has seen both")
        wait_for(lambda: all(f'"code": "{code}"' in scene.log() for code in REFUSED.values()), "the others are named")
        yield scene
        assert "unforeseen" not in scene.log()
        assert "Traceback" not in scene.log()


def bringer(scene: Scene, kind: type[BringsRoster]) -> BringsRoster:
    """Who brings it."""
    found = scene.fakes[kind.name()]
    assert isinstance(found, BringsRoster)
    return found


def refusals(scene: Scene) -> list[operator_pb2.Act]:
    """The acts that tell of two rosters of one version."""
    return [act for act in scene.running.acts(REQUESTER) if act.kind == "roster-refused"]


def not_learned(scene: Scene, kind: type[BringsRoster]) -> set[str]:
    """The codes under which a peer's roster was refused, as the log has them."""
    lines = [json.loads(line) for line in scene.log().splitlines() if '"roster not learned"' in line]
    return {line["code"] for line in lines if line["peer"] == kind.name()}


@pytest.mark.parametrize("kind", REFUSED, ids=lambda kind: kind.name())
def test_what_no_quorum_signed_is_refused_by_its_code(scene: Scene, kind: type[BringsRoster]) -> None:
    assert not_learned(scene, kind) == {REFUSED[kind]}


def test_a_far_future_costs_one_question(scene: Scene) -> None:
    asked = bringer(scene, ClaimsAFarFuture).asked
    assert len(set(asked)) == 1


def test_the_first_that_a_quorum_signed_waits_and_nothing_is_in_force(scene: Scene) -> None:
    home = scene.running.node(REQUESTER).home
    shown = typed("roster", "diff", home=home.path)
    assert "Policy: asks_per_minute is 77700" in shown
    assert parse_signed(home.roster.read_bytes()).roster.version == 2
    assert "roster to take up" in typed("doctor", "--json", home=home.path, code=21)


def test_two_that_a_quorum_signed_are_an_incident_with_both_kept(scene: Scene) -> None:
    (act,) = refusals(scene)
    assert act.peer in {BringsTheNext.name(), BringsAnotherNext.name()}
    assert json.loads(act.detail)["code"] == "LCG-309"
    keys = keys_of(scene.running.federation, REQUESTER)
    engine = create_engine(f"sqlite:///{scene.running.node(REQUESTER).home.database}")
    with engine.connect() as connection:
        body = evidence.get(connection, Sealer(derive_key(keys.storage_master, "columns")), act.act_id)
    engine.dispose()
    assert body is not None
    kept = {parse_signed(document.encode()).hash for document in json.loads(body).values()}
    assert kept == {bringer(scene, kind).claimed[1] for kind in (BringsTheNext, BringsAnotherNext)}
    assert "roster fork" in typed("doctor", "--json", home=scene.running.node(REQUESTER).home.path, code=21)


def test_the_search_goes_on(scene: Scene) -> None:
    scene.settle([Honest])
    assert scene.search(Honest)[Honest.name()].outcome == "hit"
