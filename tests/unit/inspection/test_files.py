"""A draw and an opening as files: what was changed, left out, refused or not delivered is found by name."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.exchange.inspection import check_draw, decode_draw, select
from node.inspection.findings import Finding
from node.inspection.keys import make_key, public_key, read_key
from node.inspection.reading import FileRefusedError
from node.inspection.run import Order, run
from node.inspection.sample import drawn
from node.roster.documents import encode_signed
from tests.support.inspection_scene import (
    MS,
    OWNER,
    ROSTER,
    Edit,
    Paper,
    canonical,
    edited,
    epoch,
    inspected,
    names,
    person,
)
from tests.unit.roster.builders import agency, roster_of, signed_by

STRANGER = SigningKey(bytes(31) + b"\x07")


@pytest.fixture(scope="module")
def paper() -> Paper:
    made = Paper()
    for born in ("1980-05-17", "1991-02-03"):
        made.honest(person("Somchai Jaidee" if born < "1990" else "Malee Saithong", born))
    return made


@given(st.lists(st.binary(min_size=32, max_size=32), unique=True), st.text(max_size=20), st.integers(0, 30))
def test_inspector_and_node_draw_the_same_and_the_order_of_the_population_is_nothing(
    population: list[bytes], seed: str, count: int
) -> None:
    chosen = select(population, seed, count)
    assert drawn(reversed(population), seed, count) == chosen
    assert len(chosen) == (min(count, len(population)) if count else len(population))


def test_another_seed_draws_others() -> None:
    population = [bytes([each]) * 32 for each in range(100)]
    assert len({tuple(select(population, str(seed), 5)) for seed in range(20)}) == 20


def test_the_requester_reads_a_draw_as_the_owner_wrote_it(paper: Paper) -> None:
    file = paper.draw(count=1, seed="s")
    draw, signed, signature = decode_draw(file)
    assert [each.ask for each in draw.asks] == [
        each.ask for each in paper.asks if each.ask.ask_id == draw.asks[0].ask.ask_id
    ]
    assert signed == canonical(file)
    check_draw(draw, signed, signature, agency(OWNER).key.public)


def _first(draw: dict[str, Any]) -> dict[str, Any]:
    ask: dict[str, Any] = draw["asks"][0]
    return ask


CHANGES: dict[str, tuple[Edit, str]] = {
    "purpose": (lambda draw: _first(draw).update(purpose="fugitive"), "ask-altered"),
    "elements": (lambda draw: _first(draw).update(elements=draw["asks"][1]["elements"]), "ask-altered"),
    "case": (lambda draw: _first(draw).update(case="AAAA"), "ask-altered"),
    "epoch": (lambda draw: _first(draw).update(epoch=2), "ask-altered"),
    "requester": (lambda draw: draw.update(requester="vn"), "ask-altered"),
    "signature": (lambda draw: _first(draw).update(signature=draw["asks"][1]["signature"]), "ask-signature-wrong"),
    "dropped": (lambda draw: draw["asks"].pop(), "draw-not-as-the-seed-says"),
    "order": (lambda draw: draw["asks"].reverse(), "draw-not-as-the-seed-says"),
    "population": (lambda draw: draw["population"].append(draw["population"][0]), "draw-not-as-the-seed-says"),
    "seed": (lambda draw: draw.update(seed="another", count=1), "draw-not-as-the-seed-says"),
    "twice": (lambda draw: draw["asks"].append(_first(draw)), "ask-drawn-twice"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_draw_that_was_changed_is_found_out_even_if_its_owner_signs_it_anew(paper: Paper, change: str) -> None:
    edit, finding = CHANGES[change]
    on_its_way = edited(paper.draw(), edit)
    done = inspected(on_its_way)
    assert {"draw-signature-wrong", finding} <= names(done)
    assert done.exit_code == 22
    by_its_owner = edited(paper.draw(), edit, agency(OWNER).key)
    found = names(inspected(by_its_owner))
    assert finding in found
    assert "draw-signature-wrong" not in found


def test_an_owner_that_invents_an_ask_is_found_out_and_the_requester_need_not_answer_for_it(paper: Paper) -> None:
    invented = Paper()
    invented.honest(person())
    file = edited(
        invented.draw(), lambda draw: _first(draw).update(signature=_sign(STRANGER, _first(draw))), agency(OWNER).key
    )
    assert names(inspected(file)) == {"ask-signature-wrong"}


def _sign(key: SigningKey, ask: dict[str, Any]) -> str:
    return base64.b64encode(key.sign(bytes.fromhex(ask["ask_id"]))).decode()


def test_a_draw_signed_by_a_stranger_is_found_out(paper: Paper) -> None:
    assert "draw-signature-wrong" in names(inspected(edited(paper.draw(), lambda _: None, STRANGER)))


@pytest.mark.parametrize("statement", [epoch(key=STRANGER), epoch(number=2)])
def test_an_epoch_that_the_owner_did_not_announce_is_named(paper: Paper, statement: Any) -> None:
    draw = paper.draw(statement=statement)
    assert names(inspected(draw, paper.opening(draw))) == {"draw-epoch-not-vouched-for"}


def test_what_is_not_delivered_not_opened_or_refused_is_named(paper: Paper) -> None:
    draw = paper.draw()
    assert names(inspected(draw)) == {"opening-missing"}
    opened = paper.opened()
    assert names(inspected(draw, paper.opening(draw, opened=opened[:1]))) == {"opening-missing"}
    refused = paper.opening(draw, opened=opened[:1], missing=[opened[1].ask_id])
    assert names(inspected(draw, refused)) == {"opening-refused"}
    assert [len(ask.found) for ask in inspected(draw, refused).report.asks].count(0) == 1


def test_an_opening_of_another_draw_or_by_another_key_is_named(paper: Paper) -> None:
    draw, other = paper.draw(), paper.draw(seed="other")
    assert "opening-of-another-draw" in names(inspected(draw, paper.opening(other)))
    assert names(inspected(draw, paper.opening(draw, key=STRANGER))) == {"opening-signature-wrong"}
    changed = edited(paper.opening(draw), lambda opening: opening.update(made_ms=1))
    assert names(inspected(draw, changed)) == {"opening-signature-wrong"}


def test_an_answered_ask_that_the_population_lacks_is_said_of_the_owner(paper: Paper) -> None:
    draw = paper.draw()
    present = paper.asks[0].ask.ask_id
    done = inspected(draw, paper.opening(draw, left_out=[bytes(32), present]))
    assert names(done) == {"ask-left-out-by-the-owner"}
    assert done.report.overall[0].ask_ids == (bytes(32).hex(),)
    assert done.exit_code == 23


def test_a_sealed_opening_is_read_by_the_inspectors_key_alone(paper: Paper) -> None:
    file, public = make_key()
    assert public_key(file) == public
    draw = paper.draw()
    sealed = paper.opening(draw, inspector=public)
    assert b"subject" not in sealed
    assert inspected(draw, sealed, key=read_key(file)).report.clean
    for key in (None, read_key(make_key()[0])):
        with pytest.raises(FileRefusedError, match="opening"):
            inspected(draw, sealed, key=key)


@pytest.mark.parametrize(
    "roster",
    [
        encode_signed(signed_by(roster_of("cn", "th", "vn"), ("cn",))),
        encode_signed(signed_by(roster_of("cn", "th", "vn"), ())),
        ROSTER.replace(b"mekong", b"mekonk"),
        ROSTER.replace(b'"quorum": 2', b'"quorum": 1'),
        b"{}",
    ],
)
def test_a_roster_that_no_quorum_signed_is_not_taken(paper: Paper, roster: bytes) -> None:
    with pytest.raises(FileRefusedError, match="roster"):
        run(Order((paper.draw(),), (roster,)))


@pytest.mark.parametrize(
    "change",
    [
        lambda file: b"",
        lambda file: b"[]",
        lambda file: b"{" * 100_000,
        lambda file: file[:-20],
        lambda file: edited(file, lambda draw: draw.update(more=1)),
        lambda file: edited(file, lambda draw: draw.pop("seed")),
        lambda file: edited(file, lambda draw: draw.update(format=2)),
        lambda file: edited(file, lambda draw: draw.update(count=1.5)),
        lambda file: edited(file, lambda draw: draw.update(count=True)),
        lambda file: edited(file, lambda draw: draw["population"].append("AB" * 32)),
        lambda file: edited(file, lambda draw: _first(draw).update(elements="AAAA")),
        lambda file: edited(file, lambda draw: draw["epochs"][0].update(statement="AAAA")),
        lambda file: file.replace(b'"format": 1', b'"format": 1, "format": 1'),
    ],
)
def test_a_file_that_is_no_draw_is_refused_without_saying_what_it_holds(
    paper: Paper, change: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(FileRefusedError) as refused:
        inspected(change(paper.draw()))
    assert "Somchai" not in str(refused.value)


def test_files_come_in_any_order_and_several_draws_are_one_inspection(paper: Paper) -> None:
    first, second = paper.draw(count=1, seed="a"), paper.draw(count=1, seed="b")
    done = inspected(paper.opening(second), first, second, paper.opening(first))
    assert len(done.report.asks) == 2
    assert all(case.opening is not None for case in done.cases)
    with pytest.raises(FileRefusedError, match="no draw"):
        inspected(paper.opening(first))


def test_a_draw_without_an_opening_does_not_take_that_of_another_draw(paper: Paper) -> None:
    first, second = paper.draw(count=1, seed="a"), paper.draw(count=1, seed="b")
    done = inspected(first, second, paper.opening(second))
    assert [case.opening is not None for case in done.cases] == [False, True]
    assert names(done) == {"opening-missing"}


def test_what_the_inspected_wrote_cannot_rewrite_a_line_of_the_report(paper: Paper) -> None:
    purpose = "fraud\x1b[2K\r\n0 asks\u202e"
    done = inspected(edited(paper.draw(), lambda draw: _first(draw).update(purpose=purpose), agency(OWNER).key))
    assert all(line.isprintable() for line in done.in_words())
    assert any("fraud\\u001b[2K\\u000d\\u000a0 asks\\u202e" in line for line in done.in_words())


def test_a_report_names_no_person_unless_asked(paper: Paper) -> None:
    draw = paper.draw()
    files = (draw, paper.opening(draw))
    done = run(Order(files, (ROSTER,)))
    said = "\n".join(done.in_words()) + json.dumps(done.as_json(), ensure_ascii=False)
    assert "Somchai" not in said
    assert "1980" not in said
    assert "2 of 2 asks: tokens of one person. Nothing was found." in said
    open_ = run(Order(files, (ROSTER,), subjects=True))
    assert "Somchai Jaidee" in "\n".join(open_.in_words())
    assert "Somchai Jaidee" in json.dumps(open_.as_json())


def dated(ms: int) -> Edit:
    """Another time of the first ask."""
    return lambda draw: _first(draw).update(ms=ms)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (dated(MS - 2), "ask-outside-its-period"),
        (dated(MS + 15), None),
        (dated(MS + 1_000_000), "ask-outside-its-period"),
        (lambda draw: draw.update(until_ms=MS + 1), "ask-outside-its-period"),
        (lambda draw: draw.update(made_ms=MS), "ask-outside-its-period"),
        (lambda draw: draw.update(from_ms=0, until_ms=MS + 500) or _first(draw).update(ms=MS + 400),
         "ask-outside-its-period"),
        (lambda draw: draw.update(officer="a" * 32), None),
        (lambda draw: draw.update(officer="b" * 32), "ask-of-another-officer"),
        (lambda draw: _first(draw).update(officer="b" * 32) or draw.update(officer="a" * 32),
         "ask-of-another-officer"),
        (lambda draw: draw.update(inspector="7" * 64), "draw-for-an-unknown-inspector"),
    ],
)  # fmt: skip
def test_what_the_owner_says_beside_the_asks_goes_with_its_draw_and_its_statement(
    paper: Paper, change: Edit, found: str | None
) -> None:
    """The owner signs its draw again: it is the owner who would cheat here."""
    draw = edited(paper.draw(), change, agency(OWNER).key)
    done = inspected(draw, paper.opening(draw))
    assert names(done) == ({found} if found else set())
    # The requester looks before it opens anything.
    said, signed, signature = decode_draw(draw)
    if found not in (None, "draw-for-an-unknown-inspector") and _first(json.loads(draw)["draw"])["ms"] != MS + 400:
        with pytest.raises(LancangError) as refused:
            check_draw(said, signed, signature, agency(OWNER).key.public)
        assert refused.value.code is Code.INPUT_INVALID


def test_an_inspector_whom_the_roster_names_is_known(paper: Paper) -> None:
    plain = roster_of("cn", "th", "vn")
    policy = replace(plain.policy, inspectors=("unodc:" + "7" * 64,))
    roster = encode_signed(signed_by(replace(plain, policy=policy), ("cn", "th")))
    draw = edited(paper.draw(), lambda said: said.update(inspector="7" * 64), agency(OWNER).key)
    assert run(Order((draw, paper.opening(draw)), (roster,), None)).report.clean


def test_every_finding_has_a_sentence_and_is_found_by_some_test() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for finding in Finding:
        assert finding.meaning.endswith(".")
        assert f'"{finding.value}"' in texts, finding
