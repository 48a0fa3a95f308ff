"""A real node to be attacked, and the members on paper in whose names tests attack it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from certs.reading import fingerprint
from matcher.tokens import KINDS, Token
from node.acts.founding.authority_files import pem_to_der
from node.exchange.ask import address, ask_identity
from node.exchange.prepared import PreparedSearch, prepare_ask
from node.model.ask import Ask, AskAnswer
from node.model.epoch import EpochStatement
from node.model.officer import Role
from node.model.roster import Policy
from node.model.scope import Scope
from node.peers.channel import Identity
from node.v1 import matching_pb2, operator_pb2, session_pb2
from node.wire.matching import answer_from_message, ask_to_message
from tests.support.federation import RunningFederation
from tests.support.hostile_calls import Caller, Refusal, calling, refusal_of
from tests.support.hostile_members import ALLIANCE, PaperMember, found_with_papers, leaf, paper_member, roster_of

TARGET = "th"
ASK = "/node.v1.MatchingService/Ask"
ASK_MANY = "/node.v1.MatchingService/AskMany"
SUBSCRIBE = "/node.v1.MatchingService/SubscribeIndex"
HELLO = "/node.v1.SessionService/Hello"
LIST_EPOCHS = "/node.v1.SessionService/ListEpochs"
CASE = bytes(range(16))


@dataclass(slots=True)
class Target:
    """The node under attack. stolen: a certificate of kh that the roster has revoked."""

    running: RunningFederation
    papers: dict[str, PaperMember]
    stolen: Identity

    @contextmanager
    def calling(self, identity: Identity | None) -> Iterator[Caller]:
        """The peers' door, under any certificate."""
        node = self.running.node(TARGET)
        root = self.root()
        with calling(str(node.endpoint), TARGET, root, identity) as caller:
            yield caller

    def root(self) -> bytes:
        """The target's own CA, DER."""
        return pem_to_der(self.running.node(TARGET).home.ca_certificate.read_bytes())

    def signing_key(self) -> bytes:
        """The target's public signing key, as the roster names it."""
        member = roster_of(self.running.federation, TARGET).roster.member(TARGET)
        assert member is not None
        return member.signing_key

    @contextmanager
    def member(self, node_id: str = "cn") -> Iterator[Caller]:
        """The peers' door, as the node of a member on paper."""
        with self.calling(self.papers[node_id].identity()) as caller:
            yield caller

    def ask(self, node_id: str = "cn", *, officer: str = "officer-1", epoch: int = 1, **changed: Any) -> Ask:
        """A valid ask of a member, signed; whatever is changed is changed before the id and the signature are made."""
        paper = self.papers[node_id]
        scope = Scope(ALLIANCE, TARGET, node_id, epoch)
        made = address(
            prepared(), scope=scope, purpose="telecom-fraud", case=CASE, signing_key=paper.signing, officer=officer
        )
        return self.signed(replace(made, **changed), node_id) if changed else made

    def signed(self, ask: Ask, node_id: str) -> Ask:
        """The ask with the id and signature that belong to its content."""
        ask_id = ask_identity(ask)
        return replace(ask, ask_id=ask_id, signature=self.papers[node_id].signing.sign(ask_id))

    def refused_ask(self, ask: Ask, node_id: str = "cn") -> Refusal:
        """How an ask sent by a member is refused."""
        with self.member(node_id) as caller:
            return refusal_of(caller, ASK, wire(ask))

    def serves(self) -> None:
        """A valid ask of an honest member is answered: the node is as it was."""
        with self.member("la") as caller:
            ask = self.ask("la")
            assert answered(caller, ask).ask_id == ask.ask_id
        process = self.running.processes[TARGET]
        assert process.poll() is None

    def acts(self, kind: str, peer: str) -> list[operator_pb2.Act]:
        """The target's acts of a kind with a peer."""
        return [act for act in self.running.acts(TARGET) if act.kind == kind and act.peer == peer]

    def budget_left(self, node_id: str) -> int:
        """What a member may still ask of the target today."""
        return next(p.budget_left_here_day for p in self.running.peers(TARGET) if p.node_id == node_id)

    def log(self) -> str:
        """The target's whole log."""
        return self.running.node(TARGET).home.log.read_text(encoding="utf-8", errors="replace")


def wire(ask: Ask) -> bytes:
    """An ask as it travels."""
    return ask_to_message(ask).SerializeToString()


def answered(caller: Caller, ask: Ask) -> AskAnswer:
    """The answer to an ask."""
    return answer_from_message(matching_pb2.AskResponse.FromString(caller.unary(ASK, wire(ask))))


def prepared(*values: str) -> PreparedSearch:
    """A search for a few tokens of the first kind."""
    tokens = [Token(KINDS[0].number, value) for value in values or ("somebody",)]
    return prepare_ask(tokens, 64, b"nobody in particular", os.urandom)


def statement_of(caller: Caller) -> EpochStatement:
    """The target's first epoch, as it tells a peer."""
    data = caller.unary(LIST_EPOCHS, session_pb2.ListEpochsRequest(from_epoch=1).SerializeToString())
    return EpochStatement.decode(session_pb2.ListEpochsResponse.FromString(data).epochs[0].statement)


# Nobody listens there: the target finds these members away, and goes on.
_AWAY = "127.254.254.{}:7443"


def found_target(directory: Path, policy: Policy) -> Target:
    """Found the target, not started: th under a roster with members on paper, one for each thing to be tried.

    cn, la and mm are members like any other; vn brought a CA that may name anybody; a certificate of kh is revoked;
    unodc observes; lmlecc convenes.
    """
    kh = paper_member("kh", _AWAY.format(1))
    stolen = kh.identity()
    papers = [
        replace(kh, revoked=(fingerprint(leaf(stolen).public_bytes(Encoding.DER)),)),
        paper_member("cn", _AWAY.format(2)),
        paper_member("la", _AWAY.format(3)),
        paper_member("vn", _AWAY.format(4), constrained=False),
        paper_member("mm", _AWAY.format(7)),
        paper_member("unodc", _AWAY.format(5), Role.OBSERVER),
        paper_member("lmlecc", _AWAY.format(6), Role.COORDINATOR),
    ]
    federation = found_with_papers(directory, [TARGET], papers, policy)
    return Target(RunningFederation(federation), {paper.node_id: paper for paper in papers}, stolen)
