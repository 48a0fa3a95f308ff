"""Messages of the matching contract <-> model, with every check of content."""

from __future__ import annotations

from collections.abc import Sequence

from node.errors import Code, LancangError
from node.model.ask import MOST_ASKS, Ask, AskAnswer, AskOutcome
from node.model.batch import REVOCATION_BYTES, ChainPosition, Delta, Head, Links, SnapshotInfo
from node.model.scope import Scope
from node.v1 import common_pb2, matching_pb2
from node.wire.reading import exact, moment, node_id, short_text, split
from node.wire.status import said, shown

ELEMENT_BYTES = 32
MOST_ELEMENTS = 256
# 11 million records of 24 tokens, 4 GiB: more than any member holds, less than a disk.
MOST_CHUNKS = 1 << 12
MOST_LINKS_BYTES = 65_536 * REVOCATION_BYTES


def scope_to_message(scope: Scope) -> common_pb2.Scope:
    """Encode."""
    return common_pb2.Scope(alliance=scope.alliance, owner=scope.owner, audience=scope.audience, epoch=scope.epoch)


def scope_from_message(message: common_pb2.Scope) -> Scope:
    """Decode. Raises LancangError(MESSAGE_MALFORMED)."""
    return Scope(
        alliance=node_id(message.alliance, "scope.alliance"),
        owner=node_id(message.owner, "scope.owner"),
        audience=node_id(message.audience, "scope.audience"),
        epoch=message.epoch,
    )


def ask_to_message(ask: Ask) -> matching_pb2.AskRequest:
    """Encode."""
    return matching_pb2.AskRequest(
        scope=scope_to_message(ask.scope),
        search_id=ask.search_id,
        purpose=ask.purpose,
        case_handle=ask.case,
        commit=ask.commit,
        elements=b"".join(ask.elements),
        ask_id=ask.ask_id,
        signature=ask.signature,
        officer=ask.officer,
        act_salt=ask.act_salt,
    )


def ask_from_message(message: matching_pb2.AskRequest) -> Ask:
    """Decode what a requester sends. Raises LancangError(MESSAGE_MALFORMED)."""
    return Ask(
        scope=scope_from_message(message.scope),
        search_id=exact(message.search_id, "search_id", 16),
        purpose=short_text(message.purpose, "purpose", 64),
        case=exact(message.case_handle, "case_handle", 16),
        commit=exact(message.commit, "commit", 32),
        elements=split(message.elements, "elements", ELEMENT_BYTES, MOST_ELEMENTS),
        ask_id=exact(message.ask_id, "ask_id", 32),
        signature=exact(message.signature, "signature", 64),
        officer=short_text(message.officer, "officer", 64),
        act_salt=exact(message.act_salt, "act_salt", 32) if message.act_salt else b"",
    )


def answer_to_message(answer: AskAnswer) -> matching_pb2.AskResponse:
    """Encode."""
    return matching_pb2.AskResponse(
        ask_id=answer.ask_id,
        evaluated=b"".join(answer.evaluated),
        proof=answer.proof,
        public_key=answer.public_key,
        ms=answer.ms,
        signature=answer.signature,
    )


def answer_from_message(message: matching_pb2.AskResponse) -> AskAnswer:
    """Decode what an owner sends. Raises LancangError(MESSAGE_MALFORMED)."""
    return AskAnswer(
        ask_id=exact(message.ask_id, "ask_id", 32),
        evaluated=split(message.evaluated, "evaluated", ELEMENT_BYTES, MOST_ELEMENTS),
        proof=exact(message.proof, "proof", 64),
        public_key=exact(message.public_key, "public_key", 32),
        ms=moment(message.ms, "ms"),
        signature=exact(message.signature, "signature", 64),
    )


def asks_to_message(asks: Sequence[Ask]) -> matching_pb2.AskManyRequest:
    """Encode several asks."""
    return matching_pb2.AskManyRequest(asks=map(ask_to_message, asks))


def asks_from_message(message: matching_pb2.AskManyRequest) -> list[Ask | LancangError]:
    """Decode several asks; in place of one that is malformed, what is wrong with it.

    Raises LancangError: MESSAGE_MALFORMED without any ask, INPUT_TOO_LARGE for more than 8.
    """
    if not message.asks:
        raise LancangError(Code.MESSAGE_MALFORMED, "asks: there is none")
    if len(message.asks) > MOST_ASKS:
        raise LancangError(Code.INPUT_TOO_LARGE, f"{len(message.asks)} asks; one call takes at most {MOST_ASKS}")
    return [_one_ask(ask) for ask in message.asks]


def _one_ask(message: matching_pb2.AskRequest) -> Ask | LancangError:
    try:
        return ask_from_message(message)
    except LancangError as problem:
        return problem


def outcomes_to_message(outcomes: Sequence[AskOutcome]) -> matching_pb2.AskManyResponse:
    """Encode what became of several asks, in their order."""
    return matching_pb2.AskManyResponse(outcomes=map(_outcome_to_message, outcomes))


def _outcome_to_message(outcome: AskOutcome) -> matching_pb2.AskOutcome:
    if isinstance(outcome, AskAnswer):
        return matching_pb2.AskOutcome(answer=answer_to_message(outcome))
    refusal = matching_pb2.AskRefusal(code=outcome.code.value, detail=said(outcome), remedy=outcome.remedy)
    if outcome.retry_after_ms is not None:
        refusal.retry_after_ms = max(0, outcome.retry_after_ms)
    return matching_pb2.AskOutcome(refusal=refusal)


