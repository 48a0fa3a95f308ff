"""What the demo shows after the hit: a request, two officers, a sealed reply, a correction, and logs that prove it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from node.cli.audit_service import audit_service
from node.cli.audit_verify import describe
from node.cli.connection import SHORT_SECONDS
from node.cli.decide import Conditions, decide_to_give
from node.cli.demo_people import Person
from node.cli.disclosure import disclosures
from node.cli.disclosure_screen import show_entry, show_read
from node.cli.import_file import examine, send
from node.cli.invocation import DEFAULT_OFFICER, Invocation
from node.cli.lines import read_json_lines
from node.cli.refusals import show_refusal
from node.errors import LancangError

if TYPE_CHECKING:
    from node.cli.demo_story import Story
    from node.v1.operator_disclosures_pb2 import Disclosure

_PATIENCE_SECONDS = 20.0
_STEP_SECONDS = 0.05
_CONDITIONS = Conditions(None, "H1", "B", "2", None, None, 90, None)
_NEW_PASSPORT = "AA7654321"


@dataclass(slots=True)
class AfterTheHit:
    """The scenes after one hit of asker at owner, about a person of the owner's."""

    story: Story
    asker: str
    owner: str
    person: Person
    hit_id: str

    def play(self) -> None:
        """Everything in its order; what does not come about is a promise not kept."""
        request_id = self._request()
        if request_id is None:
            return
        self._decide(request_id)
        self._correct(request_id)
        self._prove()

    def _request(self) -> str | None:
        """The asker's analyst asks for the record; the owner's node checks the proof before anybody sees it."""
        from node.v1 import operator_disclosures_pb2 as messages

        asker, owner = self.asker.upper(), self.owner.upper()
        self.story.scene(f"5. After the hit: {asker} asks {owner} for the record")
        wanted = messages.RequestDisclosureRequest(
            hit_id=self.hit_id,
            legal_basis="Memorandum of understanding, article 4",
            necessity="Held at the border under a name written by ear; to be identified.",
            urgency="urgent",
            fields=["names", "birth_date", "documents"],
            tell=["names", "birth_date"],
            character="ordinary",
        )
        with disclosures(self._at(self.asker)) as node:
            made = node.RequestDisclosure(wanted, timeout=SHORT_SECONDS).disclosure
        arrived = self._wait(lambda: self._stands(made.request_id, "taken"))
        self.story.check(arrived, f"{owner} did not take the request in")
        if not arrived:
            return None
        self.story.say(
            f"{owner}'s node has checked the proof of match against its record and that one paid ask. Its desk sees:"
        )
        with disclosures(self._at(self.owner)) as node:
            entry = node.ShowInboxEntry(
                messages.ShowInboxEntryRequest(request_id=made.request_id), timeout=SHORT_SECONDS
            )
        show_entry(self._at(self.owner), entry, as_json=False)
        return str(made.request_id)

    def _decide(self, request_id: str) -> None:
        """Two officers approve with their own keys; the analyst alone is not enough."""
        owner = self.owner.upper()
        self.story.scene(f"6. Two officers of {owner} decide, each with a key of his own; {self.asker.upper()} reads")
        decide_to_give(self._at(self.owner), request_id, _CONDITIONS, yes=True)
        try:
            decide_to_give(self._at(self.owner), request_id, _silent(), yes=True)
        except LancangError as problem:
            self.story.say(f"The same officer once more: {problem.code.value} {problem.title}.")
        else:
            self.story.check(False, "one officer approved twice")
        begun = time.monotonic()
        decide_to_give(self._at(self.owner, "approver"), request_id, _silent(), yes=True)
        given = self._wait(lambda: self._stands(request_id, "disclosed"))
        self.story.check(given, "the reply did not arrive")
        if given:
            self.story.say(
                f"{time.monotonic() - begun:.1f} s after the second signature it lies sealed at the requester:"
            )
            self._read(request_id)

    def _correct(self, request_id: str) -> None:
        """The owner's record changes, and the change follows what was given."""
        asker, owner = self.asker.upper(), self.owner.upper()
        self.story.scene(f"7. {owner} corrects its record: the correction follows what was given")
        line: dict[str, Any] = json.loads(self.person.line)
        line["documents"] = [{"type": "passport", "issuer": "TH", "number": _NEW_PASSPORT}]
        path = self.story.stage.directory / "people" / "corrected.jsonl"
        path.write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
        self._import(path)
        corrected = self._wait(lambda: bool(self._disclosure(request_id).correction))
        self.story.check(corrected, f"the correction did not reach {asker}")
        if corrected:
            read = self._read(request_id)
            self.story.check(_NEW_PASSPORT in json.dumps(read), "the corrected value is not what is read")

    def _prove(self) -> None:
        """Both ends' logs prove themselves offline; a changed byte is found."""
        self.story.scene("8. What happened can be proved: both logs, vouched for by the others")
        place = self.story.stage.directory / "exports"
        place.mkdir(mode=0o700, exist_ok=True)
        for node_id in (self.asker, self.owner):
            path = place / f"{node_id}.log"
            self._export(node_id, path)
            try:
                for line in describe(path):
                    self.story.say(line)
            except LancangError as problem:
                self.story.check(False, f"{node_id}'s log does not hold: {problem}")
        path = place / f"{self.owner}.log"
        changed = bytearray(path.read_bytes())
        changed[len(changed) // 2] ^= 1
        tampered = path.with_name(f"{self.owner}-tampered.log")
        tampered.write_bytes(changed)
        try:
            describe(tampered)
        except LancangError as problem:
            self.story.say(f"One bit of {self.owner.upper()}'s export changed: {problem.code.value} {problem.title}.")
        else:
            self.story.check(False, "a tampered export was believed")

    def _export(self, node_id: str, path: Path) -> None:
        from node.v1 import operator_audit_pb2 as messages

        with audit_service(self._at(node_id, "auditor")) as node:
            node.MakeCheckpoint(messages.MakeCheckpointRequest(), timeout=60.0)
            path.unlink(missing_ok=True)
            with path.open("wb") as file:
                for response in node.ExportLog(messages.ExportLogRequest(), timeout=60.0):
                    file.write(response.piece)

    def _read(self, request_id: str) -> dict[str, Any]:
        from node.v1 import operator_disclosures_pb2 as messages

        with disclosures(self._at(self.asker)) as node:
            found = node.ReadDisclosure(messages.ReadDisclosureRequest(request_id=request_id), timeout=SHORT_SECONDS)
        show_read(self._at(self.asker), found)
        return dict(json.loads(found.content))

    def _import(self, path: Path) -> None:
        from node.cli.connection import called

        with called(self.story.stage.node(self.owner).home, DEFAULT_OFFICER) as stub:
            survey = examine(read_json_lines(path))
            send(stub, lambda: read_json_lines(path), survey, False, lambda _d: None, show_refusal, lambda _a: None)

    def _disclosure(self, request_id: str) -> Disclosure:
        from node.v1 import operator_disclosures_pb2 as messages

        with disclosures(self._at(self.asker)) as node:
            wanted = messages.ShowDisclosureRequest(request_id=request_id)
            return node.ShowDisclosure(wanted, timeout=SHORT_SECONDS).disclosure

    def _stands(self, request_id: str, state: str) -> bool:
        return bool(self._disclosure(request_id).state == state)

    def _at(self, node_id: str, officer: str = DEFAULT_OFFICER) -> Invocation:
        return Invocation(self.story.stage.node(node_id).home.path, officer, self.story.at.color)

    def _wait(self, reached: Callable[[], bool]) -> bool:
        until = time.monotonic() + _PATIENCE_SECONDS
        while not reached():
            if time.monotonic() > until:
                return False
            time.sleep(_STEP_SECONDS)
        return True


def _silent() -> Conditions:
    """What the second officer says: the same as the first."""
    return Conditions(None, None, None, None, None, None, None, None)
