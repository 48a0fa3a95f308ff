"""A record that was given changes or is withdrawn: whoever has it is told, once, however the nodes fail meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.disclosing import Desks
from tests.support.federation import running_federation, wait_for


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """cn, th and vn, running."""
    with running_federation(tmp_path_factory.mktemp("correction") / "f", ("cn", "th", "vn")) as running:
        yield Desks(running)


def read(desks: Desks, request_id: str) -> dict[str, Any]:
    """What the requester's officer reads."""
    done = desks.ask("disclosure", "read", request_id, "--json")
    assert done.exit_code == 0, done.stderr
    return dict(json.loads(done.stdout))


def given(desks: Desks, record: dict[str, Any], fields: str) -> str:
    """A disclosure of these fields, given; the request's id."""
    request_id = desks.requested(desks.hit(record), "--fields", fields)
    desks.given(request_id)
    desks.wait(request_id, "disclosed")
    return request_id


def corrected(desks: Desks, request_id: str) -> str:
    """The newest correction's kind, by the list of requests at the requester; "" without one."""
    listed = json.loads(desks.ask("disclosure", "list", "--json").stdout)["disclosures"]
    one = next(each for each in listed if each["request_id"] == request_id)
    return str(one.get("correction", {}).get("kind", ""))


def sent(desks: Desks, request_id: str) -> list[dict[str, Any]]:
    """The owner's corrections of a request, the newest first."""
    listed = json.loads(desks.desk("correction", "list", "--all", "--json").stdout)["sent"]
    return [each for each in listed if each["request_id"] == request_id]


def test_a_changed_record_is_corrected_where_it_was_given(desks: Desks) -> None:
    record = desks.person(phones=["+66812345678"])
    request_id = given(desks, record, "names,documents")
    assert read(desks, request_id)["fields"]["documents"] == record["documents"]
    new = [{"type": "passport", "issuer": "TH", "number": "CC7654321"}]
    desks.load(record | {"documents": new, "category": "victim"})
    wait_for(lambda: corrected(desks, request_id) == "rectified", "the correction is there")
    shown = desks.ask("disclosure", "show", request_id)
    assert shown.stdout.startswith("CORRECTED BY THE OWNER")
    now = read(desks, request_id)
    assert now["fields"] == {"names": record["names"], "documents": new}
    assert (now["category"], now["handling"]["code"]) == ("victim", "H1")
    assert sorted(now["officers"]) == ["analyst", "approver"]
    (only,) = sent(desks, request_id)
    assert (only["number"], only["requester"]) == (1, "cn")
    wait_for(lambda: not sent(desks, request_id)[0]["outstanding"], "it is acknowledged")
