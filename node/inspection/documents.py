"""The files of an inspection as the inspector reads them (protocol.md 10): a draw, an opening, a roster."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from node.inspection.reading import FileRefusedError, Table, canonical, load
from node.inspection.seals import lp, signed_by, unseal

FORMAT = 1
ELEMENT_BYTES = 32
MOST_EPOCH = 2**32 - 1
_EPOCH_PREFIX = b"lancang/1/epoch"
# pk, three times, tables, T, D, C, Q, the hashes of the roster and of the statement before (protocol.md 2).
_EPOCH_REST = 32 + 24 + 32 + 6 + 64


@dataclass(frozen=True, slots=True)
class EpochTerms:
    """Of an owner's signed epoch statement what a check needs. statement, signature: as they came."""

    epoch: int
    from_ms: int
    grace_until_ms: int
    tables: bytes
    ask_size: int
    statement: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class DrawnAsk:
    """One ask as the owner's log holds it."""

    ask_id: bytes
    epoch: int
    search_id: bytes
    purpose: str
    case: bytes
    officer: str
    commit: bytes
    elements: tuple[bytes, ...]
    signature: bytes
    ms: int


@dataclass(frozen=True, slots=True)
class Draw:
    """Asks of one requester, drawn from one owner's log. population: every ask that could have been drawn.

    inspector: the public key of whom the alliance sends; b'' for the requester's own.
    """

    alliance: str
    owner: str
    requester: str
    officer: str
    inspector: bytes
    from_ms: int
    until_ms: int
    made_ms: int
    count: int
    seed: str
    erased: int
    population: tuple[bytes, ...]
    epochs: tuple[EpochTerms, ...]
    asks: tuple[DrawnAsk, ...]
    signed: bytes
    signature: bytes

    @property
    def hash(self) -> bytes:
        """SHA-256 of the canonical bytes: what an opening names."""
        return hashlib.sha256(self.signed).digest()


@dataclass(frozen=True, slots=True, repr=False)
class OpenedAsk:
    """What the requester says an ask was about: subject (canonical), salt, x_j and r_j of every position.

    questions: the hash of what its matcher asked then; '' if it does not say.
    """

    ask_id: bytes
    subject: bytes
    salt: bytes
    inputs: tuple[bytes, ...]
    blinds: tuple[bytes, ...]
    questions: str


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """A requester's answer to a draw. missing: why an ask is not opened, by ask id; left_out: asks the draw lacks."""

    alliance: str
    owner: str
    requester: str
    draw: bytes
    made_ms: int
    asks: tuple[OpenedAsk, ...]
    missing: dict[bytes, str]
    left_out: tuple[bytes, ...]
    signed: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Keys:
    """Who signs in an alliance, and whom it sends to inspect (key -> name), from a roster that a quorum has signed."""

    alliance: str
    version: int
    hash: bytes
    signing: dict[str, bytes]
    inspectors: dict[bytes, str]


def read_draw(data: bytes) -> Draw:
    """Read a draw. Raises FileRefusedError; signatures are checked later."""
    outer = load(data, "draw")
    inner, signature = outer.take("draw"), outer.binary("signature", 64)
    outer.end()
    table = Table.of(inner, "draw")
    if table.number("format", 255) != FORMAT:
        raise FileRefusedError("draw.format: made by another version")
    draw = Draw(
        alliance=table.text("alliance"),
        owner=table.text("owner"),
        requester=table.text("requester"),
        officer=table.text("officer"),
        inspector=table.hexadecimal("inspector", 32) if "inspector" in table else b"",
        from_ms=table.number("from_ms"),
        until_ms=table.number("until_ms"),
        made_ms=table.number("made_ms"),
        count=table.number("count"),
        seed=table.text("seed", 1024),
        erased=table.number("erased"),
        population=table.hexadecimals("population", 32),
        epochs=table.each("epochs", _epoch),
        asks=table.each("asks", _drawn),
        signed=canonical(inner),
        signature=signature,
    )
    table.end()
    return draw


def _drawn(value: object, place: str) -> DrawnAsk:
    table = Table.of(value, place)
    joined = table.binary("elements")
    if len(joined) % ELEMENT_BYTES:
        raise FileRefusedError(f"{place}.elements: not a whole number of elements")
    ask = DrawnAsk(
        ask_id=table.hexadecimal("ask_id", 32),
        epoch=table.number("epoch", MOST_EPOCH),
        search_id=table.hexadecimal("search_id", 16),
        purpose=table.text("purpose"),
        case=table.binary("case"),
        officer=table.text("officer"),
        commit=table.hexadecimal("commit", 32),
        elements=tuple(joined[at : at + ELEMENT_BYTES] for at in range(0, len(joined), ELEMENT_BYTES)),
        signature=table.binary("signature", 64),
        ms=table.number("ms"),
    )
    table.end()
    return ask


