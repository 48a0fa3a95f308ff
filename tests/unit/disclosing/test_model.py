"""Whatever officers of both ends do in whatever order, and however late letters come: as in a model of a few lines."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from node.acts.disclosing.read import read_disclosure, withdraw_request
from node.audit.journal import ActKind, page
from node.errors import Code, LancangError
from node.model.disclosure import IN_OPEN, OUT_OPEN, Field, InState, OutState, Verdict
from tests.support.disclosing_pair import ASKED, ROLES, DisclosingPair

OFFICERS = st.sampled_from(sorted(ROLES))
FIELDS = st.sampled_from([ASKED, (Field.NAMES,)])
GIVEN = (InState.DISCLOSED, InState.READ)
# How both ends may stand once every letter has come.
AGREED = {
    *itertools.product(IN_OPEN, OUT_OPEN),
    *itertools.product(GIVEN, (OutState.DISCLOSED, OutState.READ, OutState.WITHDRAWN)),
    *itertools.product((InState.REFUSED,), (OutState.REFUSED, OutState.WITHDRAWN)),
    (InState.WITHDRAWN, OutState.WITHDRAWN),
}


class Disclosing(RuleBasedStateMachine):
    """One request between two real nodes, beside what should become of it."""

    pair: ClassVar[DisclosingPair]

    @initialize()
    def ask(self) -> None:
        """A request that both ends have."""
        self.request_id = self.pair.request()
        self.here, self.there = InState.RECEIVED, OutState.TAKEN
        self.approved: dict[str, tuple[Field, ...]] = {}
        self.to_cn: list[str] = []
        self.to_th: list[str] = []

    def _expect(self, code: Code | None, act: object) -> None:
        """The act goes through, or is refused with that code."""
        assert callable(act)
        if code is None:
            act()
            return
        with pytest.raises(LancangError) as refused:
            act()
        assert refused.value.code is code

    @rule(officer=OFFICERS, fields=FIELDS)
    def approve(self, officer: str, fields: tuple[Field, ...]) -> None:
        """An officer approves; the second one must approve the same."""
        role, others = ROLES[officer].value, dict(self.approved)
        others.pop(role, None)
        code = None if self.here in IN_OPEN else Code.REQUEST_STATE
        if code is None and others and fields not in others.values():
            code = Code.DECISION_WRONG
        self._expect(code, lambda: self.pair.decide(self.request_id, officer, Verdict.APPROVE, fields))
        if code is None:
            self.approved[role] = fields
            self.here = InState.DISCLOSED if others else InState.APPROVED_ONCE
            self.to_cn += ["reply"] if others else []

    @rule(officer=OFFICERS)
    def refuse(self, officer: str) -> None:
        """One officer refuses."""
        code = None if self.here in IN_OPEN else Code.REQUEST_STATE
        self._expect(code, lambda: self.pair.decide(self.request_id, officer, Verdict.REFUSE))
        if code is None:
            self.here = InState.REFUSED
            self.to_cn.append("refusal")

    @rule(officer=OFFICERS)
    def confirm(self, officer: str) -> None:
        """One officer confirms the person, before anybody approves."""
        code = None if self.here is InState.RECEIVED else Code.REQUEST_STATE
        self._expect(code, lambda: self.pair.decide(self.request_id, officer, Verdict.CONFIRM))
        if code is None:
            self.here = InState.CONFIRMED
            self.to_cn.append("confirmation")

    @rule()
    def withdraw(self) -> None:
        """The requester needs it no more."""
        code = None if self.there in OUT_OPEN else Code.REQUEST_STATE
        self._expect(code, lambda: self.pair.runner.run(withdraw_request(self.pair.cn, self.request_id.hex(), "a")))
        if code is None:
            self.there = OutState.WITHDRAWN
            self.to_th.append("withdrawal")

    @rule()
    def read(self) -> None:
        """An officer of the requester reads."""
        code = None if self.there in (OutState.DISCLOSED, OutState.READ) else Code.REQUEST_STATE
        self._expect(code, lambda: self.pair.runner.run(read_disclosure(self.pair.cn, self.request_id.hex(), "a")))
        if code is None and self.there is OutState.DISCLOSED:
            self.there = OutState.READ
            self.to_th.append("read")

    @rule()
    def carry_to_cn(self) -> None:
        """The owner's next letter comes."""
        self.pair.carry(self.pair.th)
        if not self.to_cn:
            return
        came = self.to_cn.pop(0)
        if self.there in OUT_OPEN:
            self.there = {
                "reply": OutState.DISCLOSED, "refusal": OutState.REFUSED, "confirmation": OutState.CONFIRMED
            }[came]  # fmt: skip

    @rule()
    def carry_to_th(self) -> None:
        """The requester's next letter comes."""
        self.pair.carry(self.pair.cn)
        if not self.to_th:
            return
        came = self.to_th.pop(0)
        if came == "withdrawal" and self.here in IN_OPEN:
            self.here = InState.WITHDRAWN
        if came == "read" and self.here is InState.DISCLOSED:
            self.here = InState.READ

    @invariant()
    def both_ends_stand_as_in_the_model(self) -> None:
        """After every step."""
        if hasattr(self, "request_id"):
            assert self.pair.states(self.request_id) == (self.here, self.there)

    def teardown(self) -> None:
        """Once every letter has come, both ends agree, and what was given was given once, by two."""
        if not hasattr(self, "request_id"):
            return
        self.pair.settle()
        here, there = self.pair.states(self.request_id)
        assert (here, there) in AGREED
        acts = self.pair.runner.run(self.pair.th.read(page, 0, 100_000, ActKind.DISCLOSURE_GIVEN))
        digest = self.pair.runner.run(show_digest(self.pair, self.request_id))
        assert sum(act.detail["request"] == digest for act in acts) == (here in GIVEN)
        if here in GIVEN:
            assert len(self.approved) == len(set(ROLES.values()))


async def show_digest(pair: DisclosingPair, request_id: bytes) -> str:
    """The hash of a request, as acts name it."""
    from node.storage import requests_in

    found = await pair.th.read(requests_in.get, pair.th.sealer, request_id)
    return found.digest.hex()


def test_officers_and_letters_in_any_order_end_as_in_the_model() -> None:
    with tempfile.TemporaryDirectory() as directory:
        pair = DisclosingPair.at(Path(directory) / "f")
        try:
            Disclosing.pair = pair
            how = settings(
                max_examples=25,
                stateful_step_count=14,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            )
            run_state_machine_as_test(Disclosing, settings=how)
        finally:
            pair.close()


def test_the_database_itself_lets_nothing_be_given_by_one_officer(tmp_path: Path) -> None:
    from sqlalchemy.exc import DBAPIError

    from node.storage import requests_in

    pair = DisclosingPair.at(tmp_path / "f")
    try:
        request_id = pair.request()
        pair.decide(request_id, "analyst", Verdict.APPROVE)
        with pytest.raises((DBAPIError, LancangError), match=r"two officers|SQLITE_CONSTRAINT"):
            pair.runner.run(pair.th.write(requests_in.set_state, request_id, InState.DISCLOSED, 1))
        assert pair.states(request_id)[0] is InState.APPROVED_ONCE
    finally:
        pair.close()
