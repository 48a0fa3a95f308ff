"""A copy whose files changed on disk: the requester sees it at its start and takes the index anew."""

from __future__ import annotations

from pathlib import Path

from node.storage.index_files.layout import HEADER_BYTES, RunHeader
from tests.support.federation import running_federation

RECORD = {"record_id": "TH-1", "names": [{"text": "สมชาย ใจดี"}], "phones": ["+66810123456"]}


def test_contents_that_changed_on_disk_are_seen_and_taken_anew(tmp_path: Path) -> None:
    with running_federation(tmp_path / "federation", ("cn", "th")) as nodes:
        assert nodes.load("th", [RECORD]).added == 1
        nodes.kill("cn")
        copies = nodes.node("cn").home.index / "copies" / "th-1"
        for path in copies.glob("*.run"):
            data = bytearray(path.read_bytes())
            header = RunHeader.decode(bytes(data[:HEADER_BYTES]))
            for at in range(header.masked_at, header.offsets_at):
                data[at] ^= 0xFF
            path.write_bytes(data)
        nodes.start("cn")
        nodes.wait_serving("cn")
        nodes.wait_in_sync("cn")
        assert "copy damaged" in nodes.node("cn").home.log.read_text()
        assert nodes.search("cn", {"phones": RECORD["phones"]}).answers[0].outcome == "hit"
