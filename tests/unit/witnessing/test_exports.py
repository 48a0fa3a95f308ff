"""Exports hold, and two programs that share no code agree on them; nothing in them can be changed unseen."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from node.acts.witnessing.carry_round import carry_round
from node.acts.witnessing.export_log import export_log, extract_acts
from node.acts.witnessing.forget_acts import forget_acts
from node.acts.witnessing.verify_export import Verified, verify_export
from node.audit import journal
from node.audit.journal import ActKind, record_act
from node.clock import SystemClock
from node.errors import Code, LancangError
from node.roster.documents import parse_signed
from tests.support import log_verifier
from tests.support.log_circle import Circle, act
from tests.support.log_verifier import Wrong

_CLOCK = SystemClock()


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


async def exported(circle: Circle, path: Path) -> Path:
    return written(path, b"".join([piece async for piece in export_log(circle.nodes["th"], "auditor")]))


async def extracted(circle: Circle, path: Path, *opened: str) -> Path:
    """The newest search of th, as a file of its own."""
    th = circle.nodes["th"]
    await act(th, 3)
    found = await th.read(journal.newest_of, ActKind.SEARCH)
    assert found is not None
    return written(path, await extract_acts(th, [found.act_id], opened, "auditor"))


def same(found: Verified, other: dict[str, object]) -> None:
    longest: dict[str, int] = {}
    for each in found.vouched:
        longest |= {name: each.size for name in each.witnesses if name not in longest}
    assert other["vouched"] == longest


async def test_two_verifiers_that_share_no_code_agree_on_a_full_export(circle: Circle, tmp_path: Path) -> None:
    await act(circle.nodes["th"], 20)
    path = await exported(circle, tmp_path / "th.log")
    found, other = verify_export(path, None, _CLOCK.now_ms()), log_verifier.verify(path)
    assert other["acts"] == found.size > 20
    same(found, other)
    assert found.vouched[0].witnesses == ("cn", "la")
    assert (found.alone_from, found.anchored, found.others) == (found.size + 1, False, ("cn", "la"))
    own = circle.nodes["cn"].roster_file
    assert verify_export(path, parse_signed(own), _CLOCK.now_ms()).anchored
    assert log_verifier.verify(path, own) == other


async def test_what_nobody_vouches_for_is_called_the_owners_word_alone(circle: Circle, tmp_path: Path) -> None:
    th = circle.nodes["th"]
    signed = await carry_round(th)
    assert signed is not None
    circle.cut("th", "la")
    await act(th)
    await carry_round(th)
    circle.cut("th", "cn")
    await act(th, 4)
    path = await exported(circle, tmp_path / "th.log")
    found = verify_export(path, None, _CLOCK.now_ms())
    same(found, log_verifier.verify(path))
    assert [each.witnesses for each in found.vouched] == [("cn",), ("cn", "la")]
    assert found.vouched[1].size == signed.checkpoint.size
    assert found.alone_from == found.vouched[0].size + 1 < found.size


async def test_every_changed_byte_of_leaves_and_signatures_is_found(circle: Circle, tmp_path: Path) -> None:
    await act(circle.nodes["th"], 4)
    path = await exported(circle, tmp_path / "th.log")
    data = path.read_bytes()
    end = data.index(b'{"checkpoints"')
    begin = data.index(b"}") + 9
    hexes = end + len(b'{"checkpoints":[{"checkpoint":"')
    for place in (*range(begin, end - 8, 61), *range(hexes, hexes + 200, 17), data.index(b'"signature":"') + 20):
        changed = bytearray(data)
        changed[place] = ord("0") if changed[place] == ord("1") else ord("1")
        path.write_bytes(changed)
        with pytest.raises(LancangError):
            verify_export(path, None, _CLOCK.now_ms())
        with pytest.raises((Wrong, ValueError, KeyError, IndexError)):
            log_verifier.verify(path)


async def test_one_act_is_proven_and_its_opened_fields_alone_are_shown(circle: Circle, tmp_path: Path) -> None:
    closed = await extracted(circle, tmp_path / "closed.json")
    assert verify_export(closed, None, _CLOCK.now_ms()).acts[0].opened == ()
    path = await extracted(circle, tmp_path / "act.json", "search_id")
    found = verify_export(path, None, _CLOCK.now_ms())
    assert [(each.field, each.value) for each in found.acts[0].opened] == [("search_id", "0f")]
    same(found, log_verifier.verify(path))
    document = json.loads(path.read_bytes())
    for changes in ({"value": "0e"}, {"field": "ask_id"}, {"salt": "00" * 32}):
        (opened,) = document["acts"][0]["opened"]
        path.write_text(json.dumps({**document, "acts": [{**document["acts"][0], "opened": [{**opened, **changes}]}]}))
        with pytest.raises(LancangError) as refused:
            verify_export(path, None, _CLOCK.now_ms())
        assert refused.value.code is Code.LOG_ALTERED
        with pytest.raises(Wrong):
            log_verifier.verify(path)
    for key, value in (("number", 1), ("leaf", "01" * 40), ("path", [])):
        path.write_text(json.dumps({**document, "acts": [{**document["acts"][0], key: value}]}))
        with pytest.raises(LancangError):
            verify_export(path, None, _CLOCK.now_ms())


async def test_a_forgotten_act_keeps_its_place_and_nothing_of_it_can_be_opened(circle: Circle, tmp_path: Path) -> None:
    th = circle.nodes["th"]
    act_id = await th.write(
        record_act, ActKind.ASK_RECEIVED, "0f" * 16, "cn", _CLOCK.now_ms(), {"case_handle": "aa" * 16}
    )
    assert await forget_acts(th, [act_id], "court order", "administrator") == 1
    assert await forget_acts(th, [act_id], "court order", "administrator") == 0
    path = tmp_path / "act.json"
    path.write_bytes(await extract_acts(th, [act_id], ["*"], "auditor"))
    (proven,) = verify_export(path, None, _CLOCK.now_ms()).acts
    assert (proven.opened, len(proven.leaf.commitments)) == ((), 1)
    said = await th.read(journal.newest_of, ActKind.ACTS_FORGOTTEN)
    assert said is not None
    with pytest.raises(LancangError, match="not forgotten"):
        await forget_acts(th, [said.act_id], "to hide it", "administrator")


async def test_another_alliances_roster_proves_nothing(circle: Circle, homes: Path, tmp_path: Path) -> None:
    from node.acts.founding.found_federation import found_federation
    from tests.support.federation import roomy_policy

    path = await exported(circle, tmp_path / "th.log")
    other = found_federation(tmp_path / "other", ("cn", "la", "th"), roomy_policy(), _CLOCK.now_ms())
    stranger = parse_signed(other.nodes[0].home.roster.read_bytes())
    with pytest.raises(LancangError) as refused:
        verify_export(path, stranger, _CLOCK.now_ms())
    assert refused.value.code is Code.LOG_ALTERED


def test_the_independent_verifier_is_short_and_uses_nothing_of_the_node() -> None:
    source = Path(log_verifier.__file__).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 155
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert not imported & {"node", "matcher", "certs", "tests"}
