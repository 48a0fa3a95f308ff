"""What two nodes let slip of the people in their files: nothing, in logs, acts, metrics and process arguments."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from node.cli.running import running
from node.errors import LancangError
from node.v1 import operator_pb2
from tests.support.federation import RunningFederation, wait_for
from tests.support.hostile_members import keys_of

FAMILY_NAME, NATIVE_FAMILY_NAME, ALIAS = "Quentavong", "เควนตะวงศ์", "Zorblax"
NAME, NATIVE = f"Xayaphone {FAMILY_NAME}", f"ไซยาพร {NATIVE_FAMILY_NAME}"
PHONE_LOCAL, PASSPORT, ACCOUNT = "898765432", "QX7654321", "9988776655443"
BIRTH_DATE, PHONE = "1983-11-29", f"+66{PHONE_LOCAL}"
RECORD_ID, CASE, BAD_DATE, QUERY_ID = "SECRET-REC-4711", "CASE-PLUGH-99", "1983-13-99", "QUERY-XYZZY-1"
RECORD = {
    "record_id": RECORD_ID,
    "names": [{"text": NAME}, {"text": NATIVE}, {"text": ALIAS, "type": "alias"}],
    "birth_date": BIRTH_DATE,
    "phones": [PHONE],
    "documents": [{"type": "passport", "issuer": "TH", "number": PASSPORT}],
    "category": "wanted",
}
QUERY = {"names": [{"text": NAME}], "birth_date": BIRTH_DATE, "phones": [PHONE]}


@dataclass(slots=True)
class Told:
    """Everything that the two nodes told anybody but the officer who asked, by where it was told."""

    places: dict[str, str]

    def betrays(self, word: str) -> list[str]:
        """Where a word stands, in any of the ways it may be written."""
        ways = {word, word.lower(), json.dumps(word).strip('"'), word.encode().hex(), word.replace("-", "")}
        return [place for place, text in self.places.items() if any(way in text for way in ways)]


@pytest.fixture(scope="module")
def told(pair: RunningFederation) -> Told:
    """What was told after records came in, were searched, shown, withdrawn, and refused in many ways."""
    pair.load("th", [RECORD, {**RECORD, "record_id": f"{RECORD_ID}-B", "birth_date": BAD_DATE}])
    wait_for(lambda: pair.published("th"), "th has published")
    wait_for(lambda: _outcome(pair) == "hit", "cn finds the person", 15)
    tag = pair.search("cn", QUERY, case=CASE).answers[0].hits[0].tag
    with pair.officer("th") as stub:
        reference = operator_pb2.TagReference(tag=bytes.fromhex(tag), audience="cn")
        assert NAME in stub.ShowRecord(operator_pb2.ShowRecordRequest(tag=reference), timeout=10).record.decode()
    for query in _bad_queries():
        assert _refusal(pair, query).startswith("LCG-1")
    with pytest.raises(LancangError), pair.officer("th") as stub:
        stub.ShowRecord(operator_pb2.ShowRecordRequest(record_id=f"{RECORD_ID}-NONE"), timeout=10)
    by_hand = pair.command("search", "-", "--purpose", "telecom-fraud", "--case", CASE,
                           stdin=json.dumps({"query_id": QUERY_ID, **QUERY}), home="cn")  # fmt: skip
    assert by_hand.returncode == 0, by_hand.stderr
    with pair.officer("th") as stub:
        stub.WithdrawRecord(operator_pb2.WithdrawRecordRequest(record_id=RECORD_ID), timeout=10)
    return Told(_places(pair))


def _outcome(pair: RunningFederation) -> str:
    return pair.search("cn", QUERY, case=CASE).answers[0].outcome


def _bad_queries() -> Iterator[bytes]:
    yield json.dumps({"query_id": QUERY_ID, **QUERY, "birth_date": BAD_DATE}).encode()
    yield json.dumps({"query_id": QUERY_ID, **QUERY, "shoe_size": ALIAS}).encode()
    yield json.dumps({"query_id": QUERY_ID, **QUERY, "phones": [f"{PHONE}x{ALIAS}"]}).encode()
    yield json.dumps({"query_id": QUERY_ID, "names": [{"text": NAME, "script": ALIAS}]}).encode()
    yield json.dumps({"query_id": QUERY_ID, **QUERY, "accounts": [ACCOUNT]}).encode()[:-5]
    yield NAME.encode("utf-16")


def _refusal(pair: RunningFederation, query: bytes) -> str:
    request = operator_pb2.SearchRequest(query=query, purpose="telecom-fraud", case_number=CASE)
    with pytest.raises(LancangError) as refused, pair.officer("cn") as stub:
        stub.Search(request, timeout=20)
    return refused.value.code


def _places(pair: RunningFederation) -> dict[str, str]:
    places = {}
    for node_id in ("cn", "th"):
        home = pair.node(node_id).home
        found = running(home)
        assert found is not None
        places[f"log of {node_id}"] = home.log.read_text(encoding="utf-8")
        places[f"arguments of {node_id}"] = Path(f"/proc/{found.pid}/cmdline").read_bytes().decode()
        environment = Path(f"/proc/{found.pid}/environ").read_bytes().decode().split("\0")
        # pytest itself names the running test there, and with it the word.
        ours = [variable for variable in environment if not variable.startswith("PYTEST_")]
        places[f"environment of {node_id}"] = "\n".join(ours)
        places[f"run file of {node_id}"] = home.run.read_text(encoding="utf-8")
        with urllib.request.urlopen(f"http://{found.metrics}/metrics", timeout=5) as response:
            places[f"metrics of {node_id}"] = response.read().decode()
        places[f"acts of {node_id}"] = "\n".join(f"{act.actor} {act.peer} {act.detail}" for act in pair.acts(node_id))
    return places


WORDS = (NAME, FAMILY_NAME, NATIVE, NATIVE_FAMILY_NAME, ALIAS, BIRTH_DATE, PHONE, PHONE_LOCAL, PASSPORT, ACCOUNT, CASE,
         BAD_DATE, QUERY_ID)  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_nothing_of_a_person_a_case_or_a_question_is_told(told: Told, word: str) -> None:
    assert told.betrays(word) == []


def test_a_record_id_is_told_to_nobody_else(told: Told) -> None:
    assert told.betrays(RECORD_ID) == []


@pytest.mark.parametrize("node_id", ["cn", "th"])
def test_no_secret_and_no_key_is_told(pair: RunningFederation, told: Told, node_id: str) -> None:
    secret = pair.node(node_id).secret_file.read_text(encoding="ascii").strip()
    assert told.betrays(secret) == []
    keys = keys_of(pair.federation, node_id)
    for key in (keys.signing_seed, keys.sealing_key, keys.storage_master, keys.officer_pseudonym):
        assert told.betrays(key.hex()) == []
    assert told.betrays("PRIVATE KEY") == []


@pytest.mark.parametrize("node_id", ["cn", "th"])
def test_every_line_of_a_log_is_one_object_of_json(told: Told, node_id: str) -> None:
    """Also where a handshake failed, of which gRPC's C core would tell in lines of its own."""
    lines = told.places[f"log of {node_id}"].splitlines()
    assert lines
    assert {"event", "level", "timestamp", "node"} <= set.intersection(*(set(json.loads(line)) for line in lines))


def test_what_happened_is_told_by_kind_and_code(told: Told) -> None:
    """The log is silent on people, not on events: an administrator sees that something was refused, and why."""
    assert "LCG-101" in told.places["log of cn"]
    assert "ask_id" in told.places["acts of th"]


def test_a_channel_without_tls_is_told_nothing(pair: RunningFederation) -> None:
    with grpc.insecure_channel(str(pair.node("th").endpoint)) as channel:
        call: Any = channel.unary_unary("/node.v1.SessionService/Hello")
        with pytest.raises(grpc.RpcError) as refused:
            call(b"", timeout=5)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
