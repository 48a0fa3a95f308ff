"""Messages of the session contract <-> model, with every check of content."""

from __future__ import annotations

from node.errors import Code, LancangError
from node.model.epoch import EpochStatement, SignedEpoch
from node.model.session import CAPABILITIES, CONTRACT, MOST_EPOCHS, Greeting
from node.v1 import common_pb2, session_pb2
from node.wire.reading import exact, moment, node_id, short_text


def check_hello(message: session_pb2.HelloRequest) -> None:
    """Raises LancangError(UNKNOWN_CAPABILITY) naming what this node lacks; later contracts add capabilities."""
    if message.contract < CONTRACT:
        raise LancangError(
            Code.UNKNOWN_CAPABILITY, f"contract {message.contract}; this node speaks {CONTRACT} and later"
        )
    if len(message.required_capabilities) > 64:
        raise LancangError(Code.INPUT_TOO_LARGE, "at most 64 capabilities may be required")
    for name in message.required_capabilities:
        if name not in CAPABILITIES:
            raise LancangError(Code.UNKNOWN_CAPABILITY, f"capability {short_text(name, 'capability', 64)!r}")


def greeting_to_message(greeting: Greeting) -> session_pb2.HelloResponse:
    """Encode."""
    return session_pb2.HelloResponse(
        node_id=greeting.node_id,
        software_version=greeting.software_version,
        contract=greeting.contract,
        capabilities=greeting.capabilities,
        roster_version=greeting.roster_version,
        roster_hash=greeting.roster_hash,
        tables=greeting.tables,
        time_ms=greeting.time_ms,
        your_epochs=[epoch_to_message(epoch) for epoch in greeting.your_epochs[:MOST_EPOCHS]],
    )


def greeting_from_message(message: session_pb2.HelloResponse) -> Greeting:
    """Decode what a peer says. Raises LancangError(MESSAGE_MALFORMED)."""
    if len(message.your_epochs) > MOST_EPOCHS:
        raise LancangError(Code.MESSAGE_MALFORMED, f"more than {MOST_EPOCHS} epochs at once")
    return Greeting(
        node_id=node_id(message.node_id, "node_id"),
        software_version=short_text(message.software_version, "software_version", 64),
        contract=message.contract,
        capabilities=tuple(short_text(name, "capability", 64) for name in message.capabilities[:64]),
        roster_version=message.roster_version,
        roster_hash=exact(message.roster_hash, "roster_hash", 32),
        tables=exact(message.tables, "tables", 32),
        time_ms=moment(message.time_ms, "time_ms"),
        your_epochs=tuple(epoch_from_message(epoch) for epoch in message.your_epochs),
    )


def epoch_to_message(signed: SignedEpoch) -> common_pb2.EpochStatement:
    """Encode the exact signed bytes."""
    return common_pb2.EpochStatement(statement=signed.statement.encode(), signature=signed.signature)


def epoch_from_message(message: common_pb2.EpochStatement) -> SignedEpoch:
    """Decode a statement; it must be exactly what encoding it again gives. Raises LancangError(MESSAGE_MALFORMED)."""
    signature = exact(message.signature, "signature", 64)
    try:
        return SignedEpoch(EpochStatement.decode(message.statement), signature)
    except ValueError as problem:
        raise LancangError(Code.MESSAGE_MALFORMED, f"statement: {problem}") from None
