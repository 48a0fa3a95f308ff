"""Checkpoints go round: vouched for again and again, over lines that break, and compared by those who hear of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from node.acts.witnessing.carry_round import carry_round
from node.acts.witnessing.compare_logs import compare_logs
from node.acts.witnessing.log_state import log_standing
from node.acts.witnessing.make_checkpoint import make_checkpoint
from node.audit.checkpoints import sign_checkpoint
from node.audit.journal import ActKind
from node.config import Home
from node.errors import Code, LancangError
from node.model.checkpoint import Checkpoint
from node.storage import checkpoints, log
from tests.support.log_circle import Circle, act, circle_at, copied, kinds, node_at, open_alarms


async def vouched(circle: Circle, name: str) -> dict[str, int]:
    """Up to which act each witness vouches for a node's log."""
    standing = await log_standing(circle.nodes[name])
    return {each.witness: each.size for each in standing.witnesses}


async def size(circle: Circle, name: str) -> int:
    return (await circle.nodes[name].read(log.state)).size


async def test_each_round_is_vouched_for_by_all_and_a_round_without_news_makes_none(circle: Circle) -> None:
    th = circle.nodes["th"]
    for _ in range(3):
        await act(th, 5)
        signed = await carry_round(th)
        assert signed is not None
        assert {given.witness for given in signed.cosignatures} == {"cn", "la"}
        assert await vouched(circle, "th") == dict.fromkeys(("cn", "la"), await size(circle, "th"))
    assert await carry_round(th) == signed
    assert await th.read(checkpoints.count, "th") <= 3
    # A witness keeps the newest alone.
    assert await circle.nodes["cn"].read(checkpoints.count, "th") == 1


async def test_a_witness_that_was_away_is_caught_up_with(circle: Circle) -> None:
    th = circle.nodes["th"]
    await carry_round(th)
    circle.cut("th", "la")
    await act(th, 3)
    await carry_round(th)
    found = await vouched(circle, "th")
    assert found["la"] < found["cn"] == await size(circle, "th")
    assert th.witnessing.refused["la"].code is Code.NODE_UNREACHABLE
    circle.cut("th", "la", away=False)
    await act(th)
    await carry_round(th)
    assert await vouched(circle, "th") == dict.fromkeys(("cn", "la"), await size(circle, "th"))
    assert "la" not in th.witnessing.refused


async def test_a_cosignature_that_was_lost_on_its_way_does_not_hold_up_the_next(circle: Circle) -> None:
    th = circle.nodes["th"]
    circle.lines["th", "cn"].lost = True
    await carry_round(th)
    circle.lines["th", "cn"].lost = False
    await act(th)
    await carry_round(th)
    assert (await vouched(circle, "th"))["cn"] == await size(circle, "th")
    assert await kinds(circle.nodes["cn"], ActKind.LOG_REFUSED) == 0


async def test_a_third_finds_out_an_owner_that_shows_two_histories_to_two(circle: Circle) -> None:
    """th signs for cn what it does not sign for la; la hears of it from cn."""
    th, la = circle.nodes["th"], circle.nodes["la"]
    await carry_round(th)
    own = await th.read(checkpoints.newest, "th")
    assert own is not None
    other = sign_checkpoint(replace(own.checkpoint, root=bytes(32)), th.signing)
    await compare_logs(la, other, "cn")
    assert await kinds(la, ActKind.LOG_REFUSED) == 1
    assert ("log-with-two-histories", "th") in await open_alarms(la)
    # The same lie again is no second act.
    await compare_logs(la, other, "cn")
    assert await kinds(la, ActKind.LOG_REFUSED) == 1


