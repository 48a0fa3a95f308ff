"""A file searched among owners who each misbehave in a call of several asks: only what they spoil is an error.

One stream of searches serves all tests here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from node.errors import Code
from node.model.ask import MOST_ASKS
from node.v1 import operator_pb2
from tests.support.hostile_many import (
    MANY,
    AnnouncesInVain,
    AnsweringMany,
    HonestToMany,
    OfTheVersionBefore,
    OneWrongProof,
    RefusesOne,
)
from tests.support.hostile_scene import REQUESTER, SUBJECT, Scene, playing

SUBJECTS = 24
ONE_BY_ONE = (OfTheVersionBefore, AnnouncesInVain)


@dataclass(frozen=True, slots=True)
class Searched:
    """A scene, and the results of its one stream by line."""

    scene: Scene
    results: dict[int, operator_pb2.SearchResult]

    def owner(self, kind: type[AnsweringMany]) -> AnsweringMany:
        """The fake itself."""
        owner = self.scene.fakes[kind.name()]
        assert isinstance(owner, AnsweringMany)
        return owner

    def answers(self, kind: type[AnsweringMany]) -> list[operator_pb2.Answer]:
        """What became of each line at one owner."""
        return [
            next(answer for answer in result.answers if answer.node == kind.name()) for result in self.results.values()
        ]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    """The same subject on every line, so that what is not spoiled is a hit."""
    with playing(tmp_path_factory.mktemp("many") / "f", MANY) as scene:
        scene.settle(MANY)
        yield Searched(scene, searched_file(scene))
        log = scene.log()
        assert "unforeseen" not in log
        assert "Traceback" not in log


def searched_file(scene: Scene) -> dict[int, operator_pb2.SearchResult]:
    def requests() -> Iterator[operator_pb2.SearchManyRequest]:
        header = operator_pb2.SearchManyHeader(purpose="telecom-fraud", case_number="C-8")
        yield operator_pb2.SearchManyRequest(header=header)
        for line in range(1, SUBJECTS + 1):
            query = json.dumps({"query_id": f"q-{line}", **SUBJECT}).encode()
            yield operator_pb2.SearchManyRequest(query=operator_pb2.SearchManyQuery(line=line, query=query))

    with scene.running.officer(REQUESTER) as stub:
        return {response.line: response.result for response in stub.SearchMany(requests(), timeout=120.0)}


def named(kind: type[AnsweringMany]) -> str:
    """A test's name."""
    return kind.name()


def code_of(answer: operator_pb2.Answer) -> str:
    """What went wrong. On a busy machine a fake's head may come too late, which spoils nothing."""
    return "" if answer.code == Code.INDEX_STALE else answer.code


def test_every_line_has_its_result(searched: Searched) -> None:
    assert {line: result.query_id for line, result in searched.results.items()} == {
        line: f"q-{line}" for line in range(1, SUBJECTS + 1)
    }


@pytest.mark.parametrize("kind", MANY, ids=named)
def test_what_an_owner_spoils_is_an_error_and_nothing_else(searched: Searched, kind: type[AnsweringMany]) -> None:
    owner = searched.owner(kind)
    spoiled = sum(owner.spoiled(asked) for asked in owner.calls)
    assert (spoiled > 0) == bool(kind.misdeed)
    codes = Counter(code_of(answer) for answer in searched.answers(kind))
    assert codes == +Counter({kind.misdeed: spoiled, "": SUBJECTS - spoiled})
    for answer in searched.answers(kind):
        assert (answer.outcome == "hit") == (not code_of(answer))


def test_no_call_carries_more_than_it_may_and_each_ask_leaves_once(searched: Searched) -> None:
    owner = searched.owner(HonestToMany)
    assert all(1 < asked <= MOST_ASKS for asked in owner.calls)
    assert len({ask.ask_id for ask in owner.asks}) == len(owner.asks) == SUBJECTS


@pytest.mark.parametrize("kind", ONE_BY_ONE, ids=named)
def test_an_owner_without_the_method_is_asked_one_by_one(searched: Searched, kind: type[AnsweringMany]) -> None:
    owner = searched.owner(kind)
    assert owner.calls == []
    assert len({ask.ask_id for ask in owner.asks}) == len(owner.asks) == SUBJECTS


def test_each_wrong_answer_is_kept_as_an_act(searched: Searched) -> None:
    acts = searched.scene.running.acts(REQUESTER)
    refused = [act for act in acts if act.kind == "answer-refused" and act.peer == OneWrongProof.name()]
    assert len(refused) == len(searched.owner(OneWrongProof).calls)


def test_an_owners_refusal_is_shown_as_such_and_moves_no_terminal(searched: Searched) -> None:
    refused = [answer for answer in searched.answers(RefusesOne) if code_of(answer)]
    assert {answer.outcome for answer in refused} == {"refused"}
    for answer in refused:
        assert answer.reason.isprintable()
        assert "again in 5 s" in answer.reason
