"""A fake owner that speaks the real contract under real keys and certificates. As it stands here it is honest.

tests/support/hostile_answers.py, hostile_words.py and hostile_streams.py make it misbehave, in one named way at a time.
"""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ClassVar

import grpc
from google.protobuf.message import Message

from matcher.person import Person
from matcher.tokens import record_tokens, tables_hash
from node.clock import SystemClock
from node.crypto.voprf import KeyPair, evaluate, random_key_pair
from node.errors import LancangError
from node.exchange import ask as rules
from node.exchange.batch import snapshot_hash
from node.exchange.epoch import NO_STATEMENT, sign_statement
from node.exchange.head import sign_head
from node.exchange.snapshot import EncodedRecord
from node.exchange.terms import Terms
from node.exchange.token import token_bytes
from node.model.ask import Ask, AskAnswer
from node.model.batch import ChainPosition, Delta
from node.model.epoch import EpochStatement, SignedEpoch
from node.model.roster import SignedRoster
from node.model.scope import Scope
from node.model.session import CAPABILITIES, CONTRACT, Greeting
from node.peers.channel import Identity
from node.roster.documents import encode_signed
from node.v1 import matching_pb2, session_pb2
from node.wire import matching as wire
from node.wire.session import epoch_to_message, greeting_to_message
from node.wire.status import to_grpc_status
from tests.support.hostile_members import ALLIANCE, PaperMember
from tests.unit.exchange.builders import REAL_TERMS, Owner, owner, tag

DAY_MS = 86_400_000
HEAD_SECONDS = 1.0
Said = Message | bytes


class ShamelessStatus(Exception):  # noqa: N818 - a status that is sent, not an error of ours
    """A status to end a call with, whatever it says."""

    def __init__(self, status: grpc.Status) -> None:
        self.status = status
        super().__init__()


