"""Requests that claim what was not asked, and replies that no two officers gave: refused by name, over real sockets."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import rfc8785

from matcher.tokens import kind_by_number
from node.clock import SystemClock
from node.crypto.sealing import seal_to
from node.exchange.decision import content_document, content_hash, sign_decision, signed_document
from node.exchange.disclosure import Reply, read_request, reply_document, reply_signed_bytes, sign_request
from node.exchange.documents import read_document
from node.exchange.proof import read_kept_proof
from node.model.courier import Kind
from node.model.disclosure import (
    Certainty,
    Character,
    Decision,
    Field,
    Handling,
    HandlingCode,
    Onward,
    Proof,
    Request,
    Source,
    Urgency,
    Verdict,
)
from node.roster.documents import parse_signed
from node.storage import requests_out, searches
from tests.support.disclosing import Desks
from tests.support.federation import running_federation, wait_for
from tests.support.hostile_letters import ACCEPTED, HostileMember
from tests.unit.exchange.test_disclosure import CERTIFICATE, PEM

DAY = 86_400_000


@dataclasses.dataclass(slots=True)
class Scene:
    """cn's keys and vn's keys are misused; th and cn run as they should."""

    desks: Desks
    cn: HostileMember
    vn: HostileMember
    th: HostileMember

    def request(self, *keys: str) -> Request:
        """What cn's node would ask, were it honest, about a record of its own."""
        hit_id = bytes.fromhex(self.desks.hit(self.desks.person(), *keys))
        with self.cn.reading() as connection:
            hit = searches.get_hit(connection, self.cn.sealer, hit_id)
        assert hit is not None
        proof, case = read_kept_proof(hit.proof, hit.epoch, hit.tag)
        return self.about(proof, case)

    def about(self, proof: Proof, case: bytes) -> Request:
        """A request with that proof."""
        now = SystemClock().now_ms()
        return Request(
            alliance="mekong",
            requester="cn",
            owner="th",
            request_id=os.urandom(16),
            roster_version=1,
            officer="ab12",
            purpose="telecom-fraud",
            case=case,
            character=Character.ORDINARY,
            legal_basis="none",
            necessity="curiosity",
            urgency=Urgency.ROUTINE,
            fields=(Field.NAMES,),
            told=b"{}",
            proof=proof,
            made_ms=now,
            expires_ms=now + DAY,
        )

    def send(self, request: Request, by: HostileMember | None = None) -> str:
        """Have it signed and delivered; the code of the refusal."""
        member = by or self.cn
        body = sign_request(request, member.keys.signing).encode()
        letter = member.letter("th", request.request_id, Kind.DISCLOSURE_REQUEST, body)
        return member.deliver(letter)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Three members."""
    with running_federation(tmp_path_factory.mktemp("hostile") / "f", ("cn", "th", "vn")) as running:
        yield Scene(Desks(running), *(HostileMember.of(running, name) for name in ("cn", "vn", "th")))


def test_an_honest_request_is_taken_and_a_second_one_for_the_same_ask_and_tag_is_not(scene: Scene) -> None:
    request = scene.request()
    assert scene.send(request) == ACCEPTED
    assert scene.send(dataclasses.replace(request, request_id=os.urandom(16))) == "LCG-703"


@pytest.mark.parametrize(
    ("altered", "code"),
    [
        ({"purpose": "money-laundering"}, "LCG-701"),
        ({"purpose": "gossip"}, "LCG-103"),
        ({"case": b"x" * 16}, "LCG-701"),
        ({"expires_ms": 1}, "LCG-704"),
        ({"character": Character.POLITICAL}, "LCG-713"),
        ({"owner": "vn"}, "LCG-412"),
        ({"alliance": "other"}, "LCG-412"),
        ({"told": b'{"names": "x"}'}, "LCG-412"),
        ({"told": b"["}, "LCG-412"),
    ],
    ids=str,
)
def test_a_request_for_another_purpose_case_owner_or_time_is_refused(
    scene: Scene, altered: dict[str, Any], code: str
) -> None:
    assert scene.send(dataclasses.replace(scene.request(), **altered)) == code


def test_the_proof_of_one_record_opens_no_other(scene: Scene) -> None:
    one, other = scene.request(), scene.request()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"tag": other.proof.tag}, "LCG-701"),
        ({"tag": b"no such"}, "LCG-712"),
        ({"ask_id": other.proof.ask_id}, "LCG-701"),
        ({"ask_id": os.urandom(32)}, "LCG-701"),
    ]
    for altered, code in cases:
        proof = dataclasses.replace(one.proof, **altered)
        assert scene.send(dataclasses.replace(one, request_id=os.urandom(16), proof=proof)) == code


def test_another_member_can_not_use_an_ask_it_did_not_pay_for(scene: Scene) -> None:
    stolen = dataclasses.replace(scene.request(), requester="vn")
    assert scene.send(stolen, scene.vn) == "LCG-701"


def test_a_member_can_not_ask_in_anothers_name(scene: Scene) -> None:
    assert scene.send(scene.request(), scene.vn) == "LCG-412"


def test_a_name_alone_is_too_little_even_where_the_proof_holds(scene: Scene) -> None:
    request = scene.request()
    names = tuple(one for one in request.proof.opened if not kind_by_number(one.kind).beyond_name)
    assert names
    proof = dataclasses.replace(request.proof, opened=names)
    assert scene.send(dataclasses.replace(request, proof=proof)) == "LCG-702"


def test_a_request_with_its_words_changed_is_refused(scene: Scene) -> None:
    request = scene.request()
    document = sign_request(request, scene.cn.keys.signing)
    changed = dataclasses.replace(document, said={**document.said, "necessity": "something else"})
    letter = scene.cn.letter("th", request.request_id, Kind.DISCLOSURE_REQUEST, changed.encode())
    assert scene.cn.deliver(letter) == "LCG-405"


def test_what_is_refused_is_seen_by_no_officer(scene: Scene) -> None:
    request = dataclasses.replace(scene.request(), necessity="seen by nobody", case=b"y" * 16)
    assert scene.send(request) == "LCG-701"
    assert request.request_id.hex() not in scene.desks.desk("inbox", "--all", "--json").stdout


def _forged(scene: Scene, request_id: str) -> Reply:
    """What th's node alone could make: well sealed and signed, with approvals of officers that its CA never named."""
    with scene.cn.reading() as connection:
        kept = requests_out.get(connection, scene.cn.sealer, bytes.fromhex(request_id))
    assert kept.document is not None
    request = read_request(read_document(kept.document))
    cn = parse_signed(scene.desks.running.node("cn").home.roster.read_bytes()).roster.member("cn")
    assert cn is not None
    now = SystemClock().now_ms()
    handling = Handling(HandlingCode.H0, Source.A, Certainty.KNOWN, ("telecom-fraud",), Onward.NEVER, now + DAY)
    content = content_document({"names": [{"text": "x"}]}, (Field.NAMES,), b"s" * 32, minor=False)
    decisions = [
        signed_document(
            sign_decision(
                Decision(
                    "mekong", "th", "cn", kept.digest, officer, Verdict.APPROVE, now, (Field.NAMES,),
                    content_hash(content), handling,
                ),
                PEM,
                CERTIFICATE,
            )
        )
        for officer in ("analyst", "approver")
    ]  # fmt: skip
    box = seal_to(cn.sealing_key, rfc8785.dumps({"content": content, "decisions": decisions}))
    signature = scene.th.keys.signing.sign(reply_signed_bytes(kept.digest, box, handling, 1))
    return Reply("mekong", "th", "cn", request.request_id, kept.digest, 1, handling, box, now, signature)


