"""A requester that fishes at a real node: the node cannot see it and answers; the inspector finds it in his draw."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from matcher.person import canonical_subject
from matcher.questions import questions_hash
from node.crypto.signing import SigningKey
from node.exchange.ask import address
from node.exchange.inspection import draw_hash, encode_opening, open_ask
from node.exchange.prepared import PreparedSearch
from node.inspection.run import Order, run
from node.model.ask import Ask
from node.model.inspection import OpenedAsk, Opening
from node.model.scope import Scope
from node.v1 import operator_inspections_pb2 as messages
from node.v1 import operator_inspections_pb2_grpc
from tests.support.hostile_members import ALLIANCE
from tests.support.hostile_target import CASE, TARGET, Target, answered
from tests.support.inspection_scene import SIZE, Paper, canonical, edited, inputs_of, names, person

VICTIM = person("Somchai Jaidee", "1980-05-17")
INNOCENT = person("Malee Saithong", "1991-02-03")
MEMBER = "cn"


class Fisher:
    """A member's node that asks what it likes under a pseudonym of its own, and opens what it likes."""

    def __init__(self, target: Target, officer: str) -> None:
        self.target, self.officer, self.paper = target, officer, Paper()
        self.paper.chance.seed(officer)
        self.asks: list[tuple[Ask, PreparedSearch]] = []

    @property
    def key(self) -> SigningKey:
        """The member's own, as the roster names it."""
        return self.target.papers[MEMBER].signing

    def ask(self, subject: bytes, inputs: Sequence[bytes]) -> None:
        """Send it; the target answers, for it sees 64 elements like any other."""
        pads = self.paper.padding(SIZE - len(inputs))
        made = self.paper.prepared_of(subject, [*inputs, *pads], self.paper.drawn(32))
        scope = Scope(ALLIANCE, TARGET, MEMBER, 1)
        ask = address(made, scope=scope, purpose="telecom-fraud", case=CASE, signing_key=self.key, officer=self.officer)
        with self.target.member(MEMBER) as caller:
            assert answered(caller, ask).ask_id == ask.ask_id
        self.asks.append((ask, made))

    def drawn(self) -> bytes:
        """What the target's auditor draws of this pseudonym."""
        now = datetime.now(UTC)
        request = messages.DrawAsksRequest(
            requester=MEMBER,
            officer=self.officer,
            from_ms=int((now - timedelta(hours=1)).timestamp() * 1000),
            until_ms=int(now.timestamp() * 1000),
        )
        with self.target.running.officer_channel(TARGET, "auditor") as channel:
            stub = operator_inspections_pb2_grpc.OperatorInspectionsServiceStub(channel)
            return stub.DrawAsks(request, timeout=20.0).draw

    def opened(self) -> list[OpenedAsk]:
        """The truth."""
        found = [open_ask(made, ask, questions_hash()) for ask, made in self.asks]
        return [each for each in found if each is not None]

    def found(self, draw: bytes, opened: Sequence[OpenedAsk] | None = None) -> set[str]:
        """What the inspector finds, given the truth or what is put in its place."""
        told = tuple(self.opened() if opened is None else opened)
        opening = Opening(ALLIANCE, TARGET, MEMBER, draw_hash(canonical(draw)), 0, told, (), ())
        files = (draw, encode_opening(opening, self.key, None))
        roster = Path(self.target.running.node(TARGET).home.roster).read_bytes()
        done = run(Order(files, (roster,)))
        assert done.exit_code == (22 if done.report.broken else 23 if done.report.every else 0)
        return names(done)


def test_an_honest_ask_is_clean(target: Target) -> None:
    fisher = Fisher(target, "honest-officer")
    fisher.ask(canonical_subject(VICTIM), inputs_of(VICTIM))
    assert fisher.found(fisher.drawn()) == set()


def test_a_requester_that_enumerates_birth_dates_in_one_ask_is_found(target: Target) -> None:
    fisher = Fisher(target, "enumerating-officer")
    dates = [f"1980-{month:02d}-{day:02d}" for month in (5, 6, 7) for day in range(1, 21)]
    fisher.ask(canonical_subject(VICTIM), [inputs_of(person("Somchai Jaidee", born))[0] for born in dates])
    assert "token-of-nobody-named" in fisher.found(fisher.drawn())


def test_a_requester_that_fishes_with_whole_persons_shows_its_pattern(target: Target) -> None:
    fisher = Fisher(target, "patient-officer")
    for day in range(1, 5):
        someone = person("Somchai Jaidee", f"1980-05-{day:02d}")
        fisher.ask(canonical_subject(someone), inputs_of(someone))
    assert fisher.found(fisher.drawn()) == {"birth-dates-enumerated"}


def test_a_requester_that_opens_another_subject_is_found(target: Target) -> None:
    fisher = Fisher(target, "lying-officer")
    fisher.ask(canonical_subject(VICTIM), inputs_of(VICTIM))
    (truth,) = fisher.opened()
    innocent = inputs_of(INNOCENT)
    inputs = (*innocent, *truth.inputs[len(innocent) :])
    lie = replace(truth, subject=canonical_subject(INNOCENT), inputs=inputs)
    draw = fisher.drawn()
    assert {"commit-does-not-open", "element-not-of-its-token"} <= fisher.found(draw, [lie])
    assert "token-of-nobody-named" in fisher.found(draw, [replace(truth, subject=canonical_subject(INNOCENT))])


def test_a_requester_that_bound_itself_to_an_innocent_subject_is_found(target: Target) -> None:
    fisher = Fisher(target, "careful-officer")
    fisher.ask(canonical_subject(INNOCENT), inputs_of(VICTIM))
    assert fisher.found(fisher.drawn()) == {"token-of-nobody-named"}


def test_a_requester_that_alters_the_draw_or_leaves_an_ask_out_is_found(target: Target) -> None:
    fisher = Fisher(target, "altering-officer")
    fisher.ask(canonical_subject(VICTIM), inputs_of(VICTIM))
    fisher.ask(canonical_subject(VICTIM), inputs_of(INNOCENT))
    draw = fisher.drawn()
    guilty = fisher.asks[1][0].ask_id.hex()

    def without(said: dict[str, Any]) -> None:
        said["asks"] = [ask for ask in said["asks"] if ask["ask_id"] != guilty]
        said["population"].remove(guilty)

    assert fisher.found(edited(draw, without)) == {"draw-signature-wrong"}
    # Signing it oneself is no better: the owner's key is in the roster.
    assert fisher.found(edited(draw, without, fisher.key)) == {"draw-signature-wrong"}
    assert "opening-missing" in fisher.found(draw, fisher.opened()[:1])
    assert json.loads(draw)["draw"]["requester"] == MEMBER
