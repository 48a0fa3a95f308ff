"""An update brings other matcher tables: the node opens a new epoch by itself, and what it holds stays findable."""

from __future__ import annotations

from pathlib import Path

from tests.support.federation import running_federation
from tests.support.new_tables import other_tables

PERSON = {"names": [{"text": "Somchai Jaidee"}], "birth_date": "1980-05-17"}
RECORD = {"record_id": "TH-1", "names": [{"text": "สมชาย ใจดี", "script": "Thai"}], "birth_date": "1980-05-17"}


def test_new_tables_open_a_new_epoch_and_an_old_peer_is_told_who_must_update(tmp_path: Path) -> None:
    updated = other_tables(tmp_path)
    with running_federation(tmp_path / "federation", ("cn", "th")) as nodes:
        assert nodes.load("th", [RECORD]).added == 1
        nodes.process_of("th").terminate()
        nodes.process_of("th").wait(20)
        nodes.start("th", extra=updated)
        nodes.wait_serving("th")
        nodes.wait_fault("cn", "th", "LCG-308")
        refused = nodes.search("cn", PERSON).answers[0]
        assert (refused.outcome, refused.code) == ("error", "LCG-308")

        nodes.process_of("cn").terminate()
        nodes.process_of("cn").wait(20)
        nodes.start("cn", extra=updated)
        nodes.wait_serving("cn")
        nodes.wait_in_sync()
        found = nodes.search("cn", PERSON).answers[0]
        assert (found.outcome, found.epoch) == ("hit", 2)
        opened = [act.detail for act in nodes.acts("th") if act.kind == "epoch-opened"]
        assert len(opened) == 2
