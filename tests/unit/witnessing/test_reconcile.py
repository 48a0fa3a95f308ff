"""Two logs compared act by act: what one side lacks, what the two tell differently, what is too new to tell."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from node.acts.witnessing.carry_round import carry_round
from node.acts.witnessing.reconcile import Numbered, OwnHead, What, compare, judge_heads, reconcile
from node.audit.journal import ActKind, record_shared
from node.audit.kinds import CODES
from node.audit.leaf import Detail, Leaf, commitments
from node.audit.shared import About, Line, Shared, ask_salt
from node.errors import LancangError
from tests.support.log_circle import Circle

MS, LATER = 1_800_000_000_000, 1_800_000_100_000
SALT = b"s" * 32


def numbered(kind: ActKind, detail: Detail, *, ms: int = MS, act_id: bytes = b"i" * 16) -> Numbered:
    return Numbered(7, Leaf(CODES[kind], act_id, ms, "", "cn", commitments(SALT, detail)))


def by_id(*acts: Numbered) -> dict[bytes, Numbered]:
    return {each.leaf.act_id: each for each in acts}


SENT = numbered(ActKind.ASK_SENT, {"purpose": "fraud"})
RECEIVED = numbered(ActKind.ASK_RECEIVED, {"purpose": "fraud", "elements": 64})


def test_an_act_that_both_ends_logged_agrees_though_one_says_more() -> None:
    for here, there in ((SENT, RECEIVED), (RECEIVED, SENT)):
        found = compare(by_id(here), by_id(there), 0, LATER)
        assert (found.agreed, found.differences) == (1, ())


def test_an_act_told_differently_differs() -> None:
    other = numbered(ActKind.ASK_RECEIVED, {"purpose": "missing", "elements": 64})
    answered = numbered(ActKind.ASK_ANSWERED, {"purpose": "fraud"})
    for there in (other, answered):
        (difference,) = compare(by_id(SENT), by_id(there), 0, LATER).differences
        assert (difference.what, difference.found) == (What.DIFFERS, SENT)


def test_what_one_side_lacks_is_named_unless_it_is_too_new_or_too_old() -> None:
    for here, there, what in ((by_id(SENT), {}, What.ONLY_HERE), ({}, by_id(SENT), What.ONLY_THERE)):
        (difference,) = compare(here, there, 0, LATER).differences
        assert difference.what is what
        assert compare(here, there, 0, MS - 1).settling == 1
        assert compare(here, there, MS + 1, LATER).differences == ()


def test_what_only_one_end_logs_is_no_difference() -> None:
    alarm = numbered(ActKind.ALARM_RAISED, {})
    found = compare(by_id(alarm), {}, 0, LATER)
    assert (found.agreed, found.differences, found.settling) == (0, (), 0)


def test_a_head_that_was_shown_here_must_be_the_one_in_the_owners_log() -> None:
    shown: Detail = {"epoch": 1, "seq": 4, "hash": "aa"}
    head = OwnHead(frozenset(commitments(SALT, {"epoch": 1, "seq": 4})), commitments(SALT, {"hash": "aa"})[0])
    logged = numbered(ActKind.INDEX_HEAD, shown)
    assert judge_heads([logged], [head]) == (1, [])
    other = numbered(ActKind.INDEX_HEAD, {**shown, "hash": "bb"})
    good, wrong = judge_heads([other, numbered(ActKind.INDEX_HEAD, {**shown, "seq": 5})], [head])
    assert (good, [each.found for each in wrong]) == (0, [other])


async def test_an_act_left_out_at_one_end_is_found_over_the_line(circle: Circle) -> None:
    cn, th = circle.nodes["cn"], circle.nodes["th"]
    past = th.clock.now_ms() - 600_000

    async def both(search_id: bytes, *, left_out: bool) -> None:
        salt = ask_salt(secrets.token_bytes(32), "th")
        shared: Shared = Line("mekong", "th", "cn").of_search(About.ASK, search_id, salt)
        detail: Detail = {"search_id": search_id.hex()}
        await th.write(record_shared, ActKind.ASK_RECEIVED, "0f" * 16, "cn", past, detail, shared)
        if not left_out:
            await cn.write(record_shared, ActKind.ASK_SENT, "analyst", "th", past, detail, shared)

    for _ in range(3):
        await both(secrets.token_bytes(16), left_out=False)
    await both(b"x" * 16, left_out=True)
    await carry_round(th)
    await carry_round(cn)
    seen = await reconcile(cn, "th", past, "auditor")
    assert [(each.what, each.found.kind) for each in seen.differences] == [(What.ONLY_THERE, ActKind.ASK_RECEIVED)]
    assert seen.agreed >= 3
    seen = await reconcile(th, "cn", past, "auditor")
    assert [(each.what, each.found.kind) for each in seen.differences] == [(What.ONLY_HERE, ActKind.ASK_RECEIVED)]


async def test_leaves_that_are_not_in_the_signed_log_are_refused(
    circle: Circle, monkeypatch: pytest.MonkeyPatch
) -> None:
    cn, th = circle.nodes["cn"], circle.nodes["th"]
    await carry_round(th)
    honest = type(circle.lines["cn", "th"]).shared

    async def forged(line: object, after: int, limit: int, size: int) -> object:
        page = await honest(line, after, limit, size)  # type: ignore[arg-type]  # the line itself
        act = replace(page.acts[0], leaf=page.acts[0].leaf[:-1] + bytes([page.acts[0].leaf[-1] ^ 1]))
        return replace(page, acts=(act, *page.acts[1:]))

    monkeypatch.setattr(type(circle.lines["cn", "th"]), "shared", forged)
    with pytest.raises(LancangError, match="LCG-420"):
        await reconcile(cn, "th", 0, "auditor")
