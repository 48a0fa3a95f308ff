"""The rules that one opened ask must keep: tokens of one person, and padding; nothing else (protocol.md 5 and 10)."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from matcher.person import Person, PersonError, canonical_subject, person_from_json
from matcher.questions import questions_hash
from matcher.tokens import Token, query_tokens, tables_hash
from node.crypto.voprf import Mode, VoprfError, blind_with
from node.inspection.documents import DrawnAsk, EpochTerms, OpenedAsk
from node.inspection.findings import Finding, Found
from node.inspection.seals import blake, lp, signed_by

TOKEN_PREFIX: Final = b"lancang/1/token"
PAD_PREFIX: Final = b"lancang/1/pad"
PAD_BYTES: Final = len(PAD_PREFIX) + 32
ALL: Final = 1 << 16
"""More tokens than come of anybody: the matcher's list without its cut."""


@dataclass(frozen=True, slots=True, repr=False)
class Looked:
    """What was found in one ask. person: whom it was about, where that could be read. tokens, padding: positions."""

    found: tuple[Found, ...]
    person: Person | None
    tokens: int = 0
    padding: int = 0


def check_drawn(ask: DrawnAsk, alliance: str, owner: str, requester: str, key: bytes | None) -> list[Found]:
    """What is wrong with an ask as drawn, before anything is opened. key: the requester's; None: in no roster."""
    scope = lp(alliance) + lp(owner) + lp(requester) + ask.epoch.to_bytes(4, "big")
    said = scope + ask.search_id + lp(ask.purpose) + lp(ask.case) + ask.commit + b"".join(ask.elements)
    ids = (ask.ask_id.hex(),)
    if blake("lancang1.ask", b"", said, 32) != ask.ask_id:
        return [Found(Finding.ASK_ALTERED, ids)]
    if key is None or not signed_by(key, ask.ask_id, ask.signature):
        return [Found(Finding.ASK_SIGNATURE, ids)]
    return []


def check_opened(ask: DrawnAsk, opened: OpenedAsk, terms: EpochTerms) -> Looked:
    """Compare an opening with the ask that was sent: commit, elements, and every token with the subject's."""
    ids = (ask.ask_id.hex(),)
    found: list[Found] = []
    if not len(ask.elements) == len(opened.inputs) == len(opened.blinds) == terms.ask_size:
        return Looked((Found(Finding.SIZE, ids),), None)
    if _commit(opened) != ask.commit:
        found.append(Found(Finding.COMMIT, ids))
    wrong = [at for at in range(terms.ask_size) if not _blinded(opened, ask.elements, at)]
    if wrong:
        found.append(Found(Finding.ELEMENT, ids, _positions(wrong)))
    found += _repeated(opened, ids)
    padding = [at for at, x in enumerate(opened.inputs) if x.startswith(PAD_PREFIX) and len(x) == PAD_BYTES]
    person = read_subject(opened.subject)
    if person is None:
        return Looked((*found, Found(Finding.SUBJECT, ids)), None)
    # The owner's signed statement says which tables both used. What the opening says of the matcher is a word that
    # costs nothing: it makes no finding softer.
    same = terms.tables == tables_hash()
    wrong_inputs = _check_inputs(person, opened.inputs, set(padding), terms.ask_size, ids, same_matcher=same)
    found += wrong_inputs
    if same and wrong_inputs and opened.questions not in ("", questions_hash().hex()):
        found.append(Found(Finding.QUESTIONS, ids, opened.questions))
    return Looked(tuple(found), person, terms.ask_size - len(padding), len(padding))


def read_subject(subject: bytes) -> Person | None:
    """The person whose canonical form these bytes are, or None. Two forms of one person would be two commitments."""
    try:
        content = json.loads(subject.decode("utf-8"))
        _, person = person_from_json({**content, "query_id": "inspected"}, id_key="query_id")
    except (ValueError, TypeError, RecursionError, PersonError):
        return None
    return person if canonical_subject(person) == subject else None


def token_input(token: Token) -> bytes:
    """x of a token (protocol.md 1)."""
    value = unicodedata.normalize("NFC", token.value)
    return TOKEN_PREFIX + int(token.kind).to_bytes(1, "big") + lp(value)


def _commit(opened: OpenedAsk) -> bytes:
    said = lp(opened.subject) + b"".join(map(lp, opened.inputs))
    return blake("lancang1.subject", opened.salt, said, 32)


def _blinded(opened: OpenedAsk, elements: tuple[bytes, ...], at: int) -> bool:
    """Whether B_j is r_j * HashToGroup(x_j)."""
    try:
        return blind_with(opened.inputs[at], opened.blinds[at], Mode.VOPRF) == elements[at]
    except VoprfError:
        return False


def _repeated(opened: OpenedAsk, ids: tuple[str, ...]) -> list[Found]:
    twice = [x for x, times in Counter(opened.inputs).items() if times > 1]
    found = [
        Found(Finding.PADDING_REPEATED if x.startswith(PAD_PREFIX) else Finding.INPUT_TWICE, ids, _at(opened, x))
        for x in twice
    ]
    if len(set(opened.blinds)) != len(opened.blinds):
        found.append(Found(Finding.BLIND_TWICE, ids))
    return found


def _at(opened: OpenedAsk, x: bytes) -> str:
    return _positions([at for at, other in enumerate(opened.inputs) if other == x])


def _check_inputs(
    person: Person, inputs: tuple[bytes, ...], padding: set[int], size: int, ids: tuple[str, ...], *, same_matcher: bool
) -> list[Found]:
    """Every input that is no padding must be one of the tokens that the matcher asks for this person.

    Where the requester had another matcher, a token that this one does not ask may still be right: that is said.
    """
    asked = set(map(token_input, query_tokens(person, size)))
    beyond = set(map(token_input, query_tokens(person, ALL))) - asked
    wrong: dict[Finding, list[int]] = {}
    for at, x in enumerate(inputs):
        if at in padding or x in asked:
            continue
        if not x.startswith(TOKEN_PREFIX):
            finding = Finding.PADDING
        elif not same_matcher:
            finding = Finding.TABLES
        else:
            finding = Finding.BEYOND if x in beyond else Finding.FOREIGN_TOKEN
        wrong.setdefault(finding, []).append(at)
    return [Found(finding, ids, _positions(at)) for finding, at in wrong.items()]


def _positions(at: Iterable[int]) -> str:
    listed = list(at)
    return f"{'position' if len(listed) == 1 else 'positions'} {', '.join(map(str, listed))}"
