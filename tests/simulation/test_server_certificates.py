"""A client believes the certificate that its peer presents and the roster does not revoke, a renewed one at once."""

from __future__ import annotations

import json
from pathlib import Path

from certs.reading import fingerprint
from node.acts.founding.authority_files import pem_to_der
from tests.support.ceremony import Ceremony, typed
from tests.support.federation import RunningFederation, running_federation, wait_for

MEMBERS = ("cn", "la", "th")
PERSON = {"names": [{"text": "Somchai Jaidee"}], "birth_date": "1980-05-17"}


def restarted(nodes: RunningFederation, node_id: str) -> None:
    """Every connection to it ends, and begins with a new handshake."""
    nodes.kill(node_id)
    nodes.start(node_id)
    nodes.wait_serving(node_id)


def outcome(nodes: RunningFederation) -> tuple[str, str]:
    """What th answers to cn."""
    answer = nodes.search("cn", PERSON, peers=["th"]).answers[0]
    return answer.outcome, answer.code


def test_a_server_that_shows_a_revoked_certificate_is_asked_nothing(tmp_path: Path) -> None:
    with running_federation(tmp_path / "federation", MEMBERS) as nodes:
        ceremony, th = Ceremony(nodes, tmp_path), nodes.node("th").home
        stolen = th.node_certificate.read_bytes()
        typed("certs", "renew", home=th.path)
        renewed = th.node_certificate.read_bytes()
        assert renewed != stolen
        restarted(nodes, "th")
        # Whoever held the old one is shown the new one at the next handshake, and finds nothing wrong with it.
        nodes.wait_in_sync("cn")
        assert outcome(nodes) == ("none", "")

        entry = json.loads(th.member.read_text(encoding="utf-8"))
        (tmp_path / "th.json").write_text(json.dumps(entry | {"revoked": [fingerprint(pem_to_der(stolen))]}))
        draft = ceremony.draft("cn", "--member", tmp_path / "th.json")
        ceremony.sign(draft, ("cn", "la"))
        ceremony.accept(draft, MEMBERS)
        nodes.wait_in_sync("cn")
        assert outcome(nodes) == ("none", "")

        # Its CA has signed it, it has not expired, its name is right: only the roster says no.
        th.node_certificate.write_bytes(stolen)
        restarted(nodes, "th")
        asked = len([act for act in nodes.acts("th") if act.kind == "ask-received"])
        nodes.wait_fault("cn", "th", "LCG-202")
        assert outcome(nodes) == ("error", "LCG-202")
        assert len([act for act in nodes.acts("th") if act.kind == "ask-received"]) == asked
        th.node_certificate.write_bytes(renewed)
        wait_for(lambda: outcome(nodes) == ("none", ""), "cn believes th again")
