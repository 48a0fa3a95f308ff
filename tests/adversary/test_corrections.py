"""Corrections that no record stands behind: another member's, altered, wider, older, or of what was never given."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

import pytest

from node.clock import SystemClock
from node.crypto.sealing import seal_to
from node.exchange.correction import box_content, sign_correction
from node.exchange.documents import to_base64
from node.model.correction import Correction, CorrectionKind
from node.model.courier import Kind
from node.roster.documents import parse_signed
from node.storage import requests_out
from tests.support.disclosing import Desks
from tests.support.federation import running_federation
from tests.support.hostile_letters import ACCEPTED, HostileMember

# The owner's letters in a request's conversation before: that it has it, and what it gave.
AFTER_TAKEN, AFTER_GIVEN = 2, 3
OTHER = [{"text": "Somebody Else"}]


@dataclasses.dataclass(slots=True)
class Scene:
    """th's keys and vn's are misused; cn runs as it should."""

    desks: Desks
    cn: HostileMember
    vn: HostileMember
    th: HostileMember

    def given(self) -> str:
        """A disclosure of names; the request's id."""
        request_id = self.desks.requested(self.desks.hit(self.desks.person()), "--fields", "names")
        self.desks.given(request_id)
        self.desks.wait(request_id, "disclosed")
        return request_id

    def correction(self, request_id: str, fields: dict[str, object] | None = None) -> Correction:
        """What th's node could write."""
        with self.cn.reading() as connection:
            kept = requests_out.get(connection, self.cn.sealer, bytes.fromhex(request_id))
        cn = parse_signed(self.desks.running.node("cn").home.roster.read_bytes()).roster.member("cn")
        assert cn is not None
        content = {"salt": "5a" * 32, "category": "wanted", "minor": False, "fields": fields or {"names": OTHER}}
        now = SystemClock().now_ms()
        box = seal_to(cn.sealing_key, box_content(content))
        kind = CorrectionKind.RECTIFIED
        return Correction("mekong", "th", "cn", kept.request_id, kept.digest, 1, kind, 1, box, now)

    def send(self, made: Correction, number: int, by: HostileMember | None = None, body: bytes = b"") -> str:
        """Have it signed and delivered; the code of the refusal."""
        member = by or self.th
        written = body or sign_correction(made, member.keys.signing).encode()
        return member.deliver(member.letter("cn", made.request_id, Kind.CORRECTION, written, number))

    def names(self, request_id: str) -> object:
        """What cn's officers read."""
        return json.loads(self.desks.ask("disclosure", "read", request_id, "--json").stdout)["fields"]["names"]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Three members."""
    with running_federation(tmp_path_factory.mktemp("hostile") / "f", ("cn", "th", "vn")) as running:
        yield Scene(Desks(running), *(HostileMember.of(running, name) for name in ("cn", "vn", "th")))


def test_a_third_member_corrects_nothing(scene: Scene) -> None:
    request_id = scene.given()
    made = scene.correction(request_id)
    assert scene.send(made, 1, by=scene.vn) == "LCG-705"
    assert scene.send(dataclasses.replace(made, owner="vn"), 2, by=scene.vn) == "LCG-705"
    assert scene.names(request_id) != OTHER


def test_a_correction_that_was_altered_on_the_way_is_refused(scene: Scene) -> None:
    request_id = scene.given()
    made = scene.correction(request_id)
    document = sign_correction(made, scene.th.keys.signing)
    for place, (name, value) in enumerate({"kind": "erased", "number": 7, "box": to_base64(made.box[::-1])}.items()):
        said = {key: held for key, held in document.said.items() if name != "kind" or key != "box"}
        body = dataclasses.replace(document, said={**said, name: value}).encode()
        assert scene.send(made, AFTER_GIVEN + place, body=body) == "LCG-405", name
    unknown = dataclasses.replace(document, said={**document.said, "more": 1}).encode()
    assert scene.send(made, AFTER_GIVEN + 3, body=unknown) == "LCG-412"
    assert scene.names(request_id) != OTHER


def test_a_correction_never_widens_what_was_given(scene: Scene) -> None:
    request_id = scene.given()
    wider = scene.correction(request_id, {"names": OTHER, "phones": ["+66812345678"]})
    assert scene.send(wider, AFTER_GIVEN) == "LCG-714"
    assert scene.names(request_id) != OTHER


def test_a_correction_of_what_was_never_given_is_refused(scene: Scene) -> None:
    request_id = scene.desks.requested(scene.desks.hit(scene.desks.person()), "--fields", "names")
    assert scene.send(scene.correction(request_id), AFTER_TAKEN) == "LCG-714"
    assert scene.desks.show(request_id)["state"] == "taken"


def test_a_correction_of_another_request_or_for_another_member_is_refused(scene: Scene) -> None:
    request_id, other = scene.given(), scene.given()
    made = scene.correction(request_id)
    wrong = [
        dataclasses.replace(made, request=scene.correction(other).request),
        dataclasses.replace(made, requester="vn"),
        dataclasses.replace(made, alliance="other"),
        dataclasses.replace(made, number=0),
        dataclasses.replace(made, box=seal_to(b"\x09" + bytes(31), b"{}")),
    ]
    for place, each in enumerate(wrong):
        assert scene.send(each, AFTER_GIVEN + place) == "LCG-714"
    assert scene.names(request_id) != OTHER


def test_an_older_correction_changes_nothing(scene: Scene) -> None:
    request_id = scene.given()
    made = scene.correction(request_id)
    assert scene.send(dataclasses.replace(made, number=2), AFTER_GIVEN) == ACCEPTED
    assert scene.names(request_id) == OTHER
    third = scene.correction(request_id, {"names": [{"text": "A Third"}]})
    older = dataclasses.replace(third, number=3, made_ms=made.made_ms - 1)
    assert scene.send(older, AFTER_GIVEN + 1) == "LCG-714"
    assert scene.send(dataclasses.replace(made, number=2), AFTER_GIVEN + 2) == "LCG-714"
    assert scene.names(request_id) == OTHER


def test_an_owner_that_was_restored_and_counts_anew_is_heard(scene: Scene) -> None:
    request_id = scene.given()
    assert scene.send(dataclasses.replace(scene.correction(request_id), number=2), AFTER_GIVEN) == ACCEPTED
    later = scene.correction(request_id, {"names": [{"text": "A Third"}]})
    assert scene.send(later, AFTER_GIVEN + 1) == ACCEPTED
    assert scene.names(request_id) == [{"text": "A Third"}]
