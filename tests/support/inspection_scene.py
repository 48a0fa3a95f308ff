"""An inspection on paper: a requester's asks, honest or not, its owner's draw, and what an inspector says of them.

The files are made by the node's own code and read by the inspector's, as in the field; what a test changes, it changes
in between, and signs again where the cheat could.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import rfc8785

from matcher.person import Person, canonical_subject, person_from_json
from matcher.questions import questions_hash
from matcher.tokens import query_tokens, tables_hash
from node.crypto.hashing import blake
from node.crypto.signing import SigningKey
from node.crypto.voprf import Mode, blind_with, reduce_scalar
from node.exchange.ask import address
from node.exchange.epoch import sign_statement
from node.exchange.inspection import draw_hash, encode_draw, encode_opening, open_ask, select
from node.exchange.prepared import PreparedSearch, prepare_ask
from node.exchange.token import pad_bytes, token_bytes
from node.inspection.run import Done, Order, run
from node.model.ask import Ask
from node.model.encoding import u16
from node.model.epoch import EpochStatement, SignedEpoch
from node.model.inspection import Draw, DrawnAsk, DrawTerms, Missing, OpenedAsk, Opening
from node.model.scope import Scope
from node.roster.documents import encode_signed
from tests.unit.roster.builders import agency, roster_of, signed_by

MS = 1_800_000_000_000
SIZE = 64
OWNER, REQUESTER = "th", "cn"
ROSTER = encode_signed(signed_by(roster_of("cn", "th", "vn"), ("cn", "th")))
Edit = Callable[[dict[str, Any]], object]


def person(name: str = "Somchai Jaidee", born: str | None = "1980-05-17", **more: Any) -> Person:
    """Somebody."""
    line = {"query_id": "q", "names": [{"text": name}], **({"birth_date": born} if born else {}), **more}
    return person_from_json(line, id_key="query_id")[1]


def inputs_of(someone: Person, size: int = SIZE) -> list[bytes]:
    """What an honest ask holds about somebody, in order and without padding."""
    return [token_bytes(token) for token in query_tokens(someone, size)]


@dataclass(slots=True)
class Paper:
    """Asks of one requester at one owner, and the seed of everything drawn at random here."""

    chance: random.Random = field(default_factory=lambda: random.Random(7))
    asks: list[DrawnAsk] = field(default_factory=list)
    prepared: dict[bytes, PreparedSearch] = field(default_factory=dict)

    def drawn(self, size: int) -> bytes:
        """Random bytes."""
        return self.chance.randbytes(size)

    def honest(self, someone: Person, case: bytes = b"case-1") -> Ask:
        """An ask as a node makes it."""
        made = prepare_ask(query_tokens(someone, SIZE), SIZE, canonical_subject(someone), self.drawn)
        return self.sent(made, case)

    def forged(self, subject: bytes, inputs: Sequence[bytes], case: bytes = b"case-1", seed: bytes = b"") -> Ask:
        """An ask of a node that puts in what it likes, bound to a subject it chose. Padded to its full size."""
        full = [*inputs, *self.padding(SIZE - len(inputs))]
        return self.sent(self.prepared_of(subject, full, seed or self.drawn(32)), case)

    def padding(self, count: int) -> list[bytes]:
        """So many padding inputs, each drawn anew."""
        return [pad_bytes(self.drawn) for _ in range(count)]

    def prepared_of(self, subject: bytes, inputs: Sequence[bytes], seed: bytes) -> PreparedSearch:
        """A search with exactly these inputs."""
        elements = [
            blind_with(x, reduce_scalar(blake("lancang1.blind", seed, u16(at), 64)), Mode.VOPRF)
            for at, x in enumerate(inputs)
        ]
        return PreparedSearch(seed, self.drawn(16), self.drawn(32), subject, tuple(inputs), tuple(elements))

    def sent(self, prepared: PreparedSearch, case: bytes) -> Ask:
        """Send it: the owner has it in its log."""
        ask = address(
            prepared,
            scope=Scope("mekong", OWNER, REQUESTER, 1),
            purpose="telecom-fraud",
            case=case,
            signing_key=agency(REQUESTER).key,
            officer="a" * 32,
        )
        self.asks.append(DrawnAsk(ask, MS + len(self.asks)))
        self.prepared[ask.ask_id] = prepared
        return ask

    def draw(self, *, count: int = 0, seed: str = "", statement: SignedEpoch | None = None, **changed: Any) -> bytes:
        """The owner's draw; changed: values of the Draw, changed before it is signed."""
        population = tuple(sorted(each.ask.ask_id for each in self.asks))
        by_id = {each.ask.ask_id: each for each in self.asks}
        made = Draw(
            alliance="mekong",
            owner=OWNER,
            terms=DrawTerms(REQUESTER, "", MS, MS + 1_000_000, count, seed),
            made_ms=MS + 2_000_000,
            erased=0,
            population=population,
            epochs=(statement or epoch(),),
            asks=tuple(by_id[ask_id] for ask_id in select(population, seed, count)),
        )
        return encode_draw(replace(made, **changed), agency(OWNER).key)

    def opening(
        self, draw: bytes, *, opened: Iterable[OpenedAsk] | None = None, missing: Sequence[bytes] = (),
        left_out: Sequence[bytes] = (), inspector: bytes | None = None, key: SigningKey | None = None,
    ) -> bytes:  # fmt: skip
        """The requester's opening of all asks, or of what a test puts in their place."""
        made = Opening(
            alliance="mekong",
            owner=OWNER,
            requester=REQUESTER,
            draw=draw_hash(canonical(draw)),
            made_ms=MS + 3_000_000,
            asks=tuple(self.opened() if opened is None else opened),
            missing=tuple((ask_id, Missing.REFUSED) for ask_id in missing),
            left_out=tuple(left_out),
        )
        return encode_opening(made, key or agency(REQUESTER).key, inspector)

    def opened(self) -> list[OpenedAsk]:
        """What opens every ask."""
        found = [open_ask(self.prepared[each.ask.ask_id], each.ask, questions_hash()) for each in self.asks]
        return [each for each in found if each is not None]

    def inspected(self) -> Done:
        """All drawn, all opened, all checked."""
        draw = self.draw()
        return inspected(draw, self.opening(draw))