async def test_a_third_has_the_owner_prove_that_a_longer_log_begins_with_the_known_one(circle: Circle) -> None:
    th, la, cn = circle.nodes["th"], circle.nodes["la"], circle.nodes["cn"]
    await carry_round(th)
    circle.cut("th", "la")
    await act(th, 7)
    await carry_round(th)
    circle.cut("th", "la", away=False)
    await carry_round(la)
    assert await kinds(la, ActKind.LOG_REFUSED) == 0
    known = await cn.read(checkpoints.newest, "th")
    assert known is not None
    assert known.checkpoint.encode() in la.witnessing.proven["th"]
    forged = replace(known.checkpoint, size=known.checkpoint.size - 1, ms=known.checkpoint.ms - 1)
    await compare_logs(la, sign_checkpoint(forged, th.signing), "cn")
    assert await kinds(la, ActKind.LOG_REFUSED) == 1


async def test_what_its_owner_never_signed_is_held_against_nobody(circle: Circle) -> None:
    la, cn = circle.nodes["la"], circle.nodes["cn"]
    await carry_round(circle.nodes["th"])
    known = await la.read(checkpoints.newest, "th")
    assert known is not None
    invented = sign_checkpoint(replace(known.checkpoint, root=bytes(32)), cn.signing)
    with pytest.raises(LancangError, match="LCG-405"):
        await compare_logs(la, invented, "cn")
    assert await kinds(la, ActKind.LOG_REFUSED) == 0


async def test_a_log_that_was_set_back_says_so_before_it_signs_anything(homes: Path, tmp_path: Path) -> None:
    old = copied(homes, "th", tmp_path / "old")
    async with circle_at(homes) as circle:
        await act(circle.nodes["th"], 9)
        await carry_round(circle.nodes["th"])
        lost = await size(circle, "th")
        async with node_at(Home(old / "th")) as back:
            circle.nodes["th"] = back
            circle.connect()
            signed = await carry_round(back)
            assert signed is not None
            assert signed.checkpoint.generation == 2
            assert {given.witness for given in signed.cosignatures} == {"cn", "la"}
            assert await kinds(back, ActKind.LOG_BEGUN_ANEW) == 1
            for witness in ("cn", "la"):
                node = circle.nodes[witness]
                assert await kinds(node, ActKind.LOG_SET_BACK) == 1
                assert await kinds(node, ActKind.LOG_REFUSED) == 0
                assert ("log-set-back", "th") in await open_alarms(node)
            assert lost > signed.checkpoint.size
            # It goes on from there as any other.
            await act(back)
            await carry_round(back)
            assert await vouched(circle, "th") == dict.fromkeys(("cn", "la"), await size(circle, "th"))
            assert await kinds(back, ActKind.LOG_BEGUN_ANEW) == 1


async def test_a_witness_that_knew_more_than_was_named_has_it_named_too(homes: Path, tmp_path: Path) -> None:
    """th was set back while la, which knows its longest log, was away."""
    old = copied(homes, "th", tmp_path / "old")
    async with circle_at(homes) as circle:
        await act(circle.nodes["th"], 3)
        await carry_round(circle.nodes["th"])
        circle.cut("th", "cn")
        await act(circle.nodes["th"], 3)
        await carry_round(circle.nodes["th"])
        async with node_at(Home(old / "th")) as back:
            circle.nodes["th"] = back
            circle.connect()
            circle.cut("th", "la")
            await carry_round(back)
            circle.cut("th", "la", away=False)
            await carry_round(back)
            await carry_round(back)
            assert await vouched(circle, "th") == dict.fromkeys(("cn", "la"), await size(circle, "th"))
            for witness in ("cn", "la"):
                assert await kinds(circle.nodes[witness], ActKind.LOG_REFUSED) == 0


async def test_a_clock_that_was_set_back_makes_no_checkpoint_of_an_earlier_time(circle: Circle) -> None:
    th = circle.nodes["th"]
    first = await make_checkpoint(th)
    assert first is not None
    await th.write(checkpoints.keep, sign_checkpoint(_later(first.checkpoint), th.signing))
    await act(th, 2)
    second = await make_checkpoint(th)
    assert second is not None
    assert second.checkpoint.ms >= first.checkpoint.ms + 1_000_000


def _later(said: Checkpoint) -> Checkpoint:
    return replace(said, size=said.size + 1, ms=said.ms + 1_000_000)
