"""A node that took the wrong one of two rosters finds back to the others with a later version, and both stay known."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import create_engine

from node.crypto.sealing import Sealer, derive_key
from node.roster.documents import parse_signed
from node.storage import evidence
from tests.support import disk
from tests.support.ceremony import Ceremony, typed
from tests.support.federation import running_federation, wait_for
from tests.support.hostile_members import keys_of

MEMBERS = ("cn", "la", "th")


def test_the_way_back_from_the_wrong_line_is_a_later_version_an_explicit_wish_and_no_new_node(tmp_path: Path) -> None:
    with running_federation(tmp_path / "federation", MEMBERS) as nodes:
        ceremony, th = Ceremony(nodes, tmp_path), nodes.node("th").home
        # Somebody signs two second versions: th takes the one, the others take the other.
        wrong = ceremony.draft("cn", "--set", "asks_per_minute=777777").rename(tmp_path / "wrong.json")
        right = ceremony.draft("cn", "--set", "asks_per_minute=666666")
        for draft in (wrong, right):
            ceremony.sign(draft, ("cn", "la"))
        ceremony.accept(wrong, ["th"])
        ceremony.accept(right, ["cn", "la"])
        wait_for(lambda: "roster fork" in ceremony.checks("th"), "th sees that there are two")
        third = ceremony.draft("cn", "--days", "300")
        ceremony.sign(third, ("cn", "la"))
        ceremony.accept(third, ["cn", "la"])

        # No version of the other line comes in by itself, or by an ordinary acceptance.
        assert "--over-fork" in typed("roster", "accept", third, "--yes", home=th.path, code=9)
        assert "LCG-101" in typed("roster", "accept", right, "--over-fork", "--yes", home=th.path, code=2)
        unsigned = ceremony.draft("cn", "--days", "200").rename(tmp_path / "unsigned.json")
        assert "LCG-304" in typed("roster", "accept", unsigned, "--over-fork", "--yes", home=th.path, code=9)
        assert ceremony.holds("th", 2)

        said = typed("roster", "accept", third, "--over-fork", "--yes", home=th.path)
        assert parse_signed(third.read_bytes()).hash.hex() in said
        assert ceremony.in_force("th").hash == ceremony.in_force("cn").hash
        nodes.wait_in_sync()
        found = nodes.search("cn", {"names": [{"text": "Somchai Jaidee"}]}, peers=["th"]).answers[0]
        assert (found.outcome, found.code) == ("none", "")
        (left,) = [act for act in nodes.acts("th") if act.kind == "roster-over-fork"]
        assert (left.actor, json.loads(left.detail)["left_version"]) == ("administrator", 2)
        # A restart goes by the line that holds now; the file follows.
        nodes.kill("th")
        nodes.start("th")
        nodes.wait_serving("th")
        nodes.wait_in_sync()
        assert ceremony.holds("th", 3)
        assert [version for (version,) in disk.rows(th, "SELECT version FROM roster ORDER BY version")] == [1, 2, 3]

        # Both second versions are kept, with who signed them.
        refused = [act for act in nodes.acts("th") if act.kind == "roster-refused"]
        sealer = Sealer(derive_key(keys_of(nodes.federation, "th").storage_master, "columns"))
        engine = create_engine(f"sqlite:///{th.database}")
        kept = set()
        with engine.connect() as connection:
            for act in refused:
                body = json.loads(evidence.get(connection, sealer, act.act_id) or b"{}")
                kept |= {parse_signed(document.encode()).hash for document in body.values()}
        engine.dispose()
        assert kept >= {parse_signed(file.read_bytes()).hash for file in (wrong, right)}
        wait_for(lambda: "roster fork" not in ceremony.checks("th"), "the later version has settled it")