def outcomes_from_message(message: matching_pb2.AskManyResponse, asked: int) -> list[AskOutcome]:
    """Decode what an owner sends for so many asks; in place of a malformed answer, what is wrong with it.

    Raises LancangError(MESSAGE_MALFORMED) unless there is one outcome for each ask.
    """
    if len(message.outcomes) != asked:
        raise LancangError(Code.MESSAGE_MALFORMED, "outcomes: not one for each ask")
    return [_outcome_from_message(outcome) for outcome in message.outcomes]


def _outcome_from_message(message: matching_pb2.AskOutcome) -> AskOutcome:
    if message.WhichOneof("outcome") == "refusal":
        return _refusal_from_message(message.refusal)
    try:
        return answer_from_message(message.answer)
    except LancangError as problem:
        return problem


def _refusal_from_message(message: matching_pb2.AskRefusal) -> LancangError:
    if message.code not in set(Code):
        return LancangError(Code.INTERNAL, "the ask was refused by a code that this node does not know")
    retry = message.retry_after_ms if message.HasField("retry_after_ms") else None
    return LancangError(Code(message.code), shown(message.detail), remedy=shown(message.remedy), retry_after_ms=retry)


def position_to_message(position: ChainPosition) -> common_pb2.ChainPosition:
    """Encode."""
    return common_pb2.ChainPosition(seq=position.seq, hash=position.hash)


def position_from_request(message: matching_pb2.SubscribeIndexRequest) -> ChainPosition | None:
    """Decode where a subscriber stands; None if it has nothing yet. Raises LancangError(MESSAGE_MALFORMED)."""
    if not message.HasField("position"):
        return None
    return ChainPosition(message.position.seq, exact(message.position.hash, "position.hash", 32))


def opening_to_message(scope: Scope, salt: bytes, snapshot: SnapshotInfo | None) -> matching_pb2.SubscribeIndexResponse:
    """Encode the first message of a stream; with a snapshot if one follows."""
    opening = matching_pb2.IndexOpening(scope=scope_to_message(scope), salt=salt, resumed=snapshot is None)
    if snapshot is not None:
        opening.snapshot_ms = snapshot.ms
        opening.snapshot_postings = snapshot.postings
        opening.chunk_hashes = b"".join(snapshot.chunk_hashes)
    return matching_pb2.SubscribeIndexResponse(opening=opening)


def opening_from_message(message: matching_pb2.IndexOpening, expected: Scope) -> tuple[bytes, SnapshotInfo | None]:
    """Decode S and, unless resumed, the snapshot's description. Raises LancangError(MESSAGE_MALFORMED)."""
    scope = scope_from_message(message.scope)
    if scope != expected:
        raise LancangError(Code.MESSAGE_MALFORMED, "opening.scope: not the scope that was subscribed to")
    salt = exact(message.salt, "opening.salt", 32)
    if message.resumed:
        return salt, None
    hashes = split(message.chunk_hashes, "opening.chunk_hashes", 32, MOST_CHUNKS)
    return salt, SnapshotInfo(
        scope, moment(message.snapshot_ms, "opening.snapshot_ms"), message.snapshot_postings, hashes
    )


def delta_to_message(delta: Delta) -> matching_pb2.SubscribeIndexResponse:
    """Encode."""
    return matching_pb2.SubscribeIndexResponse(
        delta=matching_pb2.IndexDelta(
            seq=delta.seq,
            ms=delta.ms,
            previous=delta.previous,
            postings=delta.postings,
            revocations=delta.revocations,
        )
    )


def delta_from_message(message: matching_pb2.IndexDelta, scope: Scope) -> Delta:
    """Decode; sizes and order are the chain's own rules. Raises LancangError(MESSAGE_MALFORMED)."""
    if len(message.postings) > 1 << 20 or len(message.revocations) > REVOCATION_BYTES * 256:
        raise LancangError(Code.MESSAGE_MALFORMED, "delta: larger than any policy allows")
    return Delta(
        scope=scope,
        seq=message.seq,
        ms=moment(message.ms, "delta.ms"),
        previous=exact(message.previous, "delta.previous", 32),
        postings=message.postings,
        revocations=message.revocations,
    )


def links_to_message(links: Links) -> matching_pb2.SubscribeIndexResponse:
    """Encode."""
    return matching_pb2.SubscribeIndexResponse(
        links=matching_pb2.IndexLinks(seq=links.seq, ms=links.ms, previous=links.previous, links=links.links)
    )


def links_from_message(message: matching_pb2.IndexLinks, scope: Scope) -> Links:
    """Decode; size and order are the chain's own rules. Raises LancangError(MESSAGE_MALFORMED)."""
    if len(message.links) > MOST_LINKS_BYTES:
        raise LancangError(Code.MESSAGE_MALFORMED, "links: more than one batch may hold")
    return Links(
        scope=scope,
        seq=message.seq,
        ms=moment(message.ms, "links.ms"),
        previous=exact(message.previous, "links.previous", 32),
        links=message.links,
    )


def head_to_message(head: Head) -> matching_pb2.SubscribeIndexResponse:
    """Encode."""
    return matching_pb2.SubscribeIndexResponse(
        head=matching_pb2.IndexHead(seq=head.seq, ms=head.ms, hash=head.hash, signature=head.signature)
    )


def head_from_message(message: matching_pb2.IndexHead, scope: Scope) -> Head:
    """Decode. Raises LancangError(MESSAGE_MALFORMED)."""
    return Head(
        scope=scope,
        seq=message.seq,
        ms=moment(message.ms, "head.ms"),
        hash=exact(message.hash, "head.hash", 32),
        signature=exact(message.signature, "head.signature", 64),
    )