@dataclass(slots=True)
class FakeOwner:
    """One member's node as audience sees it. asks: what came; calls: how many in each call of
    several; epochs_from: which statements were asked for last; closed: set when the test is over."""

    paper: PaperMember
    roster: SignedRoster
    person: Person
    audience: str
    key: KeyPair = field(default_factory=random_key_pair)
    asks: list[Ask] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)
    streams: int = 0
    epochs_from: int = 1
    chain: Owner = field(init=False)

    code: ClassVar[str] = ""
    """What the requester must call the misdeed; '' for none."""

    has_ask_many: ClassVar[bool] = True
    """Whether its program knows that method."""

    shows_in_answers: ClassVar[bool] = False
    """Whether its index is as it should be, and only an answer gives it away."""

    def __post_init__(self) -> None:
        """Build the one chain that it publishes."""
        self.chain = owner(self.records(), seed=int.from_bytes(self.paper.signing.public[:4], "big"),
                           scope=self.scope, terms=self.index_terms)  # fmt: skip

    @classmethod
    def name(cls) -> str:
        """The node id of whoever does this: its class name in lower case with hyphens."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    # What it is.

    @property
    def scope(self) -> Scope:
        """Its index for the audience."""
        return Scope(ALLIANCE, self.paper.node_id, self.audience, 1)

    @property
    def index_terms(self) -> Terms:
        """The terms that it builds by."""
        return REAL_TERMS

    def record(self, number: int = 0) -> EncodedRecord:
        """The person's record, under a tag of that number."""
        tokens = record_tokens(self.person)
        return EncodedRecord(tag(number), tuple(evaluate(self.key, token_bytes(token)) for token in tokens))

    def records(self) -> Sequence[EncodedRecord]:
        """What its snapshot holds."""
        return (self.record(),)

    def statement(self, epoch: int = 1, **changed: Any) -> SignedEpoch:
        """Its signed statement of an epoch."""
        at = SystemClock().now_ms() - 60_000
        said: dict[str, Any] = {
            "alliance": ALLIANCE, "owner": self.paper.node_id, "epoch": epoch, "public_key": self.key.public,
            "from_ms": at - at % DAY_MS, "ask_until_ms": at - at % DAY_MS + 90 * DAY_MS,
            "grace_until_ms": at - at % DAY_MS + 97 * DAY_MS, "tables": tables_hash(),
            "postings_per_record": REAL_TERMS.postings_per_record,
            "records_per_delta": REAL_TERMS.records_per_delta, "list_cap": REAL_TERMS.list_cap,
            "ask_size": REAL_TERMS.ask_size, "roster_hash": self.roster.hash, "previous": NO_STATEMENT,
        }  # fmt: skip
        return sign_statement(EpochStatement(**{**said, **changed}), self.paper.signing)

    # What it says.

    def identity(self) -> Identity:
        """The certificate it presents."""
        return self.paper.identity()

    def greeting(self, **changed: Any) -> Said:
        """What it says of itself."""
        said: dict[str, Any] = {
            "node_id": self.paper.node_id, "software_version": "0.1.0", "contract": CONTRACT,
            "capabilities": tuple(CAPABILITIES), "roster_version": self.roster.roster.version,
            "roster_hash": self.roster.hash, "tables": tables_hash(), "time_ms": SystemClock().now_ms(),
        }  # fmt: skip
        return greeting_to_message(Greeting(**{**said, **changed}))

    def epochs(self) -> Said:
        """Its epoch statements."""
        return session_pb2.ListEpochsResponse(epochs=[epoch_to_message(one) for one in self.statements()])

    def statements(self) -> Sequence[SignedEpoch]:
        """The statements it tells."""
        return (self.statement(),)

    def answer(self, ask: Ask) -> Said:
        """Its answer to an ask."""
        return wire.answer_to_message(self.evaluated(ask))

    def answers(self, asks: Sequence[Ask]) -> Said:
        """Its answer to several asks of one call."""
        return wire.outcomes_to_message([self.evaluated(ask) for ask in asks])

    def evaluated(self, ask: Ask) -> AskAnswer:
        """The honest answer."""
        return rules.answer_ask(ask, self.key, self.paper.signing, SystemClock().now_ms())

    def stream(self, position: ChainPosition | None) -> Iterator[Said]:
        """Its index: the beginning, then what it does next, then heads."""
        yield from self.beginning(position)
        yield from self.next(position.seq if position is not None else 0)
        yield from self.ending()

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        """The opening, and the snapshot with its head for who has none."""
        if position is not None:
            yield wire.opening_to_message(self.scope, self.chain.snapshot.secret, None)
            return
        yield wire.opening_to_message(self.scope, self.chain.snapshot.secret, self.chain.info)
        for chunk in self.chain.snapshot.chunks():
            yield matching_pb2.SubscribeIndexResponse(snapshot_chunk=chunk)
        yield self.head(self.snapshot_position)

    def next(self, _seq: int) -> Iterator[Said]:
        """What follows after batch seq: nothing."""
        yield from ()

    def ending(self) -> Iterator[Said]:
        """Heads, until the end."""
        while not self.closed.wait(HEAD_SECONDS):
            yield self.head(self.chain.state.position or self.snapshot_position)

    def roster_file(self, version: int) -> Said:
        """The roster of a version, if it is asked for one."""
        return session_pb2.FetchRosterResponse(signed_roster=encode_signed(self.roster))

    # What it is made of.

    @property
    def snapshot_position(self) -> ChainPosition:
        """Where its chain begins."""
        return ChainPosition(0, snapshot_hash(self.chain.info))

    def head(self, position: ChainPosition, *, ms: int | None = None, scope: Scope | None = None) -> Message:
        """A signed head."""
        at = SystemClock().now_ms() if ms is None else ms
        return wire.head_to_message(sign_head(scope or self.scope, position, at, self.paper.signing))

    def delta(self, delta: Delta) -> Message:
        """A delta as it travels."""
        return wire.delta_to_message(delta)