def _epoch(value: object, place: str) -> EpochTerms:
    """Take a statement apart (protocol.md 2): after the names come key, three times, tables, T, D, C, Q, two hashes."""
    table = Table.of(value, place)
    number, statement = table.number("epoch", MOST_EPOCH), table.binary("statement")
    signature = table.binary("signature", 64)
    table.end()
    if len(statement) <= _EPOCH_REST or not statement.startswith(_EPOCH_PREFIX):
        raise FileRefusedError(f"{place}.statement: not an epoch statement")
    fixed = statement[-_EPOCH_REST:]
    begins, ends = int.from_bytes(fixed[32:40], "big"), int.from_bytes(fixed[48:56], "big")
    return EpochTerms(number, begins, ends, fixed[56:88], int.from_bytes(fixed[92:94], "big"), statement, signature)


def names_epoch(terms: EpochTerms, alliance: str, owner: str) -> bool:
    """Whether a statement is this owner's, of the epoch that it is listed under."""
    said = _EPOCH_PREFIX + lp(alliance) + lp(owner) + terms.epoch.to_bytes(4, "big")
    return terms.statement[:-_EPOCH_REST] == said


def read_opening(data: bytes, private: bytes | None = None) -> Opening:
    """Read an opening; private: the inspector's key, for one that is sealed. Raises FileRefusedError."""
    outer = load(data, "opening")
    if "sealed" in outer:
        box = outer.box("sealed")
        outer.end()
        if private is None:
            raise FileRefusedError("opening: sealed to an inspector's key; name its file")
        inside = unseal(private, box)
        if inside is None:
            raise FileRefusedError("opening: not sealed to this key, or damaged")
        outer = load(inside, "opening")
    inner, signature = outer.take("opening"), outer.binary("signature", 64)
    outer.end()
    table = Table.of(inner, "opening")
    if table.number("format", 255) != FORMAT:
        raise FileRefusedError("opening.format: made by another version")
    opening = Opening(
        alliance=table.text("alliance"),
        owner=table.text("owner"),
        requester=table.text("requester"),
        draw=table.hexadecimal("draw", 32),
        made_ms=table.number("made_ms"),
        asks=table.each("asks", _opened),
        missing=dict(table.each("missing", _missing)),
        left_out=table.hexadecimals("left_out", 32),
        signed=canonical(inner),
        signature=signature,
    )
    table.end()
    return opening


def _opened(value: object, place: str) -> OpenedAsk:
    table = Table.of(value, place)
    opened = OpenedAsk(
        ask_id=table.hexadecimal("ask_id", 32),
        subject=table.binary("subject"),
        salt=table.binary("salt", 32),
        inputs=table.binaries("inputs"),
        blinds=table.binaries("blinds", 32),
        questions=table.text("questions", 64),
    )
    table.end()
    return opened


def _missing(value: object, place: str) -> tuple[bytes, str]:
    table = Table.of(value, place)
    pair = table.hexadecimal("ask_id", 32), table.text("why", 64)
    table.end()
    return pair


def read_roster(data: bytes) -> Keys:
    """The keys of a roster, if a quorum of its own members has signed it. Raises FileRefusedError."""
    outer = load(data, "roster")
    inner, signatures = outer.take("roster"), Table.of(outer.take("signatures"), "signatures")
    roster = Table.of(inner, "roster")
    quorum, version, alliance = roster.number("quorum"), roster.number("version"), roster.text("alliance")
    members = roster.each("members", _member)
    policy = Table.of(roster.take("policy"), "roster.policy")
    inspectors = dict(policy.each("inspectors", _inspector)) if "inspectors" in policy else {}
    signed = canonical(inner)
    holders = [(name, key) for name, role, key in members if role == "member"]
    vouching = [name for name, key in holders if name in signatures and _vouches(signatures, name, key, signed)]
    if quorum * 2 <= len(holders) or len(vouching) < quorum:
        raise FileRefusedError("roster: not signed by a quorum of its members")
    digest = hashlib.sha256(signed).digest()
    return Keys(alliance, version, digest, {name: key for name, _, key in members}, inspectors)


def _inspector(value: object, place: str) -> tuple[bytes, str]:
    """`name:key in hex`, as the policy writes it."""
    name, _, key = value.partition(":") if isinstance(value, str) else ("", "", "")
    try:
        return bytes.fromhex(key), name
    except ValueError:
        raise FileRefusedError(f"{place}: not an inspector's name and key") from None


def _member(value: object, place: str) -> tuple[str, str, bytes]:
    table = Table.of(value, place)
    return table.text("node_id"), table.text("role"), table.binary("signing_key", 32)


def _vouches(signatures: Table, name: str, key: bytes, signed: bytes) -> bool:
    made = signatures.binaries(name, 64)
    return any(signed_by(key, b"lancang/1/roster" + signed, each) for each in made)
