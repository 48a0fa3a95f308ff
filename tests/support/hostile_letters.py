"""A member whose keys are in the wrong hands: it writes any letter, well signed, and reads what its node sealed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, create_engine

from node.clock import SystemClock
from node.crypto.sealing import Sealer, derive_key
from node.exchange.letter import sign_letter
from node.model.courier import Letter, NotTaken, Refusal
from node.peers.channel import Identity
from node.roster.documents import parse_signed
from node.storage.keystore import Keys, open_keystore
from node.v1 import courier_pb2
from node.wire import courier as wire
from tests.support.federation import RunningFederation
from tests.support.hostile_calls import calling

ACCEPTED = ""


@dataclass(slots=True, repr=False)
class HostileMember:
    """One member's keys in the wrong hands, beside its own running node."""

    running: RunningFederation
    node_id: str
    keys: Keys
    sealer: Sealer

    @classmethod
    def of(cls, running: RunningFederation, node_id: str) -> HostileMember:
        """Take the keys of a node of a test's federation."""
        node = running.node(node_id)
        keys = open_keystore(node.home.keystore, node_id, node.secret_file.read_bytes().strip())
        return cls(running, node_id, keys, Sealer(derive_key(keys.storage_master, "columns")))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Its database, beside the node that writes it."""
        engine = create_engine(f"sqlite:///file:{self.running.node(self.node_id).home.database}?mode=ro&uri=true")
        with engine.connect() as connection:
            yield connection
        engine.dispose()

    def letter(self, to: str, conversation: bytes, kind: str, body: bytes, number: int = 1) -> Letter:
        """A letter as it might write it."""
        now = SystemClock().now_ms()
        return Letter(os.urandom(16), conversation, number, kind, body, now, self.node_id, to)

    def deliver(self, letter: Letter) -> str:
        """Hand it over; the code of the refusal, ACCEPTED if it was taken."""
        home = self.running.node(self.node_id).home
        roster = parse_signed(home.roster.read_bytes()).roster
        recipient = roster.member(letter.recipient)
        assert recipient is not None
        identity = Identity(home.node_certificate.read_bytes(), self.keys.tls_key_pem)
        signed = sign_letter(roster.alliance, letter, self.keys.signing)
        with calling(recipient.endpoint, letter.recipient, recipient.certificate_authority, identity) as caller:
            data = wire.letters_to_message([signed]).SerializeToString()
            answer = caller.unary("/node.v1.CourierService/Deliver", data)
        (outcome,) = wire.outcomes_from_message(courier_pb2.DeliverResponse.FromString(answer), 1)
        if isinstance(outcome, NotTaken):
            return outcome.problem.code.value
        return outcome.refusal.code if isinstance(outcome.refusal, Refusal) else ACCEPTED