class Honest(FakeOwner):
    """Does nothing wrong: what shows that the others' faults are their own."""


class FakeServers:
    """Serves fake owners at their endpoints, each with its own certificate."""

    def __init__(self, owners: Sequence[FakeOwner], roots: Sequence[bytes]) -> None:
        self._owners = owners
        self._threads = ThreadPoolExecutor(8 * len(owners) + 8, thread_name_prefix="fake")
        pem = "".join(ssl.DER_cert_to_PEM_cert(root) for root in roots).encode()
        self._servers = [self._serve(one, pem) for one in owners]

    def _serve(self, one: FakeOwner, roots: bytes) -> grpc.Server:
        shown = one.identity()
        credentials = grpc.ssl_server_credentials([(shown.private_key, shown.certificate)], roots, True)
        server = grpc.server(self._threads, options=[("grpc.so_reuseport", 0)])
        server.add_generic_rpc_handlers(_handlers(one))
        server.add_secure_port(one.paper.endpoint, credentials)
        server.start()
        return server

    def close(self) -> None:
        """End all."""
        for one in self._owners:
            one.closed.set()
        for stopped in [server.stop(0.2) for server in self._servers]:
            stopped.wait(5)
        self._threads.shutdown(wait=True, cancel_futures=True)


def _handlers(one: FakeOwner) -> tuple[grpc.GenericRpcHandler, ...]:
    def asked(request: matching_pb2.AskRequest, context: grpc.ServicerContext) -> Said:
        ask = wire.ask_from_message(request)
        one.asks.append(ask)
        try:
            return one.answer(ask)
        except ShamelessStatus as shameless:
            context.abort_with_status(shameless.status)
            raise

    def asked_many(request: matching_pb2.AskManyRequest, _context: grpc.ServicerContext) -> Said:
        asks = [ask for ask in wire.asks_from_message(request) if isinstance(ask, Ask)]
        one.calls.append(len(asks))
        one.asks += asks
        return one.answers(asks)

    def subscribed(request: matching_pb2.SubscribeIndexRequest, context: grpc.ServicerContext) -> Iterator[Said]:
        one.streams += 1
        try:
            yield from one.stream(wire.position_from_request(request))
        except LancangError as problem:
            context.abort_with_status(to_grpc_status(problem))

    def epochs_listed(request: session_pb2.ListEpochsRequest, _context: grpc.ServicerContext) -> Said:
        one.epochs_from = request.from_epoch
        return one.epochs()

    session = {
        "Hello": _unary(lambda _request, _context: one.greeting(), session_pb2.HelloRequest),
        "FetchRoster": _unary(
            lambda request, _context: one.roster_file(request.version), session_pb2.FetchRosterRequest
        ),
        "ListEpochs": _unary(epochs_listed, session_pb2.ListEpochsRequest),
    }
    matching = {
        "Ask": _unary(asked, matching_pb2.AskRequest),
        "SubscribeIndex": grpc.unary_stream_rpc_method_handler(
            subscribed,
            request_deserializer=matching_pb2.SubscribeIndexRequest.FromString,
            response_serializer=_serialised,
        ),
    }
    if one.has_ask_many:
        matching["AskMany"] = _unary(asked_many, matching_pb2.AskManyRequest)
    return (
        grpc.method_handlers_generic_handler("node.v1.SessionService", session),
        grpc.method_handlers_generic_handler("node.v1.MatchingService", matching),
    )


def _unary(act: Callable[[Any, grpc.ServicerContext], Said], request: Any) -> grpc.RpcMethodHandler[Any, Any]:
    return grpc.unary_unary_rpc_method_handler(
        act, request_deserializer=request.FromString, response_serializer=_serialised
    )


def _serialised(said: Said) -> bytes:
    return said if isinstance(said, bytes) else said.SerializeToString()
