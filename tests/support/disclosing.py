"""Officers of cn and th at their terminals, after a hit: what tests of disclosures do through the command line."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from typer.testing import CliRunner, Result

from node.cli.main import app
from tests.support.federation import RunningFederation, wait_for

GIVEN = ("--handling", "H1", "--source", "B", "--certainty", "2")
_shell = CliRunner(env={"LANCANG_HOME": None, "LANCANG_OFFICER": None, "NO_COLOR": "1"})
_numbers = itertools.count(1)


@dataclass(slots=True)
class Desks:
    """cn asks, th holds records; every person is invented, and used by one test."""

    running: RunningFederation
    requester: str = "cn"
    owner: str = "th"
    loaded: list[str] = field(default_factory=list)

    def person(self, **more: Any) -> dict[str, Any]:
        """A record of its own, at the owner and in the requester's copy."""
        number = next(_numbers)
        record = {
            "record_id": f"TH-{number:04d}",
            "names": [{"text": f"สมชาย ใจดี{'กขคงจฉชซ'[number % 8]}"}],
            "birth_date": f"{1950 + number % 50}-{1 + number % 12:02d}-{1 + number % 28:02d}",
            "documents": [{"type": "passport", "issuer": "TH", "number": f"AB{7_000_000 + number}"}],
            "category": "suspect",
        } | more
        self.load(record)
        return record

    def load(self, record: Mapping[str, Any]) -> None:
        """Import, and wait until the requester's copy has it."""
        from tests.support.six_nodes import wait_spread

        self.running.load(self.owner, [record])
        wait_spread(self.running, self.owner)

    def hit(self, record: Mapping[str, Any], *keys: str) -> str:
        """The id of the hit that a search by these attributes finds."""
        wanted = {key: record[key] for key in keys or ("names", "birth_date")}
        answer = self.running.search(self.requester, wanted, peers=[self.owner]).answers[0]
        assert answer.hits, answer
        return answer.hits[0].hit_id

    app = app

    def shell(self, environment: Mapping[str, str]) -> CliRunner:
        """A shell with more in its environment."""
        return CliRunner(env={"LANCANG_HOME": None, "LANCANG_OFFICER": None, "NO_COLOR": "1", **environment})

    def ask(self, *arguments: str, officer: str = "analyst", stdin: str | None = None) -> Result:
        """A command at the requester."""
        return self._typed(self.requester, officer, arguments, stdin)

    def desk(self, *arguments: str, officer: str = "analyst") -> Result:
        """A command at the owner."""
        return self._typed(self.owner, officer, arguments)

    def _typed(self, node: str, officer: str, arguments: tuple[str, ...], stdin: str | None = None) -> Result:
        """Within this process: a test types dozens of commands, and Python takes half a second to begin."""
        home = str(self.running.node(node).home.path)
        return _shell.invoke(app, ["--home", home, "--as", officer, *arguments], input=stdin)

    def request(self, hit_id: str, *more: str) -> Result:
        """Request a disclosure."""
        words = ("--legal-basis", "Treaty 2003, art. 4", "--necessity", "to be identified", "--yes", "--json")
        return self.ask("disclosure", "request", hit_id, *words, *more)

    def requested(self, hit_id: str, *more: str) -> str:
        """Request, and wait until the owner has it; the request's id."""
        made = self.request(hit_id, *more)
        assert made.exit_code == 0, made.stderr
        request_id = str(json.loads(made.stdout)["request_id"])
        self.wait(request_id, "taken")
        return request_id

    def approve(self, request_id: str, *more: str, officer: str = "analyst") -> Result:
        """Approve as one of the owner's officers."""
        return self.desk("disclosure", "approve", request_id, "--yes", *more, officer=officer)

    def given(self, request_id: str) -> None:
        """Both officers approve."""
        for done in (self.approve(request_id, *GIVEN), self.approve(request_id, officer="approver")):
            assert done.exit_code == 0, done.stderr

    def show(self, request_id: str) -> dict[str, Any]:
        """The request as it stands at the requester."""
        shown = self.ask("disclosure", "show", request_id, "--json")
        assert shown.exit_code == 0, shown.stderr
        return dict(json.loads(shown.stdout))

    def wait(self, request_id: str, state: str) -> None:
        """Wait until the request stands so at the requester."""
        wait_for(partial(self._stands, request_id, state), f"request {request_id} is {state}")

    def _stands(self, request_id: str, state: str) -> bool:
        return bool(self.show(request_id)["state"] == state)
