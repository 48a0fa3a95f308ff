"""The alliance changes while it runs: what docs/operations.md walks through by hand, over real nodes."""

from __future__ import annotations

from pathlib import Path

from tests.support.ceremony import Ceremony, searching
from tests.support.federation import MEMBERS
from tests.support.people import invented
from tests.support.six_nodes import SixNodes

QUORUM = ("cn", "la", "th", "vn")
SOMEONE = {"phones": [invented("th")[0].phone]}


def test_a_policy_changes_at_one_node_after_the_other_and_no_search_fails(six: SixNodes, tmp_path: Path) -> None:
    ceremony = Ceremony(six.running, tmp_path)
    before = ceremony.in_force("cn").roster
    draft = ceremony.draft("cn", "--set", "asks_per_minute=777777")
    ceremony.sign(draft, QUORUM)
    with searching(six.running, "cn", SOMEONE) as searches:
        for node_id in MEMBERS:
            ceremony.accept(draft, [node_id])
            assert ceremony.in_force(node_id).roster.policy.asks_per_minute == 777_777
    assert searches.failures == []
    assert searches.outcomes == {(node, "hit" if node == "th" else "none", "") for node in MEMBERS if node != "cn"}
    assert {ceremony.in_force(node_id).roster.version for node_id in MEMBERS} == {before.version + 1}
    assert [act.actor for act in six.running.acts("th") if act.kind == "roster-accepted"][-1] == "administrator"