def test_a_node_alone_can_not_forge_the_approval_of_its_officers(scene: Scene) -> None:
    request_id = scene.desks.requested(scene.desks.hit(scene.desks.person()))
    reply = _forged(scene, request_id)
    conversation = bytes.fromhex(request_id)
    letter = scene.th.letter("cn", conversation, Kind.DISCLOSURE_REPLY, reply_document(reply), number=2)
    assert scene.th.deliver(letter) == "LCG-710"
    assert scene.desks.show(request_id)["state"] == "taken"
    assert scene.desks.ask("disclosure", "read", request_id).exit_code == 18


def test_a_reply_for_one_requester_is_none_for_another(scene: Scene) -> None:
    request_id = scene.desks.requested(scene.desks.hit(scene.desks.person()))
    body = reply_document(_forged(scene, request_id))
    letter = scene.th.letter("vn", bytes.fromhex(request_id), Kind.DISCLOSURE_REPLY, body)
    assert scene.th.deliver(letter) == "LCG-705"


@pytest.mark.parametrize("kind", [Kind.DISCLOSURE_REPLY, Kind.DISCLOSURE_REFUSAL, Kind.DISCLOSURE_TAKEN])
def test_a_third_member_can_not_answer_for_the_owner(scene: Scene, kind: Kind) -> None:
    request_id = scene.desks.requested(scene.desks.hit(scene.desks.person()))
    body = reply_document(_forged(scene, request_id))
    letter = scene.vn.letter("cn", bytes.fromhex(request_id), kind, body)
    assert scene.vn.deliver(letter) == "LCG-705"
    assert scene.desks.show(request_id)["state"] == "taken"


def test_a_forged_proof_calls_the_owners_people(scene: Scene) -> None:
    assert scene.send(dataclasses.replace(scene.request(), case=b"z" * 16)) == "LCG-701"

    def raised() -> bool:
        listed = scene.desks.desk("alarms", "list", "--json", officer="auditor")
        found = [(one["kind"], one["peer"]) for one in json.loads(listed.stdout)["alarms"]]
        return ("forged-proof-of-match", "cn") in found

    wait_for(raised, "an alarm")
