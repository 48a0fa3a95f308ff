"""cn and th in this process, without doors or jobs: real acts and databases, letters carried by hand one at a time."""

from __future__ import annotations

import asyncio
import os
import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.acts.courier.send import send_due
from node.acts.disclosing.desk import decide, narrowed, show_request
from node.acts.founding.found_federation import found_federation
from node.acts.membership.renew import add_officer
from node.acts.runtime.node import Node
from node.app.run import _opened
from node.clock import SystemClock
from node.config import Home, load_settings
from node.exchange.decision import content_hash, sign_decision, verify_decision
from node.exchange.disclosure import sign_request
from node.exchange.proof import MOST_OPENED
from node.model.disclosure import (
    Certainty,
    Character,
    Decision,
    Field,
    Ground,
    Handling,
    HandlingCode,
    InState,
    Onward,
    Opened,
    OutState,
    Proof,
    Request,
    Source,
    Urgency,
    Verdict,
)
from node.model.officer import Caller, Role
from node.model.session import CAPABILITIES
from node.storage import changes, requests_in, requests_out
from node.storage.requests_in import Received, RequestIn
from node.storage.requests_out import RequestOut
from node.storage.sealed_records import seal_record
from tests.support.federation import roomy_policy
from tests.support.letter_pair import Wire

DAY = 86_400_000
ROLES = {"analyst": Role.ANALYST, "analyst-2": Role.ANALYST, "approver": Role.APPROVER}
ASKED = (Field.NAMES, Field.BIRTH_DATE, Field.DOCUMENTS)
RECORD = (
    b'{"record_id":"TH-1","names":[{"text":"x"}],"birth_date":"1990-01-02","category":"suspect",'
    b'"documents":[{"type":"passport","issuer":"TH","number":"AA1234567"}]}'
)


@dataclass(slots=True)
class DisclosingPair:
    """Both nodes and the lines between them."""

    stack: ExitStack
    runner: asyncio.Runner
    cn: Node
    th: Node
    row: bytes
    version: int

    @classmethod
    def at(cls, directory: Path) -> DisclosingPair:
        """Found and open both; th holds one record."""
        founded = found_federation(directory, ("cn", "th"), roomy_policy(), SystemClock().now_ms())
        secret = next(node.secret_file for node in founded.nodes if node.node_id == "th").read_bytes().strip()
        add_officer(Home(directory / "th"), "analyst-2", Role.ANALYST, secret, SystemClock().now_ms())
        stack = ExitStack()
        cn, th = (
            stack.enter_context(_opened(Home(directory / name), load_settings(Home(directory / name))))
            for name in ("cn", "th")
        )
        for sender, recipient in ((cn, th), (th, cn)):
            peers: Any = {recipient.node_id: Wire(sender, recipient)}
            sender.peers = peers
            sender.copies.view(recipient.node_id).capabilities = frozenset(CAPABILITIES)
        runner = stack.enter_context(asyncio.Runner())
        row = th.row_keys.record("TH-1")
        sealed = seal_record(th.row_keys, th.sealer, "TH-1", RECORD, {})
        runner.run(th.write(changes.put, sealed, th.clock.now_ms()))
        return cls(stack, runner, cn, th, row, 1)

    def request(self) -> bytes:
        """A request that both ends have, as if its proof had been checked; its id."""
        now, request_id, ask_id = self.cn.clock.now_ms(), os.urandom(16), os.urandom(32)
        opened = tuple(Opened(place, 20, bytes(32)) for place in range(min(2, MOST_OPENED)))
        request = Request(
            alliance="mekong", requester="cn", owner="th", request_id=request_id, roster_version=1, officer="ab",
            purpose="telecom-fraud", case=bytes(16), character=Character.ORDINARY, legal_basis="law",
            necessity="need", urgency=Urgency.ROUTINE, fields=ASKED, told=b"{}",
            proof=Proof(1, ask_id, b"t" * 7, opened), made_ms=now, expires_ms=now + 30 * DAY,
        )  # fmt: skip
        document = sign_request(request, self.cn.signing)
        out = RequestOut(
            request_id, os.urandom(8), "th", "analyst", document.digest, Urgency.ROUTINE, OutState.TAKEN, now,
            now + 7 * DAY, now + 30 * DAY, 0, 0, "", document.encode(), None,
        )  # fmt: skip
        received = Received(document.encode(), self.row, self.version, ("kind",), os.urandom(32))
        came = RequestIn(
            request_id, "cn", ask_id, b"t" * 7, document.digest, Urgency.ROUTINE, InState.RECEIVED, now,
            now + 7 * DAY, now + 30 * DAY, 0, "", received,
        )  # fmt: skip
        self.runner.run(self.cn.write(requests_out.add, self.cn.sealer, out))
        self.runner.run(self.th.write(requests_in.add, self.th.sealer, came))
        return request_id

    def decide(
        self, request_id: bytes, officer: str, verdict: Verdict, fields: tuple[Field, ...] = ASKED, retain_ms: int = DAY
    ) -> RequestIn:
        """An officer of th decides, with his own key. Raises LancangError."""
        shown = self.runner.run(show_request(self.th, request_id.hex(), officer))
        handling = Handling(
            HandlingCode.H1, Source.B, Certainty.SEEN, ("telecom-fraud",), Onward.NEVER,
            shown.kept.received_ms + retain_ms,
        )  # fmt: skip
        approves = verdict is Verdict.APPROVE
        made = Decision(
            "mekong", "th", "cn", shown.kept.digest, officer, verdict, shown.now_ms,
            fields if approves else (),
            content_hash(narrowed(shown, fields)) if approves else b"",
            handling if approves else None,
            Ground.DISPROPORTIONATE if verdict is Verdict.REFUSE else None,
        )  # fmt: skip
        home = self.th.home
        certificate = ssl.PEM_cert_to_DER_cert(home.officer_certificate(officer).read_text())
        signed = sign_decision(made, home.officer_key(officer).read_bytes(), certificate)
        checked = verify_decision(signed.document, signed.signature, certificate)
        return self.runner.run(decide(self.th, checked, Caller(officer, ROLES[officer], "")))

    def carry(self, sender: Node) -> int:
        """Carry the next letter of each conversation; how many went."""
        peer: Any = next(iter(sender.peers.values()))
        return self.runner.run(send_due(sender, peer))

    def settle(self) -> None:
        """Carry everything both ways."""
        while self.carry(self.cn) + self.carry(self.th):
            pass

    def states(self, request_id: bytes) -> tuple[InState, OutState]:
        """How the request stands at both ends."""
        came = self.runner.run(self.th.read(requests_in.get, self.th.sealer, request_id))
        sent = self.runner.run(self.cn.read(requests_out.get, self.cn.sealer, request_id))
        return came.state, sent.state

    def close(self) -> None:
        """Close both."""
        self.stack.close()
