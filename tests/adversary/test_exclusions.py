"""Exclusions and grants to pass on that nobody decided: another member's, altered, or without the owner's officers."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator

import pytest

from node.clock import SystemClock
from node.exchange.exclusion import sign_exclusion
from node.exchange.onward import OnwardAnswer, sign_answer, sign_onward, sign_onward_decision
from node.model.courier import Kind
from node.model.disclosure import Verdict
from node.model.exclusion import ExclusionGround, ExclusionWord
from node.model.onward import OnwardDecision, OnwardRequest
from node.storage import onward, requests_out
from tests.support.disclosing import GIVEN, Desks
from tests.support.federation import running_federation
from tests.support.hostile_letters import ACCEPTED, HostileMember
from tests.unit.exchange.test_disclosure import CERTIFICATE, PEM


@dataclasses.dataclass(slots=True)
class Scene:
    """All three members' keys are misused; th and cn run as they should."""

    desks: Desks
    cn: HostileMember
    vn: HostileMember
    th: HostileMember

    def digest(self, request_id: str) -> bytes:
        """SHA-256 of a request of cn's."""
        with self.cn.reading() as connection:
            return requests_out.get(connection, self.cn.sealer, bytes.fromhex(request_id)).digest

    def word(self, request_id: str, sender: str, recipient: str) -> ExclusionWord:
        """What a node could say of that request."""
        now, ground = SystemClock().now_ms(), ExclusionGround.ANOTHER
        return ExclusionWord("mekong", sender, recipient, os.urandom(16), self.digest(request_id), ground, False, now)

    def tell(self, word: ExclusionWord, by: HostileMember, number: int = 1) -> str:
        """Have it signed and delivered; the code of the refusal."""
        body = sign_exclusion(word, by.keys.signing).encode()
        return by.deliver(by.letter(word.recipient, word.exclusion_id, Kind.EXCLUSION, body, number))

    def given(self, *conditions: str) -> str:
        """A disclosure under these conditions; its id."""
        request_id = self.desks.requested(self.desks.hit(self.desks.person()), "--fields", "names")
        assert self.desks.approve(request_id, *GIVEN, *conditions).exit_code == 0
        assert self.desks.approve(request_id, officer="approver").exit_code == 0
        self.desks.wait(request_id, "disclosed")
        return request_id

    def ask(self, request_id: str, by: HostileMember, **altered: object) -> str:
        """A request to pass on, delivered to th; the code of the refusal."""
        now = SystemClock().now_ms()
        asked = OnwardRequest(
            "mekong", by.node_id, "th", os.urandom(16), self.digest(request_id), "vn", "why not", "ab12", now
        )
        asked = dataclasses.replace(asked, **altered)  # type: ignore[arg-type]  # of each field's own kind
        body = sign_onward(asked, by.keys.signing).encode()
        return by.deliver(by.letter("th", asked.onward_id, Kind.ONWARD_REQUEST, body))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Three members."""
    with running_federation(tmp_path_factory.mktemp("hostile") / "f", ("cn", "th", "vn")) as running:
        yield Scene(Desks(running), *(HostileMember.of(running, name) for name in ("cn", "vn", "th")))


def test_a_third_member_keeps_nobody_apart_and_takes_no_exclusion_back(scene: Scene) -> None:
    request_id = scene.desks.requested(scene.desks.hit(scene.desks.person()))
    for recipient in ("cn", "th"):
        assert scene.tell(scene.word(request_id, "vn", recipient), scene.vn) == "LCG-705"
        assert scene.tell(scene.word(request_id, "th", recipient), scene.vn) == "LCG-412"
    word = scene.word(request_id, "th", "cn")
    assert scene.tell(word, scene.th) == ACCEPTED
    back = dataclasses.replace(word, sender="vn", removed=True)
    assert scene.tell(back, scene.vn) == "LCG-716"
    assert word.exclusion_id.hex() in scene.desks.ask("exclusion", "list", "--json").stdout
    assert scene.tell(dataclasses.replace(word, removed=True), scene.th, number=2) == ACCEPTED
    assert word.exclusion_id.hex() not in scene.desks.ask("exclusion", "list", "--json").stdout


def test_an_exclusion_that_was_altered_or_names_no_request_is_refused(scene: Scene) -> None:
    request_id = scene.desks.requested(scene.desks.hit(scene.desks.person()))
    word = scene.word(request_id, "cn", "th")
    document = sign_exclusion(word, scene.cn.keys.signing)
    changed = dataclasses.replace(document, said={**document.said, "ground": "identity-misused"}).encode()
    letter = scene.cn.letter("th", word.exclusion_id, Kind.EXCLUSION, changed)
    assert scene.cn.deliver(letter) == "LCG-405"
    unknown = dataclasses.replace(word, exclusion_id=os.urandom(16), request=os.urandom(32))
    assert scene.tell(unknown, scene.cn) == "LCG-705"
    assert json.loads(scene.desks.desk("exclusion", "list", "--json").stdout)["exclusions"] == []


def test_only_who_was_given_something_asks_to_pass_it_on_and_never_means_never(scene: Scene) -> None:
    asking, never = scene.given("--onward", "ask"), scene.given()
    before = scene.desks.desk("inbox", "--all", "--json").stdout
    assert scene.ask(asking, scene.vn, to="cn") == "LCG-705"
    assert scene.ask(never, scene.cn) == "LCG-717"
    assert scene.ask(asking, scene.cn, request=os.urandom(32)) == "LCG-705"
    assert scene.ask(asking, scene.cn, to="th") == "LCG-101"
    assert scene.ask(asking, scene.cn, to="interpol") == "LCG-101"
    assert scene.ask(asking, scene.cn, requester="vn") == "LCG-412"
    after = json.loads(scene.desks.desk("inbox", "--all", "--json").stdout)
    assert after["onward"] == json.loads(before)["onward"]
    waiting = scene.desks.requested(scene.desks.hit(scene.desks.person()))
    assert scene.ask(waiting, scene.cn) == "LCG-705"


def test_a_node_alone_can_not_grant_what_its_officers_did_not(scene: Scene) -> None:
    request_id = scene.given("--onward", "ask")
    made = scene.desks.ask("disclosure", "onward", request_id, "--to", "VN", "--reason", "x", "--json")
    onward_id = bytes.fromhex(json.loads(made.stdout)["onward_id"])
    with scene.cn.reading() as connection:
        asked = onward.get_out(connection, scene.cn.sealer, onward_id)
    now = SystemClock().now_ms()
    decisions = tuple(
        sign_onward_decision(
            OnwardDecision("mekong", "th", "cn", asked.digest, officer, Verdict.APPROVE, now), PEM, CERTIFICATE
        )
        for officer in ("analyst", "approver")
    )
    whole = OnwardAnswer("mekong", "th", "cn", onward_id, asked.digest, Verdict.APPROVE, decisions, now)
    for number, each in enumerate((whole, dataclasses.replace(whole, decisions=decisions[:1])), start=1):
        body = sign_answer(each, scene.th.keys.signing).encode()
        assert scene.th.deliver(scene.th.letter("cn", onward_id, Kind.ONWARD_ANSWER, body, number)) == "LCG-710"
    stolen = sign_answer(dataclasses.replace(whole, owner="vn"), scene.vn.keys.signing).encode()
    assert scene.vn.deliver(scene.vn.letter("cn", onward_id, Kind.ONWARD_ANSWER, stolen)) == "LCG-705"
    assert scene.desks.show(request_id)["onward"][0]["state"] == "asked"
