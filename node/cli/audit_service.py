"""What the commands of `lancang audit` share: the way to the log's service, and what people type."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from node.cli.connection import channel_of
from node.cli.failures import usage
from node.cli.invocation import Invocation

if TYPE_CHECKING:
    from node.v1.operator_audit_pb2_grpc import OperatorAuditServiceStub

LONG_SECONDS = 15 * 60.0


@contextmanager
def audit_service(at: Invocation, usual: str = "auditor") -> Iterator[OperatorAuditServiceStub]:
    """The log's service of the running node, as the officer named or else the usual one."""
    from node.v1.operator_audit_pb2_grpc import OperatorAuditServiceStub

    with channel_of(at, usual) as channel:
        yield OperatorAuditServiceStub(channel)


def act_id(text: str) -> bytes:
    """An act's id as it was typed. Raises INPUT_INVALID."""
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != 16:
        raise usage(f"act: {text!r} is no id of an act, 32 hexadecimal digits")
    return value


def milliseconds(text: str, option: str) -> int:
    """A time as it was typed, UTC unless it says otherwise; 0 for none. Raises INPUT_INVALID."""
    if not text:
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise usage(f"{option}: {text!r} is no time such as 2026-11-25 or 2026-11-25T08:00") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, int(aware.timestamp() * 1000))
