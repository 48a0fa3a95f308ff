"""The line before a node is cut before it handled a call, or after, falls silent, slows down: what its peers see."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import grpc
import pytest

from certs.profiles import dns_name
from matcher.tokens import Token
from node.errors import Code, LancangError
from node.exchange.ask import address, open_answer
from node.exchange.prepared import prepare_ask
from node.model.ask import Ask, AskAnswer
from node.model.scope import Scope
from node.peers.channel import Identity, open_channel
from node.peers.client import PeerClient
from node.roster.documents import parse_signed
from node.storage.keystore import open_keystore
from tests.support import disk
from tests.support.fault_proxy import Fault
from tests.support.federation import wait_for
from tests.support.people import numbered
from tests.support.rough_line import AUDIENCES, OWNER, RoughLine, answers_of
from tests.support.six_nodes import wait_spread

_numbers = count(500_000, 100)


@pytest.fixture
def phone(rough: RoughLine, draw: random.Random) -> Iterator[str]:
    """Someone th holds; after the test all that must hold is checked."""
    first = next(_numbers)
    records = numbered("TH", 1, first, first)
    rough.running.wait_in_sync()
    rough.imported(records)
    wait_spread(rough.running, OWNER)
    yield records[0]["phones"][0]
    rough.proxy.heal()
    rough.check_all(draw, 2)


def test_an_ask_cut_before_it_was_handled_is_unreachable_and_costs_nothing(rough: RoughLine, phone: str) -> None:
    paid = rough.asks()
    rough.proxy.inject(Fault.CUT_REQUESTS)
    answers = rough.search("cn", phone)
    assert (answers[OWNER].outcome, answers[OWNER].code) == ("unreachable", "LCG-601")
    assert answers["la"].outcome == "none"
    assert rough.asks() == paid


def test_an_ask_whose_answer_is_lost_is_charged_once_however_often_it_is_sent(rough: RoughLine, phone: str) -> None:
    paid = rough.asks()
    rough.proxy.inject(Fault.LOSE_ANSWERS)
    with ThreadPoolExecutor(1) as pool:
        searching = pool.submit(rough.search, "cn", phone, 30.0)
        wait_for(lambda: rough.asks() > paid, "th has handled the ask")
        rough.proxy.heal()
        answers = searching.result()
    # The node asks again by itself if it still believes the line good; the charge is the same either way.
    assert answers[OWNER].outcome in {"hit", "unreachable"}
    assert answers["la"].outcome == "none"
    assert rough.asks() == paid + 1


def test_a_call_of_many_asks_whose_answer_is_lost_is_charged_once(rough: RoughLine, phone: str) -> None:
    paid = rough.asks()
    phones = [phone, *(f"+66820{number:06}" for number in range(23))]
    rough.proxy.inject(Fault.LOSE_ANSWERS)
    with ThreadPoolExecutor(1) as pool:
        searching = pool.submit(answers_of, rough.running, "cn", OWNER, phones)
        wait_for(lambda: rough.asks() >= paid + 2, "th has handled a call of several asks")
        rough.proxy.heal()
        answers = searching.result()
    assert {answer.outcome for answer in answers.values()} <= {"hit", "none", "unreachable", "timeout"}
    assert rough.asks() <= paid + len(phones)


async def test_the_same_ask_again_is_answered_and_not_charged_again(rough: RoughLine, phone: str) -> None:
    cn, th = rough.running.node("cn"), rough.running.node(OWNER)
    signed = parse_signed(cn.home.roster.read_bytes())
    member = signed.roster.member(OWNER)
    assert member is not None
    keys = open_keystore(cn.home.keystore, "cn", cn.secret_file.read_bytes().strip())
    scope = Scope(signed.roster.alliance, OWNER, "cn", 1)
    prepared = prepare_ask([Token(2, phone)], 64, b"{}", secrets.token_bytes)
    ask = address(
        prepared,
        scope=scope,
        purpose="telecom-fraud",
        case=bytes(16),
        signing_key=keys.signing,
        officer="0" * 32,
    )
    identity = Identity(cn.home.node_certificate.read_bytes(), keys.tls_key_pem)

    async def through(_seconds: float) -> grpc.aio.Channel:
        return open_channel(str(th.endpoint), member.certificate_authority, dns_name(scope.alliance, OWNER), identity)

    client = PeerClient(OWNER, through)
    try:
        (epoch, *_) = await client.epochs(1)
        paid = rough.asks()
        rough.proxy.inject(Fault.LOSE_ANSWERS)
        with pytest.raises(LancangError) as lost:
            await client.ask(ask, 2.0)
        assert lost.value.code is Code.NODE_TIMEOUT
        assert rough.asks() == paid + 1
        rough.proxy.heal()
        answers = [await _patiently(client, ask) for _ in range(2)]
        assert rough.asks() == paid + 1
        for answer in answers:
            opened = open_answer(
                prepared,
                ask,
                answer,
                public_key=epoch.statement.public_key,
                owner_key=member.signing_key,
            )
            assert set(opened) == set(prepared.kinds)
        # A search id is good for one question: the same with another purpose is another ask.
        other = address(
            prepared, scope=scope, purpose="cyber-crime", case=bytes(16), signing_key=keys.signing, officer="0" * 32
        )
        with pytest.raises(LancangError) as reused:
            await client.ask(other, 10.0)
        assert reused.value.code is Code.ASK_REUSED
        assert rough.asks() == paid + 1
    finally:
        await client.close()


def test_a_silent_line_is_a_timeout_and_the_others_answer(rough: RoughLine, phone: str) -> None:
    rough.proxy.inject(Fault.SILENT)
    answers = rough.search("cn", phone, seconds=2.5)
    assert (answers[OWNER].outcome, answers[OWNER].code) == ("timeout", "LCG-602")
    assert answers["la"].outcome == "none"


def test_a_stream_resumes_by_sequence_after_the_line_was_away(
    rough: RoughLine, phone: str, draw: random.Random
) -> None:
    before = {audience: disk.chain(rough.running.node(OWNER).home, audience).seq for audience in AUDIENCES}
    rough.proxy.inject(Fault.CLOSED)
    assert rough.search("cn", phone)[OWNER].outcome == "unreachable"
    first = next(_numbers)
    rough.imported(numbered("TH", 20, first, first))
    rough.proxy.heal()
    rough.check_all(draw, 2)
    served = [act for act in rough.running.acts(OWNER) if act.kind == "index-resumed"]
    for audience, seq in before.items():
        newest = [act.detail for act in served if act.peer == audience][-1]
        assert f'"from_seq": {seq}' in newest


def test_a_slow_peer_does_not_hold_up_the_others(rough: RoughLine, phone: str) -> None:
    rough.proxy.slow(delay_seconds=0.75)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(rough.search, "cn", phone)
        quick = [rough.search("cn", phone, peers=["la"])["la"].outcome for _ in range(3)]
        assert not slow.done()
        assert quick == ["none"] * 3
        assert {node: answer.outcome for node, answer in slow.result().items()} == {OWNER: "hit", "la": "none"}


def test_a_narrow_line_only_takes_longer(rough: RoughLine, phone: str, draw: random.Random) -> None:
    rough.proxy.slow(bytes_per_second=40_000)
    first = next(_numbers)
    rough.imported(numbered("TH", 20, first, first))
    rough.check_all(draw, 2)
    assert rough.search("cn", phone)[OWNER].outcome == "hit"


async def _patiently(client: PeerClient, ask: Ask) -> AskAnswer:
    """The answer, once the channel has noticed that the line is back."""
    while True:
        try:
            return await client.ask(ask, 5.0)
        except LancangError as problem:
            if problem.code is not Code.NODE_UNREACHABLE:
                raise