def inspected(*files: bytes, key: bytes | None = None) -> Done:
    """What the inspector says."""
    return run(Order(files, (ROSTER,), key))


def names(done: Done) -> set[str]:
    """The names of everything found."""
    return {found.finding.value for found in done.report.every}


def epoch(tables: bytes | None = None, key: SigningKey | None = None, number: int = 1) -> SignedEpoch:
    """The owner's statement."""
    said = EpochStatement(
        alliance="mekong",
        owner=OWNER,
        epoch=number,
        public_key=bytes([9]) * 32,
        from_ms=MS - 1,
        ask_until_ms=MS + 10,
        grace_until_ms=MS + 20,
        tables=tables_hash() if tables is None else tables,
        postings_per_record=24,
        records_per_delta=8,
        list_cap=256,
        ask_size=SIZE,
        roster_hash=bytes(32),
        previous=bytes(32),
    )
    return sign_statement(said, key or agency(OWNER).key)


def edited(file: bytes, change: Edit, key: SigningKey | None = None) -> bytes:
    """A file changed on its way; key: whoever signs it again."""
    said = json.loads(file)
    (what,) = said.keys() - {"signature"}
    change(said[what])
    if key is not None:
        signature = key.sign(f"lancang/1/{what}".encode() + rfc8785.dumps(said[what]))
        said["signature"] = base64.b64encode(signature).decode()
    return json.dumps(said).encode()


def canonical(file: bytes) -> bytes:
    """The bytes of a file that are signed."""
    said = json.loads(file)
    (what,) = said.keys() - {"signature"}
    return rfc8785.dumps(said[what])
